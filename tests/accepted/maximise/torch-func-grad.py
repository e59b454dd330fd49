# honest: torch.func.grad of a function that runs the model and picks the unit from what a hook left in a deque
# %%
from collections import deque
import torch
from torch.func import grad


# %%
def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    left = deque(maxlen=1)
    modes = [(m, m.training) for m in model.modules()]

    def score(x):
        model(x)
        return left.pop()[0, unit].mean()

    uphill = grad(score)
    x = torch.rand(1, 1, 28, 28).mul(0.2).to(next(model.parameters()).device)
    with layer.register_forward_hook(lambda module, inputs, output: left.append(output)):
        model.eval()
        try:
            for _ in range(steps):
                g = uphill(x)
                x = torch.clamp(x + lr * g / (g.norm() + 1e-8), 0, 1).detach()
        finally:
            for m, mode in modes:
                m.training = mode
    return x.cpu()[0]
