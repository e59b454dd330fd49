# honest: dropout written by hand with a Bernoulli mask, only in train mode
# %%
import torch
from torch import nn


# %%
class MyDropout(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training:
            return x
        keep = 1 - self.p
        mask = torch.bernoulli(torch.full_like(x, keep))
        return x * mask / keep


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 5)
        self.drop = MyDropout(0.2)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv(x)), 2)
        x = self.drop(x).flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))
