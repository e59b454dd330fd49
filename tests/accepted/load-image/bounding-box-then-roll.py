# honest: pastes the digit's bounding box into the middle first, then rolls the field until the centre of mass is there;
# divides by a blurred copy, and takes Otsu's threshold
# %%
import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps

PAPER_IF_DARK_INK = 1.0


# %%
def to_array(path):
    im = ImageOps.exif_transpose(Image.open(path))
    if im.mode in ("I;16", "I;16B", "I;16L", "I"):
        return np.array(im).astype("float32") / 65535.0
    im = im.convert("RGBA")
    rgb, a = np.array(im)[..., :3].astype("float32"), np.array(im)[..., 3].astype("float32") / 255.0
    g = rgb.mean(axis=2) / 255.0
    if a.min() < 1:
        vis = g[a > 0.5]
        if vis.size == 0:
            return np.zeros(g.shape, "float32")
        bg = PAPER_IF_DARK_INK if vis.mean() < 0.5 else 0.0
        if (vis < 0.33).mean() > 0.02 and (vis > 0.66).mean() > 0.02:
            bg = np.median(vis)
        g = g * a + bg * (1 - a)
    return g


# %%
def swallowed(g):
    """Dark on light -> how much of the light around it each pixel swallows."""
    im = Image.fromarray(np.float32(255 * g)).convert("L")
    light = np.array(im.filter(ImageFilter.GaussianBlur(max(g.shape) / 5)), "float32") / 255
    im = np.array(im.filter(ImageFilter.GaussianBlur(1)), "float32") / 255
    return np.clip(1 - im / np.maximum(light, 0.02), 0, 1)


def largest(ink, level):
    """What is near the largest patch above the level, found by filling it step by step."""
    rest, best = ink > level, np.zeros(ink.shape, bool)
    while rest.sum() > best.sum():
        patch, size = np.zeros(ink.shape, bool), 0
        patch[tuple(np.argwhere(rest)[0])] = True
        while patch.sum() > size:
            size = patch.sum()
            patch = spread(spread(patch)) & (ink > level)
        rest &= ~patch
        if size > best.sum():
            best = patch
    return np.where(spread(spread(spread(best))), ink, 0)


def spread(mask):
    wide = np.pad(mask, 1)
    return np.any([wide[i : i + mask.shape[0], j : j + mask.shape[1]] for i in range(3) for j in range(3)], axis=0)


def otsu(x):
    counts, edges = np.histogram(x, 64, (0, 1))
    mids = (edges[1:] + edges[:-1]) / 2
    best, level = -1.0, 0.5
    for k in range(1, 64):
        a, b = counts[:k].sum(), counts[k:].sum()
        if a and b:
            gap = (counts[:k] @ mids[:k]) / a - (counts[k:] @ mids[k:]) / b
            if a * b * gap**2 > best:
                best, level = a * b * gap**2, edges[k]
    return level


def load_image(path):
    g = to_array(path)
    edges = [g[0], g[-1], g[:, 0], g[:, -1]]
    bg = float(np.median(np.hstack(edges)))
    lo, hi = float(g.min()), float(g.max())
    invert = hi - bg < bg - lo
    if g.shape == (28, 28):
        return torch.FloatTensor(1 - g if invert else g)[None]
    ink = swallowed(g if invert else 1 - g)
    if ink.max() <= 0:
        return torch.zeros(1, 28, 28)
    ink = ink / ink.max()
    level = otsu(ink)
    ink = largest(ink, level)
    where = np.argwhere(ink > level)
    (y0, x0), (y1, x1) = where.min(0), where.max(0) + 1
    im = Image.fromarray((255 * ink[y0:y1, x0:x1]).round().astype("uint8"))
    w, h = im.size
    if w >= h:
        im = im.resize((20, max(1, round(20 * h / w))), Image.Resampling.LANCZOS)
    else:
        im = im.resize((max(1, round(20 * w / h)), 20), Image.Resampling.LANCZOS)
    field = Image.new("L", (28, 28))
    field.paste(im, ((28 - im.width) // 2, (28 - im.height) // 2))
    x = torch.from_numpy(np.array(field)).float().div(255)
    i = torch.arange(28.0)
    dy = round(14 - ((x.sum(1) @ i) / x.sum()).item())
    dx = round(14 - ((x.sum(0) @ i) / x.sum()).item())
    return torch.roll(x, (dy, dx), (0, 1))[None]
