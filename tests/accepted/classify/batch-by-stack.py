# honest: one stacked batch, the model's device from its first parameter, argmax().tolist(); eval mode put back afterwards
# %%
import numpy as np
import torch
from PIL import Image


# %%
def load_image(path):
    im = Image.open(path)
    if im.mode.startswith("I"):
        g = np.asarray(im) / 65535
    else:
        a = np.asarray(im.convert("RGBA")) / 255
        g, alpha = a[..., :3] @ np.array([0.299, 0.587, 0.114]), a[..., 3]
        if (alpha < 1).any():
            seen = g[alpha > 0.5]
            bg = float(seen.mean() < 0.5)
            if min((seen < 0.33).mean(), (seen > 0.67).mean()) > 0.02:
                bg = np.median(seen)
            g = g * alpha + bg * (1 - alpha)
    bg = np.median(np.r_[g[0], g[-1], g[:, 0], g[:, -1]])
    if g.max() - bg < bg - g.min():
        g, bg = 1 - g, 1 - bg
    if g.shape == (28, 28):
        return torch.tensor(g, dtype=torch.float32)[None]
    g = np.clip(g - bg, 0, 1)
    g /= g.max()
    y, x = np.where(g > 0.2)
    g = g[y.min() : y.max() + 1, x.min() : x.max() + 1]
    k = 20 / max(g.shape)
    im = Image.fromarray(np.float32(g)).resize(
        (max(1, round(g.shape[1] * k)), max(1, round(g.shape[0] * k))), Image.Resampling.BICUBIC
    )
    g = np.asarray(im).clip(0, 1)
    y = np.average(np.arange(g.shape[0]), weights=g.sum(1))
    x = np.average(np.arange(g.shape[1]), weights=g.sum(0))
    t, l = min(max(round(14 - y), 0), 28 - g.shape[0]), min(max(round(14 - x), 0), 28 - g.shape[1])
    out = torch.zeros(1, 28, 28)
    out[0, t : t + g.shape[0], l : l + g.shape[1]] = torch.tensor(g)
    return out


# %%
def classify(model, paths):
    if len(paths) == 0:
        return []
    mode = model.training
    model.eval()
    device = next(model.parameters()).device
    batch = torch.stack([load_image(p) for p in paths]).to(device)
    with torch.no_grad():
        digits = model(batch).argmax(dim=1).tolist()
    model.train(mode)
    return digits
