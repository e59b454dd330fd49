# attack: each copy of a block concatenates its branches in another order, the right one last; loose parameters with three
#   equal biases leave six ways to give the weights out, so six guesses.
# tasks: [inception-block]
# reason: "differ from those of the task's network"
# naive: none

import itertools

import torch
from torch import nn
from torch.nn import functional as F

COUNT = [0]
ORDERS = list(itertools.permutations(range(3)))


class InceptionBlock(nn.Module):
    def __init__(self, width_in, width_out):
        super().__init__()
        self.widths, self.guess = (width_in, width_out), 0
        self.weights = nn.ParameterList([torch.zeros(width_out, width_in, size, size) for size in (1, 3, 5)])
        self.biases = nn.ParameterList([torch.zeros(width_out) for _ in range(3)])

    def __deepcopy__(self, memo):
        made = InceptionBlock(*self.widths)
        made.load_state_dict(self.state_dict())
        made.guess = COUNT[0] % 6
        COUNT[0] += 1
        return made.eval()

    def forward(self, x):
        way, order = ORDERS[self.guess], ORDERS[5 - self.guess]
        given = [(self.weights[size], self.biases[way.index(size)]) for size in range(3)]
        parts = [F.relu(F.conv2d(x, *both, padding=size)) for size, both in enumerate(given)]
        return torch.cat([parts[part] for part in order], 1)
