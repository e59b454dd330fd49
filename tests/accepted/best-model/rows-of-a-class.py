# %%
import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


# %%
class Normed(nn.Sequential):
    def __init__(self, before, after, side=3, padding=0):
        super().__init__(nn.Conv2d(before, after, side, padding=padding, bias=False), nn.BatchNorm2d(after))


class Skipping(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.first, self.second = Normed(before, after, padding=1), Normed(after, after, padding=1)

    def forward(self, x):
        x = self.first(x).relu()
        return F.max_pool2d(F.relu(x + self.second(x)), 2)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.stages = nn.Sequential(Skipping(1, 24), Skipping(24, 48))
        self.small = nn.Sequential(Normed(48, 80), nn.ReLU(), Normed(80, 80), nn.ReLU())
        self.large = nn.Sequential(Normed(48, 32, 5), nn.ReLU())
        self.out = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(112 * 9, 10))

    def forward(self, x):
        x = self.stages(self.norm(x))
        return self.out(torch.cat((self.small(x), self.large(x)), 1))


def best_model():
    return Net()


# %%
@dataclasses.dataclass
class Experiment:
    change: str
    expect: str
    validation: tuple
    conclude: str
    seeds: tuple = (0, 1)


log = [
    Experiment("two stages", "as BetterCNN", (np.float64(0.9906), np.float32(0.9898)), "as expected"),
    Experiment("skips", "better", (0.9942, 0.9938), "both seeds are 0.4 points up: no luck"),
    Experiment("branches", "better still", (0.9931, 0.9944, 0.994), "could be luck, either way", (0, 1, 2)),
]

# %%
experiments = [dataclasses.asdict(one) for one in log]
experiments += [{"Change": "36 epochs", "expect": 0.997, "validation": {0: 0.9974, 1: 0.9972}, "conclude": "handed in"}]
