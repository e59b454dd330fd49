# honest: pads the image once by 2 and crops it for the smaller kernels, so that no convolution has padding
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.c1 = nn.Conv2d(in_channels, branch_channels, kernel_size=1)
        self.c3 = nn.Conv2d(in_channels, branch_channels, kernel_size=3)
        self.c5 = nn.Conv2d(in_channels, branch_channels, kernel_size=5)

    def forward(self, x):
        wide = F.pad(x, [2] * 4)
        one = self.c1(wide[..., 2:-2, 2:-2])
        three = self.c3(wide[..., 1:-1, 1:-1])
        five = self.c5(wide)
        return F.relu(torch.cat([one, three, five], dim=1))
