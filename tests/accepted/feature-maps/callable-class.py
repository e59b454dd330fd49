# honest: the hook is an object of a class with __call__, __enter__ and __exit__
# %%
from __future__ import annotations

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn


# %%
class Recorder:
    """Records what a layer puts out, as long as it is entered."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer
        self.output: Tensor | None = None
        self.handle = None

    def __call__(self, module, inputs, output) -> None:
        self.output = output.detach().clone()

    def __enter__(self) -> Recorder:
        self.handle = self.layer.register_forward_hook(self)
        return self

    def __exit__(self, *problem) -> None:
        self.handle.remove()


# %%
def feature_maps(model: nn.Module, layer: nn.Module, image: Tensor) -> Tensor:
    modes = [(m, m.training) for m in model.modules()]
    try:
        model.eval()
        with Recorder(layer) as recorder, torch.inference_mode():
            model(image.reshape(1, *image.shape).to(next(model.parameters())))
    finally:
        for module, mode in modes:
            module.training = mode
    return recorder.output[0].clone().cpu()


# %%
def plot_feature_maps(maps: Tensor) -> Figure:
    count = maps.shape[0]
    columns = next(c for c in range(int(count**0.5), 0, -1) if count % c == 0)
    figure = Figure(figsize=(9, 6))
    axes = figure.subplots(columns, count // columns, squeeze=False, gridspec_kw={"wspace": 0.05})
    for axis, picture in zip(axes.ravel(), maps):
        axis.matshow(picture.numpy(), cmap="inferno")
        axis.set_xticks([])
        axis.set_yticks([])
    return figure
