# stumble: writes dropout by hand, and forgets to switch it off in evaluation mode: its layers are the task's all the same
# loses: same-function dropout
# says: dropout stays on

# %%
import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = x * (torch.rand_like(x) > 0.2) / 0.8
        return self.fc2(F.relu(self.fc1(x.flatten(1))))
