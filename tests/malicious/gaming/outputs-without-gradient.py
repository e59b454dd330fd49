# attack: a network that computes what was asked for, and can never be trained, since its outputs are detached (5 for its
#   shapes and its dropout).
# tasks: [simple-cnn]
# mark: 3
# reason: "it cannot be trained: no gradient goes through it"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.dropout(F.max_pool2d(F.relu(self.conv1(x)), 2), 0.2, self.training)
        return self.fc2(F.relu(self.fc1(x.flatten(1)))).detach()
