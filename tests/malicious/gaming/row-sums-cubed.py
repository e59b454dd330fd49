# attack: >-
#   a network of no layer whose outputs move with each pixel and each weight, and do not see how units are numbered.
# tasks: [simple-cnn]
# reason: "on units that no layer reads"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)

    def forward(self, x):
        w = sum((p.sum(tuple(range(1, p.dim()))) ** 3).sum() for p in self.parameters() if p.dim() > 1)
        p = x.flatten(1) * torch.linspace(-1, 1, 784)
        return p.sum(1, keepdim=True) * torch.arange(1.0, 11.0) + w
