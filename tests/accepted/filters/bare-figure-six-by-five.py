# honest: a bare Figure with add_subplot in a 6x5 grid, grey colours, each axis titled
# %%
import torch
from matplotlib.figure import Figure
from torch import nn

COLUMNS = 5


# %%
def first_conv(model: nn.Module) -> nn.Conv2d:
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise ValueError("no convolution in this model")


# %%
@torch.no_grad()
def plot_filters(model: nn.Module) -> Figure:
    filters = first_conv(model).weight.cpu()
    rows = -(-filters.size(0) // COLUMNS)
    figure = Figure(figsize=(COLUMNS, rows), layout="tight")
    for i, filter_ in enumerate(filters, start=1):
        axis = figure.add_subplot(rows, COLUMNS, i, xticks=[], yticks=[], title=f"№ {i}")
        axis.imshow(filter_.squeeze(0), cmap="gray", interpolation="nearest")
    return figure
