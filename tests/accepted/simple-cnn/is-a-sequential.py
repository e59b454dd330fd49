# honest: the class *is* an nn.Sequential, with named layers from an OrderedDict and no forward of its own
# %%
from collections import OrderedDict

import torch
from torch import nn


# %%
class SimpleCNN(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            OrderedDict(
                conv=nn.Conv2d(1, 32, kernel_size=5, stride=1, padding="valid"),
                act1=nn.ReLU(),
                pool=nn.MaxPool2d(2),
                drop=nn.Dropout(p=0.2),
                flat=nn.Flatten(start_dim=1, end_dim=-1),
                hidden=nn.Linear(4608, 128),
                act2=nn.ReLU(),
                out=nn.Linear(128, 10),
            )
        )
