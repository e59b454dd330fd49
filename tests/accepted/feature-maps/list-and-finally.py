# honest: the hook appends to a list, try/finally removes it, batch of one by unsqueeze
# %%
import contextlib
import math
import torch
from matplotlib.figure import Figure
from torch import nn


# %%
@contextlib.contextmanager
def eval_mode(model):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


# %%
def feature_maps(model: nn.Module, layer: nn.Module, image: torch.Tensor) -> torch.Tensor:
    seen = []

    def hook(module, inputs, output):
        seen.append(output.detach().clone())

    handle = layer.register_forward_hook(hook)
    try:
        with eval_mode(model), torch.no_grad():
            model(image.unsqueeze(0).to(next(model.parameters()).device))
    finally:
        handle.remove()
    return seen[0][0].cpu()


def plot_feature_maps(maps: torch.Tensor) -> Figure:
    columns = min(8, len(maps))
    rows = math.ceil(len(maps) / columns)
    figure = Figure(figsize=(columns, rows), layout="constrained")
    for i, one in enumerate(maps):
        axis = figure.add_subplot(rows, columns, i + 1)
        axis.imshow(one, cmap="gray")
        axis.axis("off")
    return figure
