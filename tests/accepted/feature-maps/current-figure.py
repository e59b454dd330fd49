# honest: plot_feature_maps leaves its figure current and returns nothing; SimpleNamespace in the hook as a lambda
# %%
from types import SimpleNamespace
import matplotlib.pyplot as plt
import torch


# %%
def feature_maps(model, layer, image):
    box = SimpleNamespace()
    training = {m: m.training for m in model.modules()}
    handle = layer.register_forward_hook(lambda m, i, o: setattr(box, "out", o.detach().cpu().clone()))
    try:
        model.eval()
        with torch.no_grad():
            model(image.to(next(model.parameters()).device).expand(1, -1, -1, -1))
    finally:
        handle.remove()
        for m in training:
            m.training = training[m]
    return box.out.view(box.out.shape[1:])


# %%
def plot_feature_maps(maps):
    plt.figure(figsize=(10, 4))
    for i, m in enumerate(maps, 1):
        plt.subplot((len(maps) + 9) // 10, 10, i)
        plt.imshow(m, cmap="hot")
        plt.axis("off")
    plt.tight_layout()
