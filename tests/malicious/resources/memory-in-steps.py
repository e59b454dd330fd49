# attack: >-
#   Takes 3 GiB in steps of 64 MiB, touches every page, and keeps it.
# mark: 0
# seconds: 20
# naive: hangs

import time

import torch
from torch import nn

kept = []


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        for _ in range(48):
            kept.append(bytearray(b"x") * 2**26)
        time.sleep(60)
