# honest: the projection's layers exist only where needed, and forward asks by hasattr; separate conv and norm lists
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        widths = [in_channels, out_channels, out_channels]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(widths, widths[1:]))
        self.norms = nn.ModuleList([nn.BatchNorm2d(out_channels) for _ in range(2)])
        if in_channels != out_channels:
            self.norm_1x1 = nn.BatchNorm2d(out_channels)
            self.conv_1x1 = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x):
        skip = self.norm_1x1(self.conv_1x1(x)) if hasattr(self, "conv_1x1") else x
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(conv(x if i == 0 else y))
            if i == 0:
                y = y.clamp(min=0)
        return F.threshold(y + skip, 0.0, 0.0)
