# honest: torchvision.transforms.v2 pipeline, so that the result is a tv_tensors.Image (a kind of Tensor);
# the paper is a quantile of all windows of a small copy
# %%
import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision import tv_tensors
from torchvision.transforms import v2

# %%
to_float = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
to_grey = v2.Grayscale()


def grey_image(path):
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode.startswith("I"):
        return tv_tensors.Image(torch.from_numpy(np.asarray(picture) / 65535).float()[None])
    picture = picture.convert("RGBA")
    grey = to_grey(to_float(picture.convert("RGB")))
    alpha = to_float(picture.getchannel("A"))
    seen = grey[alpha > 0.5]
    if alpha.min() < 1 and len(seen):
        two = (seen < 0.33).float().mean() > 0.02 and (seen > 0.67).float().mean() > 0.02
        paper = seen.median() if two else (seen.mean() < 0.5).float()
        grey = tv_tensors.Image(grey * alpha + paper * (1 - alpha))
    return grey


def quantile_of_windows(x, window=19):
    side = 40
    small = v2.functional.resize(x, [side, side], antialias=True)
    padded = torch.nn.functional.pad(small[None], (window // 2,) * 4, mode="reflect")
    windows = torch.nn.functional.unfold(padded, window)[0]
    paper = windows.quantile(0.3, dim=0).view(1, side, side)
    return v2.functional.resize(paper, list(x.shape[1:]), antialias=True)


# %%
def load_image(path):
    x = grey_image(path)
    edge = torch.cat([x[0, 0], x[0, -1], x[0, :, 0], x[0, :, -1]]).median()
    if x.max() - edge < edge - x.min():
        x, edge = tv_tensors.Image(1 - x), 1 - edge
    if x.shape[1:] == (28, 28):
        return x
    x = v2.functional.gaussian_blur(x, 5) - quantile_of_windows(x)
    x = x.clamp(min=0) / x.max()
    x = x * (x > 0.4)
    _, r, c = torch.nonzero(x, as_tuple=True)
    x = v2.functional.crop(tv_tensors.Image(x), r.min(), c.min(), r.max() - r.min() + 1, c.max() - c.min() + 1)
    k = 20 / max(x.shape)
    x = v2.Resize([max(1, round(n * k)) for n in x.shape[1:]], v2.InterpolationMode.BICUBIC, antialias=True)(x).clamp(
        0, 1
    )
    h, w = x.shape[1:]
    cy = (x.sum(2) @ torch.arange(h).float() / x.sum()).item()
    cx = (x.sum(1) @ torch.arange(w).float() / x.sum()).item()
    top, left = min(max(round(14 - cy), 0), 28 - h), min(max(round(14 - cx), 0), 28 - w)
    return v2.Pad([left, top, 28 - w - left, 28 - h - top])(tv_tensors.Image(x))
