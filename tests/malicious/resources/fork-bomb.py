# attack: >-
#   Forks 100 sleeping processes, each a session of its own, and then answers.
# mark: 0
# seconds: 20
# naive: leaves

import os
import time

import torch
from torch import nn


def many():
    for _ in range(100):
        try:
            if os.fork() == 0:
                os.setsid()
                time.sleep(15)
                os._exit(0)
        except OSError:
            return


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        many()
        return super().__call__(x)
