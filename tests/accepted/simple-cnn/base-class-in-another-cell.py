# honest: an abstract base class in another cell does the forward, and the class below it only names the parts
# %%
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


# %%
class ImageClassifier(nn.Module, ABC):
    """Features, then a head. Subclasses say what these are."""

    def __init__(self) -> None:
        super().__init__()
        self.features = self.make_features()
        self.head = self.make_head()

    @abstractmethod
    def make_features(self) -> nn.Module: ...

    @abstractmethod
    def make_head(self) -> nn.Module: ...

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x).flatten(1))


# %%
class SimpleCNN(ImageClassifier):
    def make_features(self) -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2))

    def make_head(self) -> nn.Module:
        return nn.Sequential(nn.Linear(4608, 128), nn.ReLU(), nn.Linear(128, 10))
