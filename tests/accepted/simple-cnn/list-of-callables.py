# honest: forward folds a list of plain callables over the images
# %%
from functools import partial, reduce
import torch
import torch.nn.functional as F
from torch import nn


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)
        self.steps = [
            self.conv1,
            F.relu,
            partial(F.max_pool2d, kernel_size=2),
            lambda x: F.dropout(x, 0.2, self.training),
            partial(torch.flatten, start_dim=1),
            self.fc1,
            F.relu,
            self.fc2,
        ]

    def forward(self, x):
        return reduce(lambda value, step: step(value), self.steps, x)
