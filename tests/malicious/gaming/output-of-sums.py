# attack: a network of the right shapes whose outputs move with its images and its weights, and which has no layer in
#   use.
# tasks: [simple-cnn]
# reason: "returns the same outputs when the pixels of its images change places"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)

    def forward(self, x):
        total = sum(value.sum() for value in self.parameters())
        made = (x.mean((1, 2, 3)) * total)[:, None] * torch.ones(10)
        return F.dropout(made, 0.2, self.training)
