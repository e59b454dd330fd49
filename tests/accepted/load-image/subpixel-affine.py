# honest: one affine grid_sample does the scaling and the centring at once, after blurring by average pooling;
# max-pooling finds the paper: a closing
# %%
import math
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps


# %%
def luminance(path):
    with ImageOps.exif_transpose(Image.open(path)) as file:
        if file.mode.startswith("I"):
            return torch.tensor(np.asarray(file).astype(np.float32) / 65535)
        pixels = torch.tensor(np.asarray(file.convert("RGBA")).astype(np.float32) / 255)
    *rgb, a = pixels.unbind(-1)
    y = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    if bool((a < 1).any()) and bool((a > 0.5).any()):
        seen = y[a > 0.5]
        paper = (seen.mean() < 0.5).float()
        if seen.quantile(0.98) - seen.quantile(0.02) > 0.4:
            paper = seen.median()
        y = paper + (y - paper) * a
    return y


def wide_max(x, k):
    x = F.max_pool2d(x[None], (k, 1), stride=1, padding=(k // 2, 0))
    return F.max_pool2d(x, (1, k), stride=1, padding=(0, k // 2))[0]


def without_what_touches_the_border(ink):
    """Paper lies all around the digit: what can be reached from the border through ink is no digit."""
    edge = torch.zeros_like(ink)
    edge[[0, -1]] = edge[:, [0, -1]] = 1
    mask, reached = (ink > 0).float(), 0
    while edge.sum() > reached:
        reached = edge.sum()
        edge = wide_max(edge, 3) * mask
    return ink * (1 - edge)


def closed(light):
    """Each pixel gets the lightest value around it; then the light's edges move back to where they were."""
    k = max(light.shape) // 3 // 2 * 2 + 1
    mirrored = F.pad(light[None], (k - 1,) * 4, mode="reflect")[0]
    found = -wide_max(-wide_max(mirrored, k), k)
    return found[k - 1 : 1 - k, k - 1 : 1 - k]


# %%
@torch.no_grad()
def load_image(path):
    y = luminance(path)
    ring = torch.cat((y[0], y[-1], y[1:-1, 0], y[1:-1, -1]))
    paper = ring.median()
    if y.max() - paper < paper - y.min():
        y, paper = 1 - y, 1 - paper
    if tuple(y.shape) == (28, 28):
        return y.view(1, 28, 28)
    light = 1 - F.avg_pool2d(F.pad(y[None], (2, 2, 2, 2), mode="replicate"), 5, stride=1)[0]
    ink = (1 - light / closed(light).clamp(min=0.02)).clamp(min=0)
    ink = ink / ink.max().clamp(min=1e-6)
    ink = torch.where(ink < 0.5, torch.zeros(()), ink)
    ink = without_what_touches_the_border(ink)
    rows, columns = torch.nonzero(ink > 0, as_tuple=True)
    if len(rows) == 0:
        return torch.zeros(1, 28, 28)
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    # 4 samples a pixel in each direction, averaged afterwards
    h, w = ink.shape
    pixel = max(h, w) / 20
    mass_y = (ink.sum(1) @ torch.arange(h).float()) / ink.sum()
    mass_x = (ink.sum(0) @ torch.arange(w).float()) / ink.sum()
    fine = max(4, math.ceil(pixel))
    steps = (torch.arange(28 * fine) + 0.5) / fine - 0.5 - 14
    at_y, at_x = mass_y + steps * pixel, mass_x + steps * pixel
    grid = torch.stack(torch.meshgrid(2 * (at_x + 0.5) / w - 1, 2 * (at_y + 0.5) / h - 1, indexing="xy"), dim=-1)
    sampled = F.grid_sample(ink[None, None], grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)
    return F.avg_pool2d(sampled, fine)[0].clamp(0, 1)
