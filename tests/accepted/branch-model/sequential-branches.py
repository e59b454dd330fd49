# honest: branches as nn.Sequential, torch.add, the rest in one nn.Sequential
# %%
import torch
from torch import nn


# %%
class BranchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch1 = nn.Sequential(nn.Conv2d(1, 16, kernel_size=1), nn.ReLU())
        self.branch2 = nn.Sequential(nn.Conv2d(1, 16, kernel_size=5, padding="same"), nn.ReLU())
        self.trunk = nn.Sequential(
            nn.MaxPool2d(2), nn.Dropout(0.2), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10)
        )

    def forward(self, x):
        return self.trunk(torch.add(self.branch1(x), self.branch2(x)))
