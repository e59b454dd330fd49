# honest: an if decides between two definitions; type hints with Final and Literal; builtin names as variables
# %%
from typing import Final, Literal
import torch
from torch import nn, Tensor

STYLE: Final[Literal["modules", "functions"]] = "modules"
max = 2
sum: Final = 32 * 12 * 12

# %%
if STYLE == "modules":

    def activation() -> nn.Module:
        return nn.ReLU()
else:

    def activation():
        return torch.relu


try:

    class SimpleCNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv: nn.Conv2d = nn.Conv2d(1, 32, 5)
            self.act = activation()
            self.pool = nn.MaxPool2d(max)
            self.drop = nn.Dropout(0.2)
            self.dense: nn.Linear = nn.Linear(sum, 128)
            self.out: nn.Linear = nn.Linear(128, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.drop(self.pool(self.act(self.conv(x))))
            return self.out(self.act(self.dense(x.flatten(1))))
except TypeError as problem:
    print(problem)
