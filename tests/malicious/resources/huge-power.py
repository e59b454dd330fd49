# attack: >-
#   An integer power of a billion digits: one instruction, which no signal handler of Python interrupts.
# mark: 0
# seconds: 20
# naive: hangs

import torch
from torch import nn


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        base = 7
        return (base ** (10**9)) % 10
