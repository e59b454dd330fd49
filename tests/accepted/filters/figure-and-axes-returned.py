# honest: returns (figure, axes)
# %%
import matplotlib.pyplot as plt
import numpy as np
from torch import nn


# %%
def plot_filters(model):
    kernel = next(m.weight for m in model.modules() if isinstance(m, nn.Conv2d)).detach().cpu().numpy()[:, 0]
    columns = next(c for c in (6, 5, 8, 4, 3, 2, 1) if len(kernel) % c == 0)
    fig, axes = plt.subplots(len(kernel) // columns, columns, figsize=(6, 6), squeeze=False)
    for position, k in zip(np.ndindex(axes.shape), kernel):
        axes[position].imshow(k, cmap="seismic", vmin=-np.abs(kernel).max(), vmax=np.abs(kernel).max())
        axes[position].axis("off")
    plt.close(fig)
    return fig, axes
