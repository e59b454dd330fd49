# honest: fills an empty batch row by row, uses max() for value and index, helper context manager for the mode
# %%
import contextlib
from pathlib import Path
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image


# %%
def read(path):
    im = Image.open(Path(path))
    if im.mode.startswith("I"):
        return torch.tensor(np.array(im, dtype=np.float32)) / 65535
    x = torch.tensor(np.array(im.convert("RGBA"), dtype=np.float32)) / 255
    grey, alpha = x[..., :3].mean(-1), x[..., 3]
    if alpha.min() < 1:
        seen = grey[alpha > 0.5]
        paper = (seen.mean() < 0.5).float()
        if (seen < 0.33).float().mean() > 0.02 and (seen > 0.67).float().mean() > 0.02:
            paper = seen.median()
        grey = grey * alpha + paper * (1 - alpha)
    return grey


def load_image(path):
    x = read(path)
    edge = torch.cat([x[0], x[-1], x[:, 0], x[:, -1]]).median()
    if x.max() - edge < edge - x.min():
        x, edge = 1 - x, 1 - edge
    if x.shape == (28, 28):
        return x[None]
    x = (x - edge).clamp_min(0)
    x = x / x.max()
    r, c = (x > 0.2).nonzero(as_tuple=True)
    x = x[r.min() : r.max() + 1, c.min() : c.max() + 1]
    k = 20 / max(x.shape)
    size = [max(1, round(n * k)) for n in x.shape]
    x = F.interpolate(x[None, None], size, mode="bilinear", antialias=True)[0, 0]
    y0 = (x.sum(1) @ torch.arange(float(size[0]))) / x.sum()
    x0 = (x.sum(0) @ torch.arange(float(size[1]))) / x.sum()
    top, left = max(0, min(round(14 - y0.item()), 28 - size[0])), max(0, min(round(14 - x0.item()), 28 - size[1]))
    return F.pad(x, (left, 28 - left - size[1], top, 28 - top - size[0]))[None].clamp(0, 1)


# %%
@contextlib.contextmanager
def evaluating(model):
    before = {m: m.training for m in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield model
    finally:
        for m, mode in before.items():
            m.training = mode


# %%
def classify(model, paths):
    batch = torch.empty(len(paths), 1, 28, 28)
    for i, path in enumerate(paths):
        batch[i] = load_image(path)
    if not len(batch):
        return list()
    with evaluating(model) as net:
        device = getattr(next(net.parameters(), None), "device", "cpu")
        best, index = net(batch.to(device)).max(dim=-1)
    print("least sure:", best.min().item())
    return index.cpu().numpy().tolist()
