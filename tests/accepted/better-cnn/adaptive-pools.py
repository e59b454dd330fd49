# honest: adaptive max-pooling to 12x12 and 5x5, which equals 2x2 pooling at these sizes; one shared dropout
# %%
import torch
from torch import nn


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_a = nn.Conv2d(1, 30, kernel_size=5)
        self.conv_b = nn.Conv2d(30, 15, kernel_size=3)
        self.pool_a = nn.AdaptiveMaxPool2d(12)
        self.pool_b = nn.AdaptiveMaxPool2d(5)
        self.relu = nn.ReLU()
        self.fc_a = nn.Linear(375, 128)
        self.fc_b = nn.Linear(128, 50)
        self.fc_c = nn.Linear(50, 10)
        self.drop = nn.Dropout(p=0.2)

    def forward(self, x):
        x = self.relu(self.pool_a(self.conv_a(x)))
        x = self.relu(self.pool_b(self.conv_b(x)))
        x = self.drop(x)
        x = x.flatten(1, -1)
        x = self.relu(self.fc_a(x))
        x = self.relu(self.fc_b(x))
        return self.fc_c(x)
