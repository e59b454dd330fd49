# honest: inherits from the student's own SimpleCNN-like class and replaces its layers
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)

    def body(self, x):
        return F.max_pool2d(F.relu(self.conv1(x)), 2)

    def forward(self, x):
        x = F.dropout(self.body(x), 0.2, self.training)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


# %%
class BetterCNN(Net):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5)
        self.conv2 = nn.Conv2d(30, 15, 3)
        self.fc1 = nn.Linear(375, 128)
        self.fc2 = nn.Sequential(nn.Linear(128, 50), nn.ReLU(), nn.Linear(50, 10))

    def body(self, x):
        return F.max_pool2d(F.relu(self.conv2(super().body(x))), 2)
