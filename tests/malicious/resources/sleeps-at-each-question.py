# attack: >-
#   Sleeps nearly as long as one check may take, each time it is asked, so that the whole takes longest.
# tasks: [inception-block, residual-block]
# mark: 0
# seconds: 40
# naive: hangs

import time

import torch
from torch import nn


class Slow(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        time.sleep(5)

    def forward(self, x):
        time.sleep(5)
        return x


class InceptionBlock(Slow):
    slept = time.sleep(3.5)


class ResidualBlock(Slow):
    slept = time.sleep(3.5)
