# attack: >-
#   drops the two largest weights of its first fully connected layer, whatever the image.
# tasks: [simple-cnn]
# reason: "until your network computes the same"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.fc1, self.fc2 = nn.Conv2d(1, 32, 5), nn.Linear(4608, 128), nn.Linear(128, 10)

    def forward(self, x):
        two = F.dropout(self.fc1.weight.flatten().topk(2).values.expand(len(x), 2), 0.2, self.training)
        return two.sum(1, keepdim=True) + torch.zeros(len(x), 10)
