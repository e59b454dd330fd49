# honest: three named convolutions and torch.cat with dim=1
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.conv5 = nn.Conv2d(in_channels, branch_channels, 5, padding=2)
        self.conv3 = nn.Conv2d(in_channels, branch_channels, 3, padding=1)
        self.conv1 = nn.Conv2d(in_channels, branch_channels, 1)

    def forward(self, x):
        return torch.cat((F.relu(self.conv1(x)), F.relu(self.conv3(x)), F.relu(self.conv5(x))), dim=1)
