# loses: layer-shapes same-function dropout
# says: `SimpleCNN` is defined 2 times in 4_1_simple_cnn.ipynb; the last one counts, and that is the untouched stub
# %%
import torch.nn.functional as F
from torch import nn


class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(4608, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.dropout(F.max_pool2d(F.relu(self.conv1(x)), 2), 0.2, self.training)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        # YOUR CODE HERE
        raise NotImplementedError()
