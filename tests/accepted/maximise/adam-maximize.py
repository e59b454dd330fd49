# honest: torch.optim.Adam(maximize=True) on a grey image with gradients from autograd.grad, clamped after each step
# %%
import torch
from torch import nn, optim


# %%
def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    answer = {}
    modes = [(m, m.training) for m in model.modules()]
    x = torch.full((1, 1, 28, 28), 0.5, device=next(model.parameters()).device)
    x += 0.01 * torch.randn_like(x)
    x.requires_grad_()
    adam = optim.Adam([x], lr=0.1 * lr, maximize=True)
    handle = layer.register_forward_hook(lambda m, i, o: answer.update(out=o))
    try:
        model.eval()
        for step in range(steps):
            model(x)
            score = answer["out"][0, unit]
            if score.dim() > 0:
                score = score.mean()
            x.grad = torch.autograd.grad(score, x)[0]
            adam.step()
            with torch.no_grad():
                x.clamp_(0, 1)
    finally:
        handle.remove()
        for m, mode in modes:
            m.training = mode
    return x.detach().squeeze(0).cpu()
