# attack: an image of one grey, light or dark by the sign of the unit's weights and a little by their values; no model
#   ever sees it (2 for an image in range and a model that is as it was).
# tasks: [maximise]
# mark: 2
# reason: "excites it less than any of"
# naive: gains

import torch


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    total = float(layer.weight[unit].sum())
    grey = (0.6 if total > 0 else 0.0) + 0.1 * (abs(total) % 1)
    return torch.full((1, 28, 28), grey + min(0.09, steps * lr / 100))
