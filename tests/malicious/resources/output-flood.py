# attack: >-
#   Writes 200 MB to the descriptors of output and error, past every redirection in Python, and goes on slowly.
# mark: 0
# seconds: 20
# naive: hangs

import os
import time

import torch
from torch import nn


def flood():
    for _ in range(100):
        os.write(1, b"x" * 2**20)
        os.write(2, b"\n" * 2**20)
    for _ in range(600):
        os.write(1, b"no end\n")
        time.sleep(0.1)


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        flood()
        return super().__call__(x)
