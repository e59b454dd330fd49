# honest: a hook with_kwargs=True that is a method of a dataclass; the figure is made of sub-figures
# %%
from dataclasses import dataclass, field
import torch
from matplotlib.figure import Figure
from torch import nn


# %%
@dataclass
class Box:
    tensors: list = field(default_factory=list)

    def put(self, module, args, kwargs, output):
        self.tensors.append(output.detach().clone().cpu())


# %%
def feature_maps(model, layer, image):
    box = Box()
    before = [m.training for m in model.modules()]
    handle = layer.register_forward_hook(box.put, with_kwargs=True)
    try:
        model.eval()
        with torch.no_grad():
            model(image.view(-1, 1, 28, 28).to(next(model.parameters()).device))
    finally:
        handle.remove()
        for m, was in zip(model.modules(), before):
            m.training = was
    return box.tensors[-1].squeeze(0)


def plot_feature_maps(maps):
    figure = Figure(figsize=(8, 8))
    rows = [maps[i : i + 6] for i in range(0, len(maps), 6)]
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, row in zip(parts, rows):
        for i, one in enumerate(row):
            axis = part.add_subplot(1, 6, i + 1)
            axis.imshow(one.cpu().numpy(), cmap="gray")
            axis.axis("off")
    return figure
