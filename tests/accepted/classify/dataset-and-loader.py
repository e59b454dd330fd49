# honest: a Dataset with one DataLoader batch, softmax before argmax, NumPy integers turned into ints
# %%
import numpy as np
import torch
from PIL import Image, ImageChops, ImageOps
from torch.utils.data import DataLoader, Dataset


# %%
def load_image(path):
    im = Image.open(path)
    if im.mode.startswith("I"):
        im = Image.fromarray((np.asarray(im) / 257).round().astype(np.uint8))
    im = im.convert("RGBA")
    grey, alpha = im.convert("RGB").convert("L"), im.getchannel("A")
    if alpha.getextrema()[0] < 255:
        seen = np.asarray(grey)[np.asarray(alpha) > 127]
        paper = 255 if seen.mean() < 128 else 0
        if (seen < 85).mean() > 0.02 and (seen > 170).mean() > 0.02:
            paper = int(np.median(seen))
        grey = Image.composite(grey, Image.new("L", im.size, paper), alpha)
    a = np.asarray(grey)
    paper = np.median(np.concatenate([a[0], a[-1], a[:, 0], a[:, -1]]))
    if a.max() - paper < paper - a.min():
        grey, paper = ImageOps.invert(grey), 255 - paper
    if grey.size != (28, 28):
        ink = ImageOps.autocontrast(ImageChops.subtract(grey, Image.new("L", grey.size, int(paper))))
        ink = ink.crop(ink.point(lambda v: 255 * (v > 50)).getbbox())
        ink = ImageOps.contain(ink, (20, 20), Image.Resampling.LANCZOS)
        a = np.asarray(ink, dtype=float)
        y = (a.sum(1) * np.arange(len(a))).sum() / a.sum()
        x = (a.sum(0) * np.arange(a.shape[1])).sum() / a.sum()
        grey = Image.new("L", (28, 28))
        grey.paste(ink, (min(max(round(14 - x), 0), 28 - ink.width), min(max(round(14 - y), 0), 28 - ink.height)))
    return torch.from_numpy(np.array(grey, dtype=np.float32) / 255).unsqueeze(0)


# %%
class Pictures(Dataset):
    def __init__(self, paths):
        self.paths = list(paths)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        return load_image(self.paths[i])


# %%
def classify(model, paths):
    pictures = Pictures(paths)
    result = []
    if len(pictures):
        model.eval()
        device = {p.device for p in model.parameters()}.pop()
        for batch in DataLoader(pictures, batch_size=len(pictures), shuffle=False, num_workers=0):
            with torch.no_grad():
                probabilities = torch.softmax(model(batch.to(device)), dim=1)
            result += [n.item() for n in np.argmax(probabilities.cpu().numpy(), axis=1)]
    return result
