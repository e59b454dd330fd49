"""Networks that the notebooks tell of and do not show: a plain one, and one with fewer than 8,000 parameters.

The plain one is where `best_model` of notebook 4.2 began; what it reaches by a cheap training is what full credit asks.
"""

from __future__ import annotations

from torch import nn

from autograder.training.recipes import Recipe


def convolution(channels_in: int, channels_out: int, padding: int = 1) -> nn.Sequential:
    """A 3×3 convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=padding, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def plain_cnn() -> nn.Module:
    """Five convolutions in a row and a fully connected layer: (N, 1, 28, 28) images to (N, 10) logits."""
    return nn.Sequential(
        nn.BatchNorm2d(1),  # learns mean and spread of the pixels, so the network normalises its images itself
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


def plain_recipe(data_name: str) -> Recipe:
    """Images moved and turned, in a few epochs."""
    epochs = 8 if data_name == "mnist" else 30
    return Recipe(epochs=epochs, max_lr=0.01, label_smoothing=0.05, max_shift=2, max_degrees=10)


def tiny_cnn() -> nn.Module:
    """As much as 8,000 parameters can do: (N, 1, 28, 28) images to (N, 10) logits."""
    return nn.Sequential(
        nn.BatchNorm2d(1),
        convolution(1, 8),
        convolution(8, 8),
        nn.MaxPool2d(2),  # (N, 8, 14, 14)
        convolution(8, 16),
        convolution(16, 16),
        nn.MaxPool2d(2),  # (N, 16, 7, 7)
        convolution(16, 16, padding=0),
        nn.MaxPool2d(3, stride=1),  # (N, 16, 3, 3)
        nn.Flatten(),
        nn.Linear(16 * 3 * 3, 10),
    )


def tiny_recipe(data_name: str) -> Recipe:
    """Little to forget and much to learn: gentle changes of the images, many epochs."""
    return Recipe(
        epochs=24 if data_name == "mnist" else 60,
        max_shift=1.5,
        max_degrees=8,
        max_stretch=0.1,
        max_shear=0.1,
        averaging=0.999 if data_name == "mnist" else 0.98,
        bfloat16=True,
    )
