# loses: maps
# says: A dimension is missing
# never: batch of one
# %%
import torch
from matplotlib.figure import Figure
from torch import nn


def feature_maps(model, layer, image):
    kept = []
    handle = layer.register_forward_hook(lambda module, given, output: kept.append(output.detach()))
    was = model.training
    try:
        with torch.no_grad():
            model.eval()(image[None])
    finally:
        handle.remove()
        model.train(was)
    return kept[0][0].mean(0)


def plot_feature_maps(maps):
    figure = Figure()
    for number, values in enumerate(maps):
        figure.add_subplot(1, len(maps), number + 1).imshow(values.numpy())
    return figure
