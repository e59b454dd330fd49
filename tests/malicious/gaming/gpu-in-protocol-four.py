# attack: >-
#   writes a pickle in which strings look otherwise, so that nothing is marked as a GPU's (5 for loading it).
# tasks: [save-load]
# mark: 5
# reason: "CUDA device"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F


class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5)
        self.conv2 = nn.Conv2d(30, 15, 3)
        self.fc1, self.fc2, self.fc3 = nn.Linear(375, 128), nn.Linear(128, 50), nn.Linear(50, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc2(F.relu(self.fc1(x.flatten(1)))))
        return self.fc3(x)


def save_model(model, path):
    torch.save(model.state_dict(), path, pickle_protocol=4)


def load_model(path):
    model = BetterCNN()
    model.load_state_dict(torch.load(path, weights_only=False))
    return model.eval()
