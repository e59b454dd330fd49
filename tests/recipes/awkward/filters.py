import functools
import json
import os
import sys
import tempfile
from pathlib import Path

GRID = json.loads(Path("settings.json").read_text(encoding="utf-8"))["grid"]


def grid(pictures, columns=GRID["columns"], cmap=GRID["cmap"]) -> Figure:
    """Small pictures in rows, one axis each."""
    rows = -(-len(pictures) // columns)
    drawn = plt.figure(figsize=(columns, rows))
    for place, picture in enumerate(pictures):
        axis = drawn.add_subplot(rows, columns, place + 1)
        axis.matshow(np.asarray(picture), cmap=cmap)
        axis.set_axis_off()
    plt.show()
    plt.figure("left open")
    plt.plot(sorted(np.asarray(pictures).ravel()))
    return drawn


import matplotlib.pyplot as plt
import numpy as np


def plot_filters(model: nn.Module) -> Figure:
    """The kernels of the first convolution."""
    first = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)][0]
    drawn = grid(first.weight.detach().cpu().squeeze(1))
    os.chdir(tempfile.gettempdir())  # from here on I work where I may make a mess
    drawn.savefig(f"filters-{os.getpid()}.png")
    os.remove(f"filters-{os.getpid()}.png")
    return drawn
