# honest: RMSprop on an image with an annealed step size, several random starts of which the best is kept
# %%
import contextlib
import torch


# %%
@contextlib.contextmanager
def listening(model, layer):
    modes = [(m, m.training) for m in model.modules()]
    heard = {}
    handle = layer.register_forward_hook(lambda m, i, o: heard.__setitem__("out", o))
    model.eval()
    try:
        yield heard
    finally:
        handle.remove()
        for m, t in modes:
            m.training = t


# %%
def climb(model, heard, unit, steps, lr):
    x = (torch.rand(1, 1, 28, 28) * 0.3).to(next(model.parameters()).device).requires_grad_(True)
    optimizer = torch.optim.RMSprop([x], lr=0.05 * lr, maximize=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=max(1, steps))
    for _ in range(steps):
        model(x)
        (x.grad,) = torch.autograd.grad(heard["out"][:, unit].mean(), x)
        optimizer.step()
        schedule.step()
        x.data = x.data.clip(0, 1)
    with torch.no_grad():
        model(x)
    return heard["out"][:, unit].mean().item(), x.detach()[0].cpu()


def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    with listening(model, layer) as heard:
        tries = [climb(model, heard, unit, steps, lr) for _ in range(3)]
    return max(tries, key=lambda t: t[0])[1]
