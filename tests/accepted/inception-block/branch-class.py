# honest: a Branch class that is a Conv2d, with its ReLU inside; the block is a ModuleList itself
# %%
import torch
from torch import nn


# %%
class Branch(nn.Conv2d):
    def __init__(self, i, o, k):
        super().__init__(i, o, k, padding=k // 2)

    def forward(self, x):
        return super().forward(x).relu()


# %%
class InceptionBlock(nn.ModuleList):
    def __init__(self, in_channels, branch_channels):
        super().__init__(Branch(in_channels, branch_channels, k) for k in (1, 3, 5))

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)
