# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %%
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from autograder.training.recipes import Recipe, fit, jitter, predict


# %% nbgrader={"grade": false, "grade_id": "better-cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
class BetterCNN(nn.Module):
    """Two convolutions, three fully connected layers: images (N, 1, 28, 28) in [0, 1] to logits (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 30, kernel_size=5)
        self.conv2 = nn.Conv2d(30, 15, kernel_size=3)
        self.fc1 = nn.Linear(15 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, 50)
        self.fc3 = nn.Linear(50, 10)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 10) of images (N, 1, 28, 28)."""
        ### BEGIN SOLUTION
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # (N, 30, 12, 12)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 15, 5, 5)
        x = F.dropout(x, 0.2, training=self.training)
        x = torch.flatten(x, 1)  # (N, 375)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
        ### END SOLUTION


# %%
def better_recipe(data_name: str) -> Recipe:
    """How `BetterCNN` is trained on "mnist" or "digits"."""
    return Recipe(epochs=3 if data_name == "mnist" else 30, max_lr=0.01)


# %% nbgrader={"grade": false, "grade_id": "best-model", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_model() -> nn.Module:
    """A network of your own, with its first weights: images (N, 1, 28, 28) in [0, 1] to logits (N, 10)."""
    ### BEGIN SOLUTION
    def convolution(channels_in: int, channels_out: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(),
        )

    return nn.Sequential(
        nn.BatchNorm2d(1),  # learns the mean and spread of the pixels: the network normalises its input itself
        convolution(1, 16),
        nn.MaxPool2d(2),  # (N, 16, 14, 14)
        convolution(16, 32),
        convolution(32, 32),
        nn.MaxPool2d(2),  # (N, 32, 7, 7)
        convolution(32, 64),
        convolution(64, 64),
        nn.MaxPool2d(2),  # (N, 64, 3, 3)
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(64 * 3 * 3, 10),
    )
    ### END SOLUTION


def best_recipe(data_name: str) -> Recipe:
    """How your network is trained on "mnist" or "digits"."""
    ### BEGIN SOLUTION
    epochs = 8 if data_name == "mnist" else 30
    return Recipe(epochs=epochs, max_lr=0.01, label_smoothing=0.05, max_shift=2, max_degrees=10)
    ### END SOLUTION
