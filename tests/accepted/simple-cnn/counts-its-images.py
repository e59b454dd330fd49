# honest: a buffer counts the images that were seen, train() is overridden to say so, weights in channels_last
# %%
import torch
from torch import nn


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("images_seen", torch.zeros((), dtype=torch.long))
        self.conv1 = nn.Conv2d(1, 32, 5)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)
        self.drop = nn.Dropout(0.2)
        self.to(memory_format=torch.channels_last)

    def train(self, mode=True):
        print("train" if mode else "eval", "mode after", int(self.images_seen), "images")
        return super().train(mode)

    def forward(self, x):
        self.images_seen += len(x)
        x = x.contiguous(memory_format=torch.channels_last)
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = self.drop(x).reshape(x.size(0), -1)
        return self.fc2(torch.relu(self.fc1(x)))
