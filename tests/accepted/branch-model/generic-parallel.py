# honest: a general Parallel module with the merge as an argument, in another cell, and the model is a Sequential
# %%
import operator
from functools import reduce
from torch import nn


# %%
class Parallel(nn.Module):
    def __init__(self, *branches, merge=operator.add):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.merge = merge

    def forward(self, x):
        return reduce(self.merge, (branch(x) for branch in self.branches))


def conv_relu(kernel, **options):
    return nn.Sequential(nn.Conv2d(1, 16, kernel, **options), nn.ReLU())


# %%
class BranchModel(nn.Sequential):
    def __init__(self):
        super().__init__(
            Parallel(conv_relu(1), conv_relu(5, padding=2)),
            nn.MaxPool2d(2),
            nn.Dropout(0.2),
            nn.Flatten(),
            nn.Linear(16 * 14**2, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )
