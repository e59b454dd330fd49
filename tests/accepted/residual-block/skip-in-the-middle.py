# honest: the skip's layers are created between the halves of the main road, by functools.partial, and named a, b, c
# %%
from functools import partial
import torch
from torch import nn

conv3 = partial(nn.Conv2d, kernel_size=3, padding=1, bias=False)
conv1 = partial(nn.Conv2d, kernel_size=1, bias=False)


# %%
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.a = nn.ModuleDict({"conv": conv3(in_channels, out_channels), "norm": nn.BatchNorm2d(out_channels)})
        if in_channels == out_channels:
            self.b = None
        else:
            self.b = nn.ModuleDict({"norm": nn.BatchNorm2d(out_channels), "conv": conv1(in_channels, out_channels)})
        self.c = nn.ModuleDict({"norm": nn.BatchNorm2d(out_channels), "conv": conv3(out_channels, out_channels)})

    @staticmethod
    def through(part, x):
        return part["norm"](part["conv"](x))

    def forward(self, x):
        skip = x if self.b is None else self.through(self.b, x)
        x = self.through(self.a, x).relu()
        return (self.through(self.c, x) + skip).relu()
