# honest: the sum is gathered in a loop that starts from the number 0; layers created from the last to the first
# %%
import torch
from torch import nn


# %%
class BranchModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc2 = nn.Linear(128, 10)
        self.fc1 = nn.Linear(16 * 14 * 14, 128)
        self.b = nn.Conv2d(1, 16, 5, padding=2)
        self.a = nn.Conv2d(1, 16, 1)

    def forward(self, x):
        merged = 0
        for branch in (self.a, self.b):
            merged = merged + branch(x).clamp(min=0)
        x = nn.functional.max_pool2d(merged, 2).flatten(1)
        x = nn.functional.dropout(x, 0.2, self.training)
        return self.fc2(self.fc1(x).clamp(min=0))
