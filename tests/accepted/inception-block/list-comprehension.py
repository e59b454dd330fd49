# honest: ModuleList and list comprehensions, one ReLU after the concatenation (the same function)
# %%
import torch
from torch import nn


# %%
class InceptionBlock(nn.Module):
    def __init__(self, in_channels: int, branch_channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [nn.Conv2d(in_channels, branch_channels, k, padding=(k - 1) // 2) for k in [1, 3, 5]]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1).relu()
