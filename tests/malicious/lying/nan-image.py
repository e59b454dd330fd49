# attack: an image of NaN, whose activation is never less than another's.
# tasks: [maximise]
# mark: 0
# reason: "contains NaN or infinity"
# naive: gains

import torch


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    return torch.full((1, 28, 28), float("nan"))
