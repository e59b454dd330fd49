# honest: subplot_mosaic with dots for the empty places, CenteredNorm, a style context
# %%
import matplotlib.pyplot as plt
from matplotlib.colors import CenteredNorm
from torch import nn


# %%
def mosaic(count, columns=8):
    names = [f"filter {i}" for i in range(count)] + ["."] * (-count % columns)
    return [names[i : i + columns] for i in range(0, len(names), columns)]


# %%
def plot_filters(model):
    conv = [m for m in model.modules() if isinstance(m, nn.modules.conv.Conv2d)][0]
    w = conv.weight.detach().to("cpu", copy=True).flatten(0, 1)
    norm = CenteredNorm(halfrange=w.abs().max().item())
    with plt.style.context("dark_background"), plt.ioff():
        fig, axes = plt.subplot_mosaic(mosaic(len(w)), figsize=(8, 4), layout="constrained")
        for i in range(len(w)):
            axes[f"filter {i}"].imshow(w[i], norm=norm, cmap="bwr")
            axes[f"filter {i}"].set_axis_off()
    plt.close(fig)
    return fig
