# honest: one ReLU and one pooling layer used again and again; dropout commuted before the second ReLU; star import
# %%
import torch
from torch import *
from torch.nn import *


# %%
class BetterCNN(Module):
    def __init__(self):
        super().__init__()
        self.relu, self.pool, self.drop = ReLU(), MaxPool2d(2), Dropout(0.2)
        self.convs = ModuleDict(dict(first=Conv2d(1, 30, 5), second=Conv2d(30, 15, 3)))
        self.lin1, self.lin2, self.lin3 = Linear(375, 128), Linear(128, 50), Linear(50, 10)

    def forward(self, x):
        x = self.relu(self.pool(self.convs["first"](x)))
        x = self.relu(self.drop(self.pool(self.convs["second"](x))))
        x = flatten(x, 1)
        x = self.relu(self.lin1(x))
        x = self.relu(self.lin2(x))
        return self.lin3(x)
