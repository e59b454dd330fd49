# honest: GridSpec with ten columns, plt.sca and plt.imshow, weights as nested lists of float64
# %%
import math
import matplotlib.pyplot as plt
from matplotlib.gridspec import GridSpec
from torch import nn


# %%
def plot_filters(model: nn.Module):
    """Zeichnet jeden Filter der ersten Faltung."""
    erste = [m for m in model.modules() if isinstance(m, nn.Conv2d)][0]
    gewichte = erste.weight.detach().double().cpu().tolist()
    grenze = max(abs(zahl) for filter in gewichte for zeile in filter[0] for zahl in zeile)
    bild = plt.figure(figsize=(10, 3), constrained_layout=True)
    gitter = GridSpec(math.ceil(len(gewichte) / 10), 10, figure=bild)
    for nummer, filter in enumerate(gewichte):
        plt.sca(bild.add_subplot(gitter[nummer // 10, nummer % 10]))
        plt.imshow(filter[0], cmap=plt.cm.coolwarm, clim=(-grenze, grenze))
        plt.axis("off")
    plt.close(bild)
    return bild
