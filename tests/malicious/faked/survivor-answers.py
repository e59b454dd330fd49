# attack: a forked process outlives the one that was asked, and goes on writing answers to every descriptor for five
#   seconds.
# mark: 0
# naive: leaves

import json
import os
import struct
import time

import torch
from torch import nn
from torch.nn import functional as F

def frame(value, arrays=b""):
    text = json.dumps({"value": value}).encode()
    return struct.pack("<4sIQ", b"AGW1", len(text), len(arrays)) + text + arrays


def to_all(data):
    for descriptor in range(3, 256):
        try:
            os.set_blocking(descriptor, False)
            os.write(descriptor, data)
        except OSError:
            pass


def survive():
    if os.fork() == 0:
        os.setsid()
        for _ in range(50):
            to_all(frame({"untouched": False, "notes": [], "outputs": [True], "parameters": []}))
            time.sleep(0.1)
        os._exit(0)


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.one = nn.Conv2d(in_channels, branch_channels, 1)
        self.three = nn.Conv2d(in_channels, branch_channels, 3, padding=1)
        self.five = nn.Conv2d(in_channels, branch_channels, 5, padding=2)

    def forward(self, x):
        survive()
        os._exit(1)
