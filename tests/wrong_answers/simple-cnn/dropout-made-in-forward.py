# stumble: makes in `forward` what has no weights; a dropout layer that is new in each call is in train mode
# loses: dropout
# says: Is `nn.Dropout` made in `__init__`, and not anew in each `forward`?

# %%
from torch import nn


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 32, 5)
        self.first = nn.Linear(32 * 12 * 12, 128)
        self.second = nn.Linear(128, 10)

    def forward(self, x):
        x = nn.MaxPool2d(2)(nn.ReLU()(self.conv(x)))
        x = nn.Flatten()(nn.Dropout(0.2)(x))
        return self.second(nn.ReLU()(self.first(x)))
