# honest: the layers are created from the last to the first, and the dropout comes after the flattening
# %%
import torch
from torch.nn import Conv2d, Dropout, Linear, Module


# %%
class SimpleCNN(Module):
    def __init__(self):
        super().__init__()
        self.c = Linear(128, 10)
        self.b = Linear(32 * 144, 128)
        self.a = Conv2d(1, 32, 5)
        self.d = Dropout(0.2)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.a(x)), 2)
        x = self.d(torch.flatten(x, 1))
        return self.c(torch.relu(self.b(x)))
