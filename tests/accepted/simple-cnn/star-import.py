# honest: star import from torch.nn, which brings `functional` along too; torch.max_pool2d and torch.dropout
# %%
import torch
from torch.nn import *


# %%
class SimpleCNN(Module):
    def __init__(self):
        Module.__init__(self)
        self.convolution = Conv2d(1, 32, 5)
        self.dense1 = Linear(32 * 12 * 12, 128)
        self.dense2 = Linear(128, 10)

    def forward(self, images):
        maps = functional.relu(self.convolution(images))
        maps = torch.max_pool2d(maps, kernel_size=2, stride=2)
        maps = torch.dropout(maps, 0.2, self.training)
        row = Flatten()(maps)
        return self.dense2(functional.relu(self.dense1(row)))
