# honest: an empty nn.Sequential as the identity; convolutions first, then the norms; in-place ReLU used twice
# %%
import torch
from torch import nn


# %%
class ResidualBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv_a = nn.Conv2d(in_channels, out_channels, 3, 1, 1, bias=False)
        self.conv_b = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm_a = nn.BatchNorm2d(out_channels)
        self.norm_b = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.project = nn.Sequential()
        if in_channels != out_channels:
            self.project.append(nn.Conv2d(in_channels, out_channels, 1, bias=False))
            self.project.append(nn.BatchNorm2d(out_channels))

    def forward(self, x):
        identity = self.project(x)
        y = self.relu(self.norm_a(self.conv_a(x)))
        y = self.norm_b(self.conv_b(y))
        return self.relu(torch.add(y, identity))
