# honest: own block classes in another cell, each with conv, ReLU and pool
# %%
import torch
from torch import nn, Tensor


# %%
class Stage(nn.Module):
    def __init__(self, i: int, o: int, k: int):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.conv(x).relu_())


class Dense(nn.Linear):
    """A linear layer with its ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu()


# %%
class BetterCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stage1 = Stage(1, 30, 5)
        self.stage2 = Stage(30, 15, 3)
        self.dense1 = Dense(15 * 5 * 5, 128)
        self.dense2 = Dense(128, 50)
        self.logits = nn.Linear(50, 10)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage2(self.stage1(x))
        x = self.dropout(x).flatten(1)
        return self.logits(self.dense2(self.dense1(x)))
