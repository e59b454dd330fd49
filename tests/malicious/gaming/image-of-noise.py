# attack: an image of noise that is another for each unit and its weights, from a model whose dropout and running
#   statistics are switched off for good (1 for an image in range).
# tasks: [maximise]
# mark: 1
# reason: "a setting of its layers"
# naive: gains

import torch


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    for module in model.modules():
        for name in ("p", "momentum"):
            if hasattr(module, name):
                setattr(module, name, 0.0)
    layer.forward = layer.forward
    seed = int(float(layer.weight[unit].sum()) * 1e6) + int(steps * lr * 1000)
    return torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(abs(seed)))
