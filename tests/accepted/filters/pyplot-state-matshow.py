# honest: the pyplot state machine: plt.figure, plt.subplot, ax.matshow, 5x6, viridis, returns plt.gcf()
# %%
import matplotlib.pyplot as plt
import numpy as np
import torch.nn as nn


# %%
def plot_filters(model):
    convs = [layer for layer in model.modules() if type(layer) is nn.Conv2d]
    w = convs[0].weight.data.cpu().numpy()
    m = np.abs(w).max()
    plt.figure(figsize=(9, 8))
    for i in range(w.shape[0]):
        ax = plt.subplot(int(np.ceil(w.shape[0] / 6)), 6, i + 1)
        ax.matshow(w[i][0], cmap="viridis", vmin=-m, vmax=m)
        plt.xticks([])
        plt.yticks([])
    plt.suptitle("filters of the first layer")
    fig = plt.gcf()
    plt.close()
    return fig
