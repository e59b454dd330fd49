# honest: plt.imread reads the file, scipy.ndimage finds the digit and moves it by fractions of a pixel; BOX filter;
# morphological closing for the paper
# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image, ImageOps
from scipy import ndimage


# %%
def grey_of(path):
    if str(path).lower().endswith((".jpg", ".jpeg")):
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    else:
        pixels = plt.imread(str(path))
    if pixels.dtype == np.uint8:
        pixels = pixels / 255
    if pixels.ndim == 2:
        return pixels.astype(float)
    if pixels.shape[2] < 3:
        pixels = pixels[..., [0, 0, 0, 1]]
    grey = pixels[..., 0] * 0.299 + pixels[..., 1] * 0.587 + pixels[..., 2] * 0.114
    if pixels.shape[2] == 4 and (pixels[..., 3] < 1).any():
        alpha = pixels[..., 3]
        seen = grey[alpha > 0.5]
        two_tones = np.ptp(np.percentile(seen, [2, 98])) > 0.4 if seen.size else False
        paper = np.median(seen) if two_tones else float(seen.size and seen.mean() < 0.5)
        grey = paper + alpha * (grey - paper)
    return grey.astype(float)


# %%
def load_image(path):
    a = grey_of(path)
    ring = ~np.pad(np.ones(np.subtract(a.shape, 2), bool), 1)
    paper = np.median(a[ring])
    if abs(a.max() - paper) < abs(a.min() - paper):
        a, paper = 1 - a, 1 - paper
    if a.shape != (28, 28):
        light = ndimage.gaussian_filter(1 - a, 1)
        closed = ndimage.grey_closing(light, int(max(a.shape) * 0.4))
        a = 1 - light / np.maximum(closed, 0.02)
        a = a / max(a.max(), 1e-12)
        if not a.any():
            return torch.zeros((1, 28, 28))
        a[a < 0.45] = 0
        names, _ = ndimage.label(ndimage.binary_closing(np.pad(a > 0, 4), iterations=4)[4:-4, 4:-4])
        sizes = ndimage.sum_labels(a, names, range(names.max() + 1))
        a = np.where(names == 1 + np.argmax(sizes[1:]), a, 0)
        a = a[ndimage.find_objects((a > 0).astype(int))[0]]
        k = 20 / max(a.shape)
        new = tuple(max(1, int(round(n * k))) for n in a.shape[::-1])
        kind = Image.Resampling.BOX if k < 0.5 else Image.Resampling.BILINEAR
        a = np.array(Image.fromarray(a.astype("float32")).resize(new, kind))
        big = np.zeros((48, 48))
        big[14 : 14 + a.shape[0], 14 : 14 + a.shape[1]] = a
        # 24 of 48 is 14 of 28
        big = ndimage.shift(big, 24 - np.array(ndimage.center_of_mass(big)), order=1)
        a = big[10:38, 10:38]
    return torch.as_tensor(np.clip(a, 0, 1), dtype=torch.float32).reshape(1, 28, 28)
