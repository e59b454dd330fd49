# honest: writes the three branches into one tensor made beforehand; ModuleDict filled in reverse order
# %%
import torch
from torch import nn

# %%
SIZES = {"5x5": 5, "3x3": 3, "1x1": 1}


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.width = branch_channels
        self.convs = nn.ModuleDict(
            {name: nn.Conv2d(in_channels, branch_channels, k, 1, k // 2) for name, k in SIZES.items()}
        )

    def forward(self, x):
        n, _, h, w = x.shape
        out = x.new_empty(n, 3 * self.width, h, w)
        for i, name in enumerate(sorted(self.convs)):
            out[:, i * self.width : (i + 1) * self.width] = torch.relu(self.convs[name](x))
        return out
