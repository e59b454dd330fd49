# honest: pool before ReLU, layers with other names, reshape for flatten, dropout before the ReLU (they commute)
# %%
import torch
from torch import nn


# %%
class SimpleCNN(nn.Module):
    """Pooling first means a quarter of the work for the ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = nn.Conv2d(in_channels=1, out_channels=32, kernel_size=5)
        self.brain = nn.Linear(in_features=4608, out_features=128)
        self.mouth = nn.Linear(in_features=128, out_features=10)
        self.squeeze = nn.MaxPool2d(kernel_size=2)
        self.forget = nn.Dropout(p=0.2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.squeeze(self.eyes(x))
        x = self.forget(x)
        x = torch.relu(x).reshape(-1, 4608)
        x = self.brain(x).relu()
        return self.mouth(x)
