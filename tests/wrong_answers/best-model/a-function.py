# loses: weights-fit accuracy
# says: `best_model()` was asked for a network, an `nn.Module`; it returned something of the type function.
# %%
from torch import nn


def best_model():
    return lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
