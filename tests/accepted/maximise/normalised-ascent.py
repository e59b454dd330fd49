# honest: the task's own formula, from weak noise, with torch.autograd.grad
# %%
import contextlib
import torch
from torch import nn


# %%
@contextlib.contextmanager
def eval_mode(model):
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


# %%
def maximise_activation(
    model: nn.Module, layer: nn.Module, unit: int, steps: int = 30, lr: float = 1.0
) -> torch.Tensor:
    device = next(model.parameters()).device
    image = 0.1 * torch.rand(1, 1, 28, 28, device=device)
    outputs = []
    handle = layer.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    try:
        with eval_mode(model), torch.enable_grad():
            for _ in range(steps):
                image.requires_grad_(True)
                outputs.clear()
                model(image)
                activation = outputs[0][0, unit].mean()
                (gradient,) = torch.autograd.grad(activation, image)
                image = (image.detach() + lr * gradient / (gradient.norm() + 1e-8)).clamp(0, 1)
    finally:
        handle.remove()
    return image.detach()[0].cpu()
