# honest: all filters in one row, magma
# %%
from matplotlib.figure import Figure
from torch import nn


# %%
def plot_filters(model):
    conv, *_ = filter(lambda m: isinstance(m, nn.Conv2d), model.modules())
    w = conv.weight.detach().cpu().squeeze(1)
    fig = Figure(figsize=(len(w) * 0.6, 0.8))
    axs = fig.subplots(1, len(w), squeeze=False)[0]
    for ax, k in zip(axs, w.unbind()):
        ax.imshow(k, cmap="magma", vmin=w.min().item(), vmax=w.max().item(), aspect="equal", origin="upper")
        ax.set_axis_off()
    return fig
