# honest: the second convolution and norm are created before the first ones
# %%
import torch
from torch import nn


# %%
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.last = self.half(out_channels, out_channels)
        self.first = self.half(in_channels, out_channels)
        self.fit = self.half(in_channels, out_channels, kernel=1) if in_channels != out_channels else (lambda x: x)

    def half(self, i, o, kernel=3):
        return nn.Sequential(nn.Conv2d(i, o, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return torch.relu(self.last(torch.relu(self.first(x))) + self.fit(x))
