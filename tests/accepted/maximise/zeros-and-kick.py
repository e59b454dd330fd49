# honest: starts from black, with a kick of noise where the gradient is nothing; one batch, gradient of a sum; keeps .grad by hand
# %%
import torch
from torch import Tensor, nn

EPSILON = 1e-8


# %%
def score_of(output: Tensor, unit: int) -> Tensor:
    return output[:, unit].flatten(1).mean(1).sum() if output.ndim == 4 else output[:, unit].sum()


def snapshot(model: nn.Module):
    return [p.grad for p in model.parameters()], [m.training for m in model.modules()]


def restore(model: nn.Module, saved) -> None:
    grads, modes = saved
    for p, g in zip(model.parameters(), grads):
        p.grad = g
    for m, t in zip(model.modules(), modes):
        m.training = t


# %%
def maximise_activation(model: nn.Module, layer: nn.Module, unit: int, steps: int = 30, lr: float = 1.0) -> Tensor:
    saved = snapshot(model)
    for p in model.parameters():
        p.grad = None
    x = torch.zeros((1, 1, 28, 28), device=next(model.parameters()).device)
    box: list[Tensor] = [x]

    def hook(_, __, out: Tensor) -> None:
        box[0] = out

    handle = layer.register_forward_hook(hook)
    model.eval()
    try:
        for _ in range(steps):
            x = x.detach().requires_grad_()
            model(x)
            score_of(box[0], unit).backward()
            g = x.grad
            if g.abs().max() < 1e-12:
                g = torch.rand_like(x) - 0.25
            x = torch.clip(x.detach() + lr * g / (g.norm() + EPSILON), 0, 1)
    finally:
        handle.remove()
        restore(model, saved)
    return x.detach().cpu().reshape(1, 28, 28)
