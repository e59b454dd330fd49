# attack: a history of a million lists, and answers of sixty megabytes of bytes or flags, which are many times as large
#   once they are numbers.
# tasks: [train-evaluate, feature-maps, filters, maximise]
# reason: "the frame is longer than"
# naive: none

import numpy as np
import torch
from matplotlib.figure import Figure


def train(model, loader, epochs, device="cpu", lr=1e-3):
    return [[]] * 1_000_000


def evaluate(model, loader, device="cpu"):
    return [[]] * 1_000_000


def feature_maps(model, layer, image):
    return torch.zeros(30, 1000, 2000, dtype=torch.uint8)


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    return torch.zeros(60, 1000, 1000, dtype=torch.bool)


def plot_filters(model):
    figure = Figure()
    for number in range(30):
        figure.add_axes([number / 40, 0, 0.02, 0.1]).imshow(np.zeros((1000, 2000), np.uint8))
    return figure
