# honest: signs of the gradient instead of its direction, and the best image of all steps is returned
# %%
from copy import deepcopy
import torch


# %%
def maximise_activation(model, layer, unit, steps=30, lr=1.0):
    # works on a copy, so the model that was given is never touched
    names = {m: n for n, m in model.named_modules()}
    twin = deepcopy(model).eval()
    for p in twin.parameters():
        p.requires_grad_(False)
    target = twin.get_submodule(names[layer])
    caught = []
    target.register_forward_hook(lambda m, i, o: caught.append(o[0, unit].mean()))

    x = torch.rand(1, 1, 28, 28, device=next(model.parameters()).device) * 0.5
    best, best_score = x.clone(), -float("inf")
    for step in range(steps + 1):
        x.requires_grad_(True)
        twin(x)
        score = caught.pop()
        if score.item() > best_score:
            best, best_score = x.detach().clone(), score.item()
        (grad,) = torch.autograd.grad(score, [x])
        x = (x.detach() + lr * grad.sign() / 28).clamp(0.0, 1.0)
    return best[0].cpu()
