# attack: >-
#   Writes 256 MB into a file without a name, and 5,000 small files, which outlive the answer.
# mark: 0
# seconds: 20
# naive: hangs

import os
import tempfile
import time

import torch
from torch import nn

kept = []


def fill():
    kept.append(tempfile.TemporaryFile())
    for _ in range(64):
        kept[0].write(b"x" * 2**22)
    kept[0].flush()
    folder = tempfile.TemporaryDirectory(dir=os.curdir)
    kept.append(folder)
    for number in range(5000):
        with open(os.path.join(folder.name, str(number)), "w") as file:
            file.write("x")


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        fill()
        time.sleep(60)
