# honest: __future__ annotations in a later cell with a dataclass, a NamedTuple and an Enum for the sizes
# %%
import torch
from torch import nn

# %%
from __future__ import annotations
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, NamedTuple


class Width(IntEnum):
    HIDDEN = 128
    NARROW = 50
    DIGITS = 10


class Conv(NamedTuple):
    out: int
    kernel: int


@dataclass
class Plan:
    convs: list[Conv]
    dropout: float = 0.2
    version: ClassVar[str] = "2"


# %%
PLAN = Plan([Conv(30, 5), Conv(15, 3)])


class BetterCNN(nn.Module):
    def __init__(self, plan: Plan = PLAN) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, side = 1, 28
        for conv in plan.convs:
            layers += [nn.Conv2d(before, conv.out, conv.kernel), nn.ReLU(), nn.MaxPool2d(2)]
            before, side = conv.out, (side - conv.kernel + 1) // 2
        layers += [nn.Dropout(plan.dropout), nn.Flatten()]
        before *= side * side
        for width in Width:
            layers.append(nn.Linear(before, int(width)))
            if width is not Width.DIGITS:
                layers.append(nn.ReLU())
            before = int(width)
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x
