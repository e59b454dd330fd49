# attack: leaves a hook behind that is on no module of the model, but on all modules there are (2 for the right maps).
# tasks: [feature-maps]
# mark: 1.5
# reason: "its hook is still on the model"
# naive: gains

import torch


def feature_maps(model, layer, image):
    found = []

    def note(module, inputs, output):
        if module is layer:
            found.append(output.detach()[0])

    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    torch.nn.modules.module.register_module_forward_hook(note)
    with torch.no_grad():
        model(image[None])
    for module, mode in modes:
        module.training = mode
    return found[0]
