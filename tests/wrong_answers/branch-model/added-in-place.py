# stumble: adds to a tensor that ReLU needs again on the way back
# loses: same-function
# says: something is changed in place that the gradient needs
# says: write `y = y + …`

# %%
import torch
from torch import nn
from torch.nn import functional as F


class BranchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 16, 1)
        self.right = nn.Conv2d(1, 16, 5, padding=2)
        self.fc1 = nn.Linear(16 * 14 * 14, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        y = F.relu(self.left(x))
        y += F.relu(self.right(x))
        y = F.dropout(F.max_pool2d(y, 2), 0.2, training=self.training)
        return self.fc2(F.relu(self.fc1(torch.flatten(y, 1))))
