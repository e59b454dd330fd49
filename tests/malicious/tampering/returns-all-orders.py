# attack: patches how the grader's weights are given out, so that a block's branches come back in all orders, with
#   several activations.
# tasks: [inception-block]
# reason: "differ from those of the task's network"
# naive: none

import torch
from torch import nn
from torch.nn import functional as F

import itertools
from autograder.labs.kinds import network_procedures as procedures
COUNT = [0]
honest = procedures.fitting
A = [lambda x: x, F.relu, torch.tanh]
V = list(itertools.product(A, itertools.permutations(range(3)), (0, 1, 2)))
V = [v for v in V if v[2] == 1]
def many(model, given, images):
    ways = honest(model, given, images)
    return [dict(w) for w in ways[:1] for v in V] if type(model).__name__ == "InceptionBlock" else ways
procedures.fitting = many
class InceptionBlock(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.a = nn.Conv2d(i, o, 1); self.b = nn.Conv2d(i, o, 3, padding=1); self.c = nn.Conv2d(i, o, 5, padding=2)
        self.io = (i, o); self.v = 0
    def __deepcopy__(self, memo):
        m = InceptionBlock(*self.io); m.load_state_dict(self.state_dict()); m.v = COUNT[0] % len(V); COUNT[0] += 1
        return m.eval()
    def forward(self, x):
        act, order, dim = V[self.v]
        parts = [act(l(x)) for l in (self.a, self.b, self.c)]
        return torch.cat([parts[k] for k in order], dim)
