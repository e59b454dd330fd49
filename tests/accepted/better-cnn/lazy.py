# honest: lazy layers throughout, no dry run
# %%
import torch.nn as nn
from torch.nn import functional as F


class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.LazyConv2d(30, 5)
        self.conv2 = nn.LazyConv2d(15, 3)
        self.fc1 = nn.LazyLinear(128)
        self.fc2 = nn.LazyLinear(50)
        self.fc3 = nn.LazyLinear(10)

    def forward(self, x):
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        x = F.dropout(x.flatten(1), 0.2, self.training)
        return self.fc3(self.fc2(self.fc1(x).relu()).relu())
