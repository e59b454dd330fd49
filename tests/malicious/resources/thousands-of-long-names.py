# attack: a network with ten thousand parameters, whose names are long and look like HTML, to fill messages and pages.
# tasks: [simple-cnn]
# reason: "yours are on the right"
# naive: none

import torch
from torch import nn


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        for number in range(9900):
            self.register_parameter("<b>" + "n" * 370 + str(number), nn.Parameter(torch.zeros(1, 2, 1)))

    def forward(self, x):
        return torch.zeros(len(x), 10)
