# attack: >-
#   a network of no layer whose weights move the outputs by less than rounding may.
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
        w = torch.cat([p.flatten() for p in self.parameters()])
        w = (w * torch.linspace(-1, 1, len(w))).sum() / w.norm() / 30
        p = (x.flatten(1) * torch.linspace(-1, 1, 784).cos()).sum(1, keepdim=True)
        return p * torch.arange(1.0, 11.0) * (1 + 0.003 * torch.tanh(20 * w))
