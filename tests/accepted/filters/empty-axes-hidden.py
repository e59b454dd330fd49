# honest: a 4x8 grid whose last empty axes stay in the figure, but are hidden by axis("off")
# %%
import math
import matplotlib.pyplot as plt
from torch import nn


# %%
def plot_filters(model):
    conv = next(m for m in model.modules() if isinstance(m, nn.Conv2d))
    w = conv.weight.detach().cpu()
    fig, axes = plt.subplots(math.ceil(len(w) / 8), 8, figsize=(10, 5), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, kernel in zip(axes.flat, w):
        ax.imshow(kernel[0], cmap="gray")
    plt.close(fig)
    return fig
