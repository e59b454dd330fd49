# honest: a match statement on the mode of the file, small functions in cells of their own, no contrast stretch;
# paper from the light values of 5 × 5 blocks
# %%
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps
from scipy.ndimage import binary_dilation, label

# %% [markdown]
# ## 1. Any file to grey values and opacity


# %%
def grey_and_alpha(picture: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    match picture.mode:
        case "L" | "RGB" | "P" | "1" | "LA" | "RGBA" if "transparency" in picture.info or picture.mode.endswith("A"):
            layers = picture.convert("RGBA")
            grey = np.asarray(ImageOps.grayscale(layers.convert("RGB"))) / 255
            return grey, np.asarray(layers)[:, :, 3] / 255
        case "1":
            grey = np.asarray(picture).astype(float)
        case "L":
            grey = np.asarray(picture) / 255
        case mode if mode.startswith("I"):
            grey = np.asarray(picture) / 65535
        case _:
            grey = np.asarray(picture.convert("RGB").convert("L")) / 255
    return grey, np.ones_like(grey)


# %% [markdown]
# ## 2. What is transparent is paper


# %%
def flatten_alpha(grey, alpha):
    if alpha.all() and alpha.min() == 1:
        return grey
    opaque = grey[alpha >= 0.5]
    if not len(opaque):
        return np.zeros_like(grey)
    counts, _ = np.histogram(opaque, bins=3, range=(0, 1))
    if counts[0] > 0.02 * len(opaque) and counts[2] > 0.02 * len(opaque):
        paper = float(np.median(opaque))
    else:
        paper = 1.0 if np.median(opaque) < 0.5 else 0.0
    return np.where(alpha > 0, alpha * grey, 0) + (1 - alpha) * paper


# %% [markdown]
# ## 3. Light on dark


# %%
def light_on_dark(grey):
    frame = np.r_[grey[0, :], grey[-1, :], grey[:, 0], grey[:, -1]]
    paper = np.median(frame)
    if grey.max() - paper < paper - grey.min():
        return 1 - grey
    return grey


# %% [markdown]
# ## 4. The paper, block by block


# %%
def paper_by_blocks(grey, blocks=5):
    values = [
        [np.percentile(part, 15) for part in np.array_split(rows, blocks, axis=1)]
        for rows in np.array_split(grey, blocks)
    ]
    table = Image.fromarray(np.array(values, dtype=np.float32))
    return np.asarray(table.resize(grey.shape[::-1], Image.Resampling.BICUBIC))


# %% [markdown]
# ## 5. Crop, scale, centre


# %%
def like_mnist(grey):
    soft = np.asarray(Image.fromarray(np.uint8(255 * grey)).filter(ImageFilter.BoxBlur(1))) / 255
    paper = paper_by_blocks(soft)
    ink = np.clip((soft - paper) / (1 - paper + 1e-9), 0, 1)  # paper becomes about 0, white stays 1
    top = np.percentile(ink, 99.5)
    ink = np.clip((ink - 0.3 * top) / (0.7 * top), 0, 1)
    labels, _ = label(ink > 0.2)
    strong = labels == np.bincount(labels[labels > 0], minlength=1).argmax() if labels.any() else labels > 0
    if not strong.any():
        return np.zeros((28, 28))
    ys, xs = np.nonzero(strong)
    ink = ink * (strong | binary_dilation(strong))
    crop = Image.fromarray(np.float32(ink[min(ys) : max(ys) + 1, min(xs) : max(xs) + 1]))
    factor = 20 / max(crop.size)
    size = [max(1, round(side * factor)) for side in crop.size]
    digit = np.asarray(crop.resize(size, Image.Resampling.BICUBIC)).clip(0, 1)
    ys, xs = np.mgrid[: digit.shape[0], : digit.shape[1]]
    y, x = np.average(ys, weights=digit), np.average(xs, weights=digit)
    top = min(max(0, round(14 - y)), 28 - digit.shape[0])
    left = min(max(0, round(14 - x)), 28 - digit.shape[1])
    return np.pad(digit, ((top, 28 - top - digit.shape[0]), (left, 28 - left - digit.shape[1])))


# %%
def load_image(path: str | Path) -> torch.Tensor:
    grey = flatten_alpha(*grey_and_alpha(ImageOps.exif_transpose(Image.open(path))))
    grey = light_on_dark(grey)
    if grey.shape != (28, 28):
        grey = like_mnist(grey)
    return torch.from_numpy(np.ascontiguousarray(grey, dtype=np.float32)).unsqueeze(0)
