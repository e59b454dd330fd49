# honest: a function returns the class, for any sizes, and the name is assigned
# %%
import torch
from torch import nn


# %%
def cnn_class(channels, hidden, p):
    class CNN(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, channels, 5)
            self.hidden = nn.Linear(channels * 144, hidden)
            self.logits = nn.Linear(hidden, 10)
            self.dropout = nn.Dropout(p)

        def forward(self, x):
            x = torch.max_pool2d(self.conv(x).relu(), 2)
            return self.logits(self.hidden(self.dropout(x).flatten(1)).relu())

    return CNN


# %%
SimpleCNN = cnn_class(channels=32, hidden=128, p=0.2)
