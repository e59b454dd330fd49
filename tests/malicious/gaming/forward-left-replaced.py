# attack: replaces the layer's forward instead of hooking it, and leaves it replaced (2 for the right maps).
# tasks: [feature-maps]
# mark: 1.5
# reason: "its hook is still on the model"
# naive: gains

import torch


def feature_maps(model, layer, image):
    found, forward = [], layer.forward

    def noting(x):
        found.append(forward(x))
        return found[-1]

    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    layer.forward = noting
    with torch.no_grad():
        model(image[None])
    for module, mode in modes:
        module.training = mode
    return found[0][0]
