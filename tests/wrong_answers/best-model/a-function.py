# loses: weights-fit accuracy log
# says: `best_model()` should return a network, an `nn.Module`, but returned an object of type function.
# %%
from torch import nn


def best_model():
    return lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
