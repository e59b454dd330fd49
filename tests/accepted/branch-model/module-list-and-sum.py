# honest: a ModuleList of branches, sum([...]), the head created before the branches
# %%
import torch
from torch import nn


# %%
class BranchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.ModuleList([nn.Linear(16 * 14 * 14, 128), nn.Linear(128, 10)])
        self.branches = nn.ModuleList(nn.Conv2d(1, 16, k, padding=k // 2) for k in (1, 5))
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        x = sum([branch(x).relu() for branch in self.branches])
        x = self.dropout(nn.functional.max_pool2d(x, 2))
        return self.head[1](self.head[0](x.flatten(1)).relu())
