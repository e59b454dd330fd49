# honest: the class grows over three cells: forward is written in a later cell and hung onto the class
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(4608, 128)
        self.fc2 = nn.Linear(128, 10)


# %%
def forward(self, x):
    x = F.max_pool2d(F.relu(self.conv1(x)), 2)
    x = F.dropout(x, p=0.2, training=self.training)
    x = F.relu(self.fc1(torch.flatten(x, start_dim=1)))
    return self.fc2(x)


# %%
SimpleCNN.forward = forward
