# honest: constants are bound as default arguments, and a later cell gives the same names other values for an experiment
# %%
import torch
from torch import nn
import torch.nn.functional as F

# %%
HIDDEN = 128
P = 0.2


# %%
class SimpleCNN(nn.Module):
    def __init__(self, hidden=HIDDEN, p=P):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(32 * 12 * 12, hidden)
        self.fc2 = nn.Linear(hidden, 10)
        self.p = p

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.dropout(x, self.p, self.training)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


# %%
# what does a smaller hidden layer cost?
HIDDEN = 64
P = 0.5
small = SimpleCNN(hidden=HIDDEN, p=P)
print(sum(p.numel() for p in small.parameters()))
