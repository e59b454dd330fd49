# loses: same-function
# says: Are they in a plain Python list, or made in `forward`?
# %%
import torch
from torch import nn


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.c = [nn.Conv2d(in_channels, branch_channels, k, padding=k // 2) for k in (1, 3, 5)]

    def forward(self, x):
        return torch.cat([c(x).relu() for c in self.c], 1)
