# honest: adaptive pooling to 14x14; gives (logits, features) only with return_features=True
# %%
import torch
from torch import nn


# %%
class BranchModel(nn.Module):
    def __init__(self, channels=16, hidden=128, p=0.2, **unused):
        super().__init__()
        self.one = nn.Conv2d(1, channels, 1)
        self.five = nn.Conv2d(1, channels, 5, padding=(2, 2))
        self.pool = nn.AdaptiveMaxPool2d(14)
        self.p = p
        self.hidden = nn.LazyLinear(hidden)
        self.out = nn.LazyLinear(10)
        self.forward(torch.zeros(1, 1, 28, 28))

    def forward(self, x, *, return_features=False):
        merged = self.one(x).relu() + self.five(x).relu()
        features = nn.functional.dropout(self.pool(merged), p=self.p, training=self.training)
        logits = self.out(self.hidden(features.flatten(1)).relu())
        if return_features:
            return logits, features
        return logits
