# honest: runs the layers and takes their torch.Size (a tuple); counts the parameters of the network
# %%
import torch
from torch import nn
import torch.nn.functional as F


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.dropout(x, 0.2, self.training)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


# %%
batch = torch.zeros(128, 1, 28, 28)
conv1_output_shape = SimpleCNN().conv1(batch).shape
conv1_7x3_output_shape = nn.Conv2d(1, 32, kernel_size=(7, 3))(batch).size()
simple_cnn_parameters = sum(p.numel() for p in SimpleCNN().parameters() if p.requires_grad)
