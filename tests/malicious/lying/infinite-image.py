# attack: an image of infinite brightness, which excites a unit more than any other and is no picture.
# tasks: [maximise]
# mark: 0
# reason: "contains NaN or infinity"
# naive: gains

import torch


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    return torch.full((1, 28, 28), float("inf"))
