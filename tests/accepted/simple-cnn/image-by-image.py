# honest: forward takes the images one by one and puts the logits together again
# %%
import torch
from torch import nn


# %%
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2))
        self.think = nn.Sequential(nn.Linear(4608, 128), nn.ReLU(), nn.Linear(128, 10))

    def one(self, image):
        return self.think(self.look(image).reshape(-1))

    def forward(self, x):
        return torch.stack([self.one(image) for image in x])
