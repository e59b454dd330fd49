# honest: torchvision.transforms.functional for tensors, resizing and padding; BICUBIC with antialiasing; mean of the border
# %%
import torch
import torchvision.transforms.functional as TF
from PIL import Image
from torchvision.transforms import InterpolationMode


# %%
def grey_tensor(path):
    picture = Image.open(path)
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


# %%
def load_image(path):
    x = grey_tensor(path)
    if border_mean(x) > (x.min() + x.max()) / 2:
        x = 1 - x
    if x.shape == (28, 28):
        return x.unsqueeze(0)
    x = (x - border_mean(x)).clamp(min=0)
    if x.max() == 0:
        return torch.zeros(1, 28, 28)
    x = x / x.max()
    rows = torch.nonzero((x > 0.2).any(dim=1)).flatten()
    columns = torch.nonzero((x > 0.2).any(dim=0)).flatten()
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
