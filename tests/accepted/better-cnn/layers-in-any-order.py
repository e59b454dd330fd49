# honest: the layers are created in a jumbled order, and some parts are made in a helper method
# %%
import torch
from torch import nn


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(50, 10)
        self.second = self._conv(30, 15, 3)
        self.wide = nn.Linear(15 * 25, 128)
        self.first = self._conv(1, 30, 5)
        self.narrow = nn.Linear(128, 50)
        self.p = 0.2

    @staticmethod
    def _conv(i, o, k):
        return nn.Sequential(nn.Conv2d(i, o, k), nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, x):
        h = self.second(self.first(x))
        h = nn.functional.dropout(h, self.p, training=self.training)
        h = h.reshape(h.shape[0], 375)
        return self.out(self.narrow(self.wide(h).relu()).relu())
