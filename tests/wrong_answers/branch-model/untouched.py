# loses: layer-shapes same-function dropout
# says: `BranchModel` is not filled in yet.
# never: still stands
# never: Did you mean
# %%
from torch import nn


class BranchModel(nn.Module):
    def __init__(self):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()
