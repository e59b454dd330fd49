# honest: finds the convolution by walking children() itself; axes placed by hand with add_axes
# %%
from matplotlib.figure import Figure
from torch import nn


# %%
def walk(module):
    yield module
    for child in module.children():
        yield from walk(child)


def place(number, columns, rows, gap=0.01):
    row, column = divmod(number, columns)
    w, h = 1 / columns, 1 / rows
    return [column * w + gap, 1 - (row + 1) * h + gap, w - 2 * gap, h - 2 * gap]


# %%
def plot_filters(model) -> Figure:
    layer = next(m for m in walk(model) if isinstance(m, nn.Conv2d))
    filters = layer.weight.detach().cpu().clone()
    columns = 6
    rows = (len(filters) + columns - 1) // columns
    figure = Figure(figsize=(columns, rows))
    for number, weights in enumerate(filters):
        axes = figure.add_axes(place(number, columns, rows))
        axes.imshow(weights[0], cmap="PuOr")
        axes.set(xticks=(), yticks=())
    return figure
