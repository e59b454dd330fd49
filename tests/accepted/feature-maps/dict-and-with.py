# honest: the hook writes into a dictionary, the handle is a context manager, image[None]; leaves the model in eval mode
# %%
import matplotlib.pyplot as plt
import numpy as np
import torch

# %%
activations = {}


def save_to(name):
    def hook(module, args, output):
        activations[name] = output.detach().clone()

    return hook


# %%
def feature_maps(model, layer, image):
    activations.clear()
    model.eval()
    device = next(model.parameters()).device
    with layer.register_forward_hook(save_to("layer")), torch.no_grad():
        model(image[None].to(device))
    return activations["layer"].cpu().squeeze(0)


def plot_feature_maps(maps):
    maps = maps.detach().cpu().numpy()
    n = int(np.ceil(np.sqrt(len(maps))))
    fig = plt.figure(figsize=(6, 6))
    for i, m in enumerate(maps):
        plt.subplot(n, n, i + 1)
        plt.imshow(m)
        plt.axis("off")
    plt.close(fig)
    return fig
