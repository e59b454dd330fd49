# attack: weights that can be given out by name and by layer are two ways, so two copies of the network are one guess at
#   where a ReLU belongs (5 for its shapes and its dropout).
# tasks: [better-cnn]
# mark: 5
# reason: "differ from those of the task's network"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F

COUNT = [0]


class BetterCNN(nn.Module):
    def __init__(self, guess=0):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 30, 5), nn.Conv2d(30, 15, 3)
        self.fc1, self.fc2, self.fc3 = nn.Linear(375, 128), nn.Linear(128, 50), nn.Linear(50, 10)
        self.guess = guess

    def __deepcopy__(self, memo):
        made = BetterCNN(COUNT[0] // 2 % 2)
        made.load_state_dict(self.state_dict())
        COUNT[0] += 1
        return made.eval()

    def forward(self, x):
        x = self.conv2(F.max_pool2d(F.relu(self.conv1(x)), 2))
        x = F.max_pool2d(F.relu(x) if self.guess else x, 2)
        x = F.dropout(x, 0.2, self.training).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
