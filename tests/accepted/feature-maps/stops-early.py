# honest: the hook ends the pass by an exception of its own, since the rest of the network is not needed
# %%
import math
import torch
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec


# %%
class Enough(Exception):
    def __init__(self, output):
        super().__init__("got it")
        self.output = output


def stop(module, inputs, output):
    raise Enough(output.detach().clone())


# %%
def feature_maps(model, layer, image):
    modes = {name: m.training for name, m in model.named_modules()}
    handle = layer.register_forward_hook(stop)
    try:
        with torch.no_grad():
            model.eval()(image[None].to(next(model.parameters()).device))
        raise ValueError("the model does not use this layer")
    except Enough as enough:
        return enough.output.cpu()[0]
    finally:
        handle.remove()
        for name, m in model.named_modules():
            m.training = modes[name]


def plot_feature_maps(maps):
    fig = Figure(figsize=(10, 1.2 * math.ceil(len(maps) / 10)))
    grid = GridSpec(math.ceil(len(maps) / 10), 10, figure=fig, hspace=0, wspace=0.1)
    for place, one in zip(grid, maps.detach().cpu().tolist()):
        ax = fig.add_subplot(place)
        ax.imshow(one, cmap="cividis")
        ax.axis(False)
    return fig
