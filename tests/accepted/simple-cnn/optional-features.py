# honest: can return (logits, features), but only when it is asked; block-wise maximum instead of a pooling layer
# %%
import torch
from torch import nn


# %%
class SimpleCNN(nn.Module):
    def __init__(self, dropout: float = 0.2, hidden: int = 128, *, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=5)
        self.dropout = nn.Dropout(dropout)
        self.fc1 = nn.Linear(32 * 12 * 12, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x: torch.Tensor, return_features: bool = False):
        maps = self.conv1(x).clamp(min=0)
        n, c, h, w = maps.shape
        blocks = maps.reshape(n, c, h // 2, 2, w // 2, 2)
        pooled = blocks.amax(dim=(3, 5))
        features = self.fc1(self.dropout(pooled).flatten(1)).clamp_min(0)
        logits = self.fc2(features)
        return (logits, features) if return_features else logits
