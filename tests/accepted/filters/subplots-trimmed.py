# honest: plt.subplots of 4x8 with the empty axes removed, a symmetrical scale, and the figure closed
# %%
import math
import matplotlib.pyplot as plt
from torch import nn


# %%
def plot_filters(model):
    conv = next(m for m in model.modules() if isinstance(m, nn.Conv2d))
    weights = conv.weight.detach().cpu()[:, 0].numpy()
    limit = abs(weights).max()
    rows = math.ceil(len(weights) / 8)
    fig, axes = plt.subplots(rows, 8, figsize=(8, rows), squeeze=False)
    axes = axes.ravel()
    for ax, w in zip(axes, weights):
        ax.imshow(w, cmap="RdBu_r", vmin=-limit, vmax=limit)
        ax.axis("off")
    for ax in axes[len(weights) :]:
        ax.remove()
    plt.close(fig)
    return fig
