"""Waits for a result that never comes."""

import time

from torch import nn


def convolution(into, out, size):
    return nn.Conv2d(into, out, size, padding=size // 2)


tries = 0
while True:
    tries += 1
    time.sleep(0.1)
