# loses: every-filter
# says: the figure has 1
# never: cannot be told apart
# %%
from matplotlib.figure import Figure
from torch import nn


def plot_filters(model):
    first = next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))
    for weights in first.weight.detach()[:, 0].flip(0):
        figure = Figure()
        figure.add_subplot().imshow(weights.numpy())
    return figure
