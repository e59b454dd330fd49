# honest: no clamping: the image is the sigmoid of free values, so that it always lies in [0, 1]
# %%
import torch


# %%
def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    device = next(model.parameters()).device
    free = (torch.randn(1, 1, 28, 28, device=device) * 0.1 - 1).requires_grad_(True)
    optimizer = torch.optim.Adam([free], lr=lr)
    state = {m: m.training for m in model.modules()}
    found = None

    def hook(module, inputs, output):
        nonlocal found
        found = output

    handle = layer.register_forward_hook(hook)
    try:
        model.eval()
        for _ in range(steps):
            model(torch.sigmoid(free))
            free.grad = -torch.autograd.grad(found[0, unit].mean(), free)[0]
            optimizer.step()
    finally:
        handle.remove()
        for m, training in state.items():
            m.training = training
    return torch.sigmoid(free).detach().cpu()[0]
