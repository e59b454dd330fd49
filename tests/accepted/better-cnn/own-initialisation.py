# honest: initialises its weights itself by apply(), has a device property and a class method
# %%
import math
import torch
from torch import nn


# %%
@torch.no_grad()
def init_weights(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        m.bias.zero_()


# %%
class BetterCNN(nn.Module):
    @property
    def device(self):
        return next(self.parameters()).device

    @classmethod
    def new(cls):
        return cls()

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 30, 5, 1, 0)
        self.conv2 = nn.Conv2d(30, 15, 3, 1, 0)
        self.fc1 = nn.Linear(math.prod((15, 5, 5)), 128)
        self.fc2 = nn.Linear(128, 50)
        self.fc3 = nn.Linear(50, 10)
        self.apply(init_weights)

    def forward(self, x):
        x = x.to(self.device)
        drop = nn.Dropout(0.2).train(self.training)
        pool = nn.MaxPool2d(2)
        x = pool(self.conv1(x).relu())
        x = drop(pool(self.conv2(x).relu()))
        x = x.contiguous().view(x.size()[0], -1)
        x = self.fc1(x).relu()
        x = self.fc2(x).relu()
        return self.fc3(x)
