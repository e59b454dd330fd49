# attack: a network of the right shapes whose outputs move with each pixel and each weight, and which has no layer in use.
# tasks: [simple-cnn]
# reason: "depend on how the units of the layers are numbered"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)

    def forward(self, x):
        everything = torch.cat([value.flatten() for value in self.parameters()])
        made = x.flatten(1) @ everything[: 784 * (len(everything) // 784)].view(784, -1)
        return F.dropout(made[:, :10] + made[:, -10:], 0.2, self.training)
