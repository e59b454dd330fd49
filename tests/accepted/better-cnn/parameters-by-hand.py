# honest: convolutions and linear layers as nn.Parameter, used by F.conv2d and F.linear
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
def weight(*shape):
    w = torch.empty(*shape)
    nn.init.kaiming_uniform_(w, a=5**0.5)
    return nn.Parameter(w)


def bias(n):
    return nn.Parameter(torch.zeros(n))


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.b1 = weight(30, 1, 5, 5), bias(30)
        self.w2, self.b2 = weight(15, 30, 3, 3), bias(15)
        self.w3, self.b3 = weight(128, 375), bias(128)
        self.w4, self.b4 = weight(50, 128), bias(50)
        self.w5, self.b5 = weight(10, 50), bias(10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(F.conv2d(x, self.w1, self.b1)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, self.w2, self.b2)), 2)
        x = F.dropout(x, 0.2, self.training).flatten(1)
        x = F.relu(F.linear(x, self.w3, self.b3))
        x = F.relu(F.linear(x, self.w4, self.b4))
        return F.linear(x, self.w5, self.b5)
