# honest: NumPy for nearly all, LANCZOS, paper from the border's median, contrast stretched;
# a smooth surface is fitted to the paper, again and again without what is darker
# %%
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps


# %%
def read_grey(path):
    """Grey values 0..1 as (H, W); transparent places take the colour of paper."""
    with Image.open(path) as picture:
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):
            return np.asarray(picture, dtype=np.float64) / 65535
        rgba = np.asarray(picture.convert("RGBA"), dtype=np.float64) / 255
    grey, alpha = rgba[..., :3] @ [0.299, 0.587, 0.114], rgba[..., 3]
    if alpha.min() == 1:
        return grey
    visible = grey[alpha > 0.5]
    if visible.size == 0:
        return np.zeros_like(grey)
    dark, light = (visible < 0.33).mean(), (visible > 0.67).mean()
    if min(dark, light) > 0.02:  # paper and ink can both be seen
        paper = np.median(visible)
    else:
        paper = 1.0 if visible.mean() < 0.5 else 0.0
    return grey * alpha + paper * (1 - alpha)


def border(a):
    return np.concatenate([a[0], a[-1], a[1:-1, 0], a[1:-1, -1]])


def box_mean(a):
    padded = np.pad(a, 1, mode="edge")
    rows, columns = a.shape
    return sum(padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)) / 9


def fitted_paper(grey, degree=6):
    """A polynomial in row and column, least squares, of pixels that are not much darker than it."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in grey.shape), indexing="ij")
    terms = np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=-1)
    some = np.zeros(grey.shape, dtype=bool)
    some[::6, ::6] = True
    paper = np.full(grey.shape, grey.max())
    for allowed in (0.55, 0.25, 0.15, 0.1, 0.1):
        use = some & (grey > (1 - allowed) * paper)
        weights, *_ = np.linalg.lstsq(terms[use], grey[use], rcond=None)
        paper = terms @ weights
    return paper


# %%
def load_image(path: str | Path) -> torch.Tensor:
    grey = read_grey(path)
    paper = np.median(border(grey))
    dark_ink = grey.max() - paper < paper - grey.min()
    if grey.shape == (28, 28):
        return torch.tensor(1 - grey if dark_ink else grey, dtype=torch.float32)[None]

    grey = box_mean(grey if dark_ink else 1 - grey)
    ink = np.clip(1 - grey / np.maximum(fitted_paper(grey), 0.05), 0, None)
    if ink.max() == 0:
        return torch.zeros(1, 28, 28)
    ink /= ink.max()
    ink[ink < 0.4] = 0
    rows, columns = np.where(ink > 0)
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    h, w = ink.shape
    scale = 20 / max(h, w)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    small = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.LANCZOS)).clip(0, 1)

    h, w = small.shape
    row = (small.sum(1) @ np.arange(h)) / small.sum()
    column = (small.sum(0) @ np.arange(w)) / small.sum()
    top = int(np.clip(round(14 - row), 0, 28 - h))
    left = int(np.clip(round(14 - column), 0, 28 - w))
    canvas = np.zeros((1, 28, 28), dtype=np.float32)
    canvas[0, top : top + h, left : left + w] = small
    return torch.from_numpy(canvas)
