# honest: starts from black, steps of length lr without limits, and stretches what it has found to [0, 1] at the end
# %%
import torch


# %%
def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    seen = {}
    handle = layer.register_forward_hook(lambda module, given, output: seen.update(output=output))
    picture = torch.zeros(1, 1, 28, 28)
    try:
        for _ in range(steps):
            picture.requires_grad_(True)
            model(picture)
            (slope,) = torch.autograd.grad(seen["output"][0, unit].mean(), picture)
            if not slope.any():
                slope = torch.rand_like(picture)
            picture = (picture + lr * slope / slope.norm().clamp(min=1e-12)).detach()
    finally:
        handle.remove()
        for module, mode in modes:
            module.training = mode
    picture = picture.clamp(min=0)
    return (picture / picture.max().clamp(min=1e-12))[0].detach()
