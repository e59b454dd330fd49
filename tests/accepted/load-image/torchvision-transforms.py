# honest: torchvision.transforms.functional for tensors, resizing and padding; BICUBIC with antialiasing; mean of the border;
# subtracts a wide Gaussian blur, then Otsu
# %%
import torch
import torchvision.transforms.functional as TF
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode


# %%
def grey_tensor(path):
    picture = ImageOps.exif_transpose(Image.open(path))
    if "16" in picture.mode or picture.mode == "I":
        return TF.pil_to_tensor(picture)[0].to(torch.float32) / 65535
    rgba = TF.to_tensor(picture.convert("RGBA"))
    grey = TF.rgb_to_grayscale(rgba[:3])[0]
    alpha = rgba[3]
    if (alpha < 1).any() and (alpha > 0).any():
        seen = grey[alpha > 0.5]
        paper = 1 - seen.mean().round()
        if ((seen < 0.33).float().mean() > 0.02) & ((seen > 0.67).float().mean() > 0.02):
            paper = seen.median()
        grey = torch.lerp(paper, grey, alpha)
    return grey


def border_mean(x):
    ring = torch.ones_like(x, dtype=torch.bool)
    ring[1:-1, 1:-1] = False
    return x[ring].mean()


def surroundings(x):
    h, w = x.shape
    small = TF.resize(x[None], [max(1, h * 48 // max(h, w)), max(1, w * 48 // max(h, w))], antialias=True)
    blurred = TF.gaussian_blur(TF.pad(small, 15, padding_mode="edge"), 31, sigma=9)[:, 15:-15, 15:-15]
    return TF.resize(blurred, [h, w], antialias=True)[0]


def otsu(x):
    """The level that leaves the least variance within what is above it and below it."""
    levels = torch.linspace(0.1, 0.9, 41)
    parts = [(x[x <= level], x[x > level]) for level in levels]
    within = [sum(len(part) * part.var(correction=0) for part in pair if len(part)) for pair in parts]
    return levels[int(torch.stack(within).argmin())]


# %%
def load_image(path):
    x = grey_tensor(path)
    if border_mean(x) > (x.min() + x.max()) / 2:
        x = 1 - x
    if x.shape == (28, 28):
        return x.unsqueeze(0)
    x = (TF.gaussian_blur(x[None], 5)[0] - surroundings(x)).clamp(min=0)
    if x.max() == 0:
        return torch.zeros(1, 28, 28)
    x = x / x.max()
    level = otsu(x)
    x = torch.where(x < 0.6 * level, torch.zeros_like(x), x)
    rows = torch.nonzero((x > level).any(dim=1)).flatten()
    columns = torch.nonzero((x > level).any(dim=0)).flatten()
    x = TF.crop(x[None], rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    h, w = x.shape[1:]
    size = [max(1, round(h * 20 / max(h, w))), max(1, round(w * 20 / max(h, w)))]
    x = TF.resize(x, size, interpolation=InterpolationMode.BICUBIC, antialias=True).clamp(0, 1)
    h, w = size
    centre_row = (x[0].sum(1) * torch.arange(h)).sum() / x.sum()
    centre_column = (x[0].sum(0) * torch.arange(w)).sum() / x.sum()
    top = min(max(int(torch.round(14 - centre_row)), 0), 28 - h)
    left = min(max(int(torch.round(14 - centre_column)), 0), 28 - w)
    return TF.pad(x, [left, top, 28 - w - left, 28 - h - top])
