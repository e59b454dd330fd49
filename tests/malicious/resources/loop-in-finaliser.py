# attack: >-
#   The answer is a tensor whose finaliser and whose text never end: they run after the call, where no time is
#   measured.
# mark: 0
# reason: "timed out after"
# seconds: 20
# naive: hangs

import torch
from torch import nn


def never(self, *args):
    while True:
        pass


class Sticky(torch.Tensor):
    __repr__ = __del__ = never


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        return super().__call__(x).as_subclass(Sticky)
