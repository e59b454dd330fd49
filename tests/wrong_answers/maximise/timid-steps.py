# loses: raises-the-unit
# says: how large is it
# never: sign
# %%
import torch


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    kept = []
    was = {module: module.training for module in model.modules()}
    model.eval()
    image = 0.1 * torch.rand(1, 1, 28, 28)
    handle = layer.register_forward_hook(lambda module, given, output: kept.append(output))
    try:
        for _ in range(steps // 10):
            image.requires_grad_(True)
            model(image)
            (gradient,) = torch.autograd.grad(kept.pop()[0, unit].mean(), image)
            image = (image.detach() + 1e-3 * gradient.sign()).clamp(0, 1)
    finally:
        handle.remove()
        for module, mode in was.items():
            module.training = mode
    return image.detach()[0]
