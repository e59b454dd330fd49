# honest: LazyBatchNorm2d and LazyConv2d, which learn their widths from the first batch; comments in Chinese
# %%
import torch
from torch import nn


# %%
class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.卷积一 = nn.LazyConv2d(out_channels, 3, padding=1, bias=False)
        self.归一一 = nn.LazyBatchNorm2d()
        self.卷积二 = nn.LazyConv2d(out_channels, 3, padding=1, bias=False)
        self.归一二 = nn.LazyBatchNorm2d()
        self.捷径 = None
        if in_channels != out_channels:  # 通道数不同时才需要投影
            self.捷径 = nn.Sequential(nn.LazyConv2d(out_channels, 1, bias=False), nn.LazyBatchNorm2d())
        self.eval()
        with torch.no_grad():
            self(torch.zeros(1, in_channels, 4, 4))
        self.train()

    def forward(self, x):
        y = self.归一一(self.卷积一(x)).relu()
        y = self.归一二(self.卷积二(y))
        return (y + (self.捷径(x) if self.捷径 else x)).relu()
