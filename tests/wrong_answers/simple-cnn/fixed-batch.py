# loses: layer-shapes same-function dropout
# says: A batch size is written into `forward`
# never: flattened too
# %%
import torch
import torch.nn.functional as F
from torch import nn


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(4608, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.dropout(x, 0.2, self.training)
        x = F.relu(self.fc1(x.view(128, -1)))
        return self.fc2(x)
