# honest: star import from torch.nn, hstack for the concatenation, keyword arguments with other defaults allowed
# %%
from torch import Tensor, hstack
from torch.nn import *


# %%
class InceptionBlock(Module):
    def __init__(self, in_channels: int, branch_channels: int, kernels: tuple[int, ...] = (1, 3, 5), **kwargs) -> None:
        super().__init__()
        self.convs = ModuleList()
        self.act = ReLU()
        for kernel in kernels:
            self.convs.append(Conv2d(in_channels, branch_channels, kernel, padding=kernel // 2, **kwargs))

    def forward(self, x: Tensor) -> Tensor:
        return hstack([self.act(conv(x)) for conv in self.convs])
