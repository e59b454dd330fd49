# honest: Pillow only, no NumPy: ImageOps, ImageStat, ImageChops, getbbox and paste; paper from the corners
# %%
from PIL import Image, ImageChops, ImageOps, ImageStat
import torch


# %%
def as_grey(picture):
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda v: v * (1 / 257) + 0.5).convert("L")
    picture = picture.convert("RGBA")
    grey, alpha = picture.convert("RGB").convert("L"), picture.getchannel("A")
    if alpha.getextrema()[0] == 255:
        return grey
    if alpha.getextrema()[1] == 0:
        return Image.new("L", picture.size, 0)
    seen = ImageStat.Stat(grey, mask=alpha.point(lambda a: 255 if a > 127 else 0))
    lightness = seen.mean[0]
    paper = 255 if lightness < 128 else 0
    if seen.stddev[0] > 25:  # ink and paper are both visible
        paper = seen.median[0]
    return Image.composite(grey, Image.new("L", grey.size, int(paper)), alpha)


def paper_value(grey):
    w, h = grey.size
    k = max(1, min(w, h) // 20)
    corners = [(0, 0), (w - k, 0), (0, h - k), (w - k, h - k)]
    values = sorted(ImageStat.Stat(grey.crop((x, y, x + k, y + k))).median[0] for x, y in corners)
    return (values[1] + values[2]) / 2


def centre_of_mass(picture):
    w, h = picture.size
    total = x_sum = y_sum = 0
    for i, value in enumerate(picture.tobytes()):
        total += value
        x_sum += value * (i % w)
        y_sum += value * (i // w)
    return x_sum / total, y_sum / total


# %%
def load_image(path):
    with Image.open(path) as file:
        grey = as_grey(file)
    low, high = grey.getextrema()
    paper = paper_value(grey)
    if high - paper < paper - low:
        grey, paper = ImageOps.invert(grey), 255 - paper
    if grey.size != (28, 28):
        ink = ImageChops.subtract(grey, Image.new("L", grey.size, round(paper)))
        top = ink.getextrema()[1]
        if top == 0:
            return torch.zeros(1, 28, 28)
        ink = ink.point(lambda v: min(255, round(v * 255 / top)))
        box = ink.point(lambda v: 255 if v > 50 else 0).getbbox()
        digit = ImageOps.contain(ink.crop(box), (20, 20), Image.Resampling.BICUBIC)
        x, y = centre_of_mass(digit)
        left = min(max(round(14 - x), 0), 28 - digit.width)
        upper = min(max(round(14 - y), 0), 28 - digit.height)
        grey = Image.new("L", (28, 28), 0)
        grey.paste(digit, (left, upper))
    return torch.tensor(list(grey.tobytes()), dtype=torch.float32).reshape(1, 28, 28) / 255
