# honest: a nonlocal variable takes the output; gradients are left on and detached later by an ExitStack
# %%
from contextlib import ExitStack
import math
import matplotlib
import matplotlib.pyplot as plt
import torch


# %%
def feature_maps(model, layer, image):
    output = None

    def keep(_layer, _inputs, out):
        nonlocal output
        output = out.clone()

    with ExitStack() as stack:
        for m in model.modules():
            stack.callback(setattr, m, "training", m.training)
        stack.enter_context(layer.register_forward_hook(keep))
        model.eval()
        device = next(model.parameters()).device
        model(torch.stack([image.to(device)]))
    return output.detach().to("cpu")[0]


def plot_feature_maps(maps):
    maps = maps.detach()
    low, high = maps.min().item(), maps.max().item()
    columns = 5
    fig, axs = plt.subplots(math.ceil(len(maps) / columns), columns, squeeze=False)
    for i, ax in enumerate(axs.flatten()):
        if i < len(maps):
            ax.imshow(maps[i], cmap=matplotlib.colormaps["gray"], vmin=low, vmax=high)
            ax.set_title(f"{i}", fontsize=6)
            ax.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
        else:
            fig.delaxes(ax)
    plt.close(fig)
    return fig
