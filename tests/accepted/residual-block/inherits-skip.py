# honest: a general Skip class in another cell adds the input, and the block inherits from it
# %%
from __future__ import annotations

from torch import Tensor, nn


# %%
class Skip(nn.Module):
    """relu(body(x) + adapter(x))"""

    body: nn.Module
    adapter: nn.Module | None

    def forward(self, x: Tensor) -> Tensor:
        through = x if self.adapter is None else self.adapter(x)
        return nn.functional.relu(self.body(x) + through)


def conv_norm(i: int, o: int, k: int) -> list[nn.Module]:
    return [nn.Conv2d(i, o, k, padding=(k - 1) // 2, bias=False), nn.BatchNorm2d(num_features=o)]


# %%
class ResidualBlock(Skip):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *conv_norm(in_channels, out_channels, 3), nn.ReLU(), *conv_norm(out_channels, out_channels, 3)
        )
        self.adapter = nn.Sequential(*conv_norm(in_channels, out_channels, 1)) if in_channels != out_channels else None
