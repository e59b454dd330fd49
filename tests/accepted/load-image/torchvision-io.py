# honest: torchvision.io.read_image, with Pillow only for what it can't read (palettes, 16 bits); area interpolation;
# an adaptive threshold: ink is what is clearly darker than the mean of its surroundings
# %%
from pathlib import Path

import numpy as np
import torch
from torch import nn
from PIL import Image
from torchvision.io import ImageReadMode, read_image


# %%
def read(path) -> torch.Tensor:
    with Image.open(path) as header:
        mode = header.mode
        if mode.startswith("I"):
            grey = torch.from_numpy(np.array(header, dtype=np.float32)) / 65535
            return torch.stack([grey, torch.ones_like(grey)])
        if mode in ("P", "PA", "1") or "transparency" in header.info:
            rgba = torch.from_numpy(np.array(header.convert("RGBA"))).permute(2, 0, 1)
        else:
            jpeg = header.format == "JPEG"
            kind = ImageReadMode.RGB if jpeg else ImageReadMode.RGB_ALPHA
            rgba = read_image(str(path), kind, apply_exif_orientation=jpeg)
            if jpeg:
                rgba = torch.cat([rgba, torch.full_like(rgba[:1], 255)])
    rgba = rgba.float() / 255
    weights = torch.tensor([0.299, 0.587, 0.114])
    return torch.stack([torch.einsum("c,chw->hw", weights, rgba[:3]), rgba[3]])


def on_paper(grey, alpha):
    seen = grey[alpha > 0.5]
    if len(seen) in (0, grey.numel()):
        return grey
    both = min((seen < 0.35).float().mean(), (seen > 0.65).float().mean()) > 0.02
    paper = seen.median() if both else (seen.mean() < 0.5).float()
    return alpha * grey + (1 - alpha) * paper


def local_mean(grey, k):
    """The mean over k × k pixels, of those that exist."""
    k = k // 2 * 2 + 1
    for window, pad in (((k, 1), (k // 2, 0)), ((1, k), (0, k // 2))):
        grey = nn.functional.avg_pool2d(grey[None], window, stride=1, padding=pad, count_include_pad=False)[0]
    return grey


def above_surroundings(grey):
    grey = local_mean(grey, 3)
    around = local_mean(grey, max(grey.shape) // 2)
    ink = torch.relu(grey - around) / (1 - around).clamp(min=0.05)
    ink = torch.where(ink > 0.45 * ink.amax(), ink, torch.zeros(()))
    return ink * largest_blob(ink > 0)


def largest_blob(mask):
    """Every pixel gets a number, and the highest number around it again and again, until blobs have one each."""
    mask = mask.float()
    names, before = torch.arange(1.0, mask.numel() + 1).view_as(mask) * mask, None
    while before is None or not torch.equal(names, before):
        before = names
        for _ in range(9):
            names = nn.functional.max_pool2d(names[None], 3, stride=1, padding=1)[0] * mask
    if not mask.any():
        return mask
    found, sizes = names[names > 0].unique(return_counts=True)
    return (names == found[sizes.argmax()]).float()


# %%
def load_image(path: str | Path) -> torch.Tensor:
    grey = on_paper(*read(path))
    edge = torch.cat([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if (grey.max() - edge.median()) < (edge.median() - grey.min()):
        grey, edge = 1 - grey, 1 - edge
    if grey.shape == (28, 28):
        return grey[None].contiguous()
    ink = above_surroundings(grey)
    if not ink.any():
        return torch.zeros(1, 28, 28)
    ink = ink / ink.amax()
    y, x = torch.where(ink > 0)
    ink = ink[y.min() : y.max() + 1, x.min() : x.max() + 1]
    factor = 20 / max(ink.shape)
    size = [max(1, round(side * factor)) for side in ink.shape]
    how = dict(mode="area") if factor <= 1 else dict(mode="bilinear", align_corners=False)
    ink = nn.functional.interpolate(ink[None, None], size=size, **how)[0, 0]
    mass = ink / ink.sum()
    cy = (mass.sum(1) * torch.arange(size[0])).sum().item()
    cx = (mass.sum(0) * torch.arange(size[1])).sum().item()
    top, left = (max(0, min(28 - s, round(14 - c))) for s, c in zip(size, (cy, cx)))
    out = torch.zeros(1, 28, 28)
    out[0, top : top + size[0], left : left + size[1]] = ink.clamp(0, 1)
    return out
