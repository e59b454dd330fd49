# loses: layer-shapes same-function dropout
# says: Did you mean `BranchNet` (4_6_branches.ipynb, cell 2)?
# %%
from torch import nn


class BranchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 16, 1)

    def forward(self, x):
        return self.left(x)
