# honest: a settings object that is filled attribute by attribute in a cell of its own, and a registry with a decorator
# %%
from types import SimpleNamespace
import torch as T
from torch import nn as N

# %%
cfg = SimpleNamespace()
cfg.channels = 32
cfg.kernel = 5
for name, value in [("hidden", 128), ("p", 0.2)]:
    setattr(cfg, name, value)

NETWORKS = {}


def register(name):
    def decorate(cls):
        NETWORKS[name] = cls
        return cls

    return decorate


# %%
@register("simple")
class SimpleCNN(N.Module):
    def __init__(self):
        super().__init__()
        self.conv = N.Conv2d(1, cfg.channels, cfg.kernel)
        self.drop = N.Dropout(cfg.p)
        self.fc = N.ModuleList([N.Linear(cfg.channels * 144, cfg.hidden), N.Linear(cfg.hidden, 10)])

    def forward(self, x):
        x = T.nn.functional.max_pool2d(self.conv(x).relu(), 2)
        x = self.drop(x).flatten(1)
        return self.fc[1](self.fc[0](x).relu())


# %%
print(NETWORKS)
