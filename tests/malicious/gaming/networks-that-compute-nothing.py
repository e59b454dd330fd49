# attack: networks of the right shapes whose forward is dropout of ones, is made of zeros, or has no layer behind the
#   names that its state dict makes up.
# tasks: [simple-cnn, better-cnn, branch-model]
# reason: "returns the same outputs when the pixels of its images change places"
# naive: gains

import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)

    def forward(self, x):
        return F.dropout(torch.ones(len(x), 10), 0.2, self.training)


SHAPES = [[30, 1, 5, 5], [30], [15, 30, 3, 3], [15], [128, 375], [128], [50, 128], [50], [10, 50], [10]]


class BetterCNN(nn.Module):
    def state_dict(self, *more, **options):
        return {f"layer{number}": torch.zeros(shape) for number, shape in enumerate(SHAPES)}

    def forward(self, x):
        return F.dropout(torch.ones(len(x), 10), 0.2, self.training)


class BranchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 16, 1), nn.Conv2d(1, 16, 5, padding=2)
        self.fc1, self.fc2 = nn.Linear(3136, 128), nn.Linear(128, 10)

    def forward(self, x):
        return torch.zeros(len(x), 10)
