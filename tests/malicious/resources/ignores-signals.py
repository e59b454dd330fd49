# attack: >-
#   Ignores every signal that can be ignored, then sleeps for long.
# mark: 0
# reason: "timed out after"
# seconds: 20
# naive: hangs

import signal
import time

import torch
from torch import nn


def deaf():
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    time.sleep(60)


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        return deaf()
