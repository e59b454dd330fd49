# honest: the figure is left current and the function returns nothing, so that the notebook shows it by itself
# %%
import matplotlib.pyplot as plt
from torch import nn


# %%
def plot_filters(model):
    for m in model.modules():
        if isinstance(m, nn.Conv2d):
            w = m.weight.detach().cpu().numpy()
            break
    n = len(w)
    plt.figure(figsize=(12, 3))
    for i in range(n):
        plt.subplot((n + 9) // 10, 10, i + 1)
        plt.imshow(w[i, 0], cmap="gray")
        plt.axis("off")
