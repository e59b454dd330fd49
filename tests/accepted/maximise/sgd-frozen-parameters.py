# honest: backward() and SGD on the negated score, with the parameters frozen meanwhile, so that they get no .grad
# %%
import torch
import torch.nn.functional as F


# %%
class Freeze:
    """Freezes a model and puts everything back."""

    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.flags = [(p, p.requires_grad) for p in self.model.parameters()]
        self.modes = [(m, m.training) for m in self.model.modules()]
        self.model.eval().requires_grad_(False)

    def __exit__(self, *_):
        for p, flag in self.flags:
            p.requires_grad_(flag)
        for m, mode in self.modes:
            m.training = mode


# %%
def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    got = []
    where = next(model.parameters()).device
    picture = torch.nn.Parameter(torch.rand(1, 1, 28, 28, device=where) * 0.2)
    optimiser = torch.optim.SGD([picture], lr=lr)
    with Freeze(model), layer.register_forward_hook(lambda m, args, out: got.append(out)):
        for _ in range(steps):
            got.clear()
            optimiser.zero_grad()
            model(picture)
            loss = -got[-1][0][unit].mean()
            loss.backward()
            picture.grad = F.normalize(picture.grad.flatten(), dim=0).view_as(picture)
            optimiser.step()
            picture.data.clamp_(min=0, max=1)
    return picture.detach()[0].cpu()
