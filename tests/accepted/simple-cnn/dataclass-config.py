# honest: sizes from a frozen dataclass, with a __future__ import at the top of the second cell
# %%
import torch
from torch import nn

# %%
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Config:
    channels: int = 32
    kernel: int = 5
    hidden: tuple[int, ...] = field(default=(128,))
    classes: int = 10
    rate: float = 0.2
    side: int = 28

    @property
    def flat(self) -> int:
        after_pool = (self.side - self.kernel + 1) // 2
        return self.channels * after_pool * after_pool


DEFAULT = Config()


# %%
class SimpleCNN(nn.Module):
    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config or DEFAULT
        self.conv = nn.Conv2d(1, self.config.channels, self.config.kernel)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(self.config.rate)
        widths = [self.config.flat, *self.config.hidden, self.config.classes]
        self.linear = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.drop(self.pool(self.conv(x).relu())).flatten(start_dim=1)
        *inner, last = self.linear
        for layer in inner:
            x = layer(x).relu()
        return last(x)
