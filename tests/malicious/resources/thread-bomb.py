# attack: >-
#   Starts 300 threads that go on for a minute, so that the interpreter cannot end.
# mark: 0
# seconds: 20
# naive: hangs

import threading
import time

import torch
from torch import nn


def many():
    for _ in range(300):
        try:
            threading.Thread(target=time.sleep, args=(60,)).start()
        except RuntimeError:
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
