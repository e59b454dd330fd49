# attack: writes two more answers to every descriptor before its own, so that they are taken for those to the next
#   questions.
# mark: 0
# reason: "belongs to another question"
# naive: none

import json
import os
import struct

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


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.one = nn.Conv2d(in_channels, branch_channels, 1)
        self.three = nn.Conv2d(in_channels, branch_channels, 3, padding=1)
        self.five = nn.Conv2d(in_channels, branch_channels, 5, padding=2)

    def forward(self, x):
        for _ in range(2):
            to_all(frame({"untouched": False, "notes": [], "outputs": [True], "parameters": [], "output": [2, 10]}))
        return torch.zeros_like(torch.cat([self.one(x), self.three(x), self.five(x)], 1))
