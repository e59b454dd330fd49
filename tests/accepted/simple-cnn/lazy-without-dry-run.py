# honest: LazyLinear that learns its size from the first batch (or from the state dict that it is given)
# %%
import torch
from torch import nn
import torch.nn.functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.LazyLinear(128)
        self.fc2 = nn.Linear(128, 10)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = self.drop(x)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)
