# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4.4 Your own handwriting
#
# A network that reads MNIST at 99 % has only ever seen MNIST. In this notebook it reads *your* digits, from photographs of real paper. The
# network won't be the difficult part. The difficult part is to make your pictures look like the ones it knows.
#
# *Time: two to three hours for you, a quarter of a minute for the computer.*
#
# ### Take the pictures first
#
# Write at least three digits on paper, each with enough empty paper around it, and take **one picture for each**:
#
# - Any pen and any paper will do, also pencil and squared paper. Strokes that are clearly darker than the printed lines are easier.
# - Light from a window at your side is best. Your own shadow and the phone's are all right if the digit can be read easily.
# - Hold the phone flat above the paper, and **crop** the picture on the phone: one digit, paper up to all four edges, no table, no fingers.
# - Phones save JPEG files; iPhones often save HEIC, which Pillow can't read by itself. Choose *Settings → Camera → Formats → Most
#   Compatible* before you take the picture, or export the picture as JPEG.
#
# You may also draw digits in any paint program. Save them beside this notebook as `own/<digit>_<anything>.png`, such as
# `own/7_blue_pen.png`; of JPEG files named in the same way, a cell below makes PNG files. You hand the PNG files in with the notebooks.

# %%
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from scipy import ndimage
from torch import nn

# %% tags=["active-ipynb"]
# import matplotlib.pyplot as plt
#
# from autograder.data import load_data
# from autograder.notebook import best_device, borrow, check
# from autograder.pictures import way_through
#
# data = load_data()
# device = best_device()
# print(data.description)
# print(f"Networks run on: {device}")
#
# torch.manual_seed(0)
# model = borrow("BetterCNN")()
# if Path("weights/better_cnn.pt").exists():
#     model.load_state_dict(torch.load("weights/better_cnn.pt", map_location="cpu", weights_only=True))
#     print("The network is the one that you trained in notebook 4.2.")
# else:
#     print("There is no weights/better_cnn.pt yet (notebook 4.2 makes it): this network is untrained and can only guess.")
# model = model.to(device).eval()

# %% [markdown]
# ![From a photograph to an image for the network, in five steps: a photograph of a digit in dark ink, on paper that the light makes brighter on one side than on the other; the same digit light on dark, with the paper black; cropped to the digit; scaled to fit 20 × 20; placed in 28 × 28 with its centre of mass in the middle.](diagrams/photograph.png)

# %% [markdown]
# ## How MNIST's digits were made
#
# The digits were scanned from paper forms. Then each was
#
# 1. turned into **light on dark**: the paper is 0, the ink up to 1;
# 2. cropped to the digit and scaled, **with its proportions kept**, so that it just fits a box of **20×20** pixels;
# 3. placed in a field of 28×28 so that its **centre of mass** lies in the middle. The centre of mass is the mean of the pixels' places,
#    weighted by their values. In MNIST it lies on row 14 and column 14 (counted from 0), give or take about half a pixel.
#
# A network trained on such images has never seen a digit that fills the picture, sits in a corner or is written in dark ink on light paper. It
# won't say so: it will answer all the same, often wrongly, and sometimes quite sure of itself. So `load_image` has to do to your picture what was
# done to theirs:
#
#     file → greys → light on dark → ink without the paper → the digit alone → cropped, scaled, centred → (1, 28, 28)
#
# ### What is in a picture file?
#
# `Image.open(path)` reads PNG and JPEG files alike, and its `.mode` tells you what the pixels are:
#
# | mode | what a pixel is | mind |
# |---|---|---|
# | `L` | a grey, 0 to 255 | |
# | `1` | one bit | as an array it is True and False: divided by 255, all is black |
# | `I;16` | a grey, 0 to 65,535 | Pillow's `convert("L")` is not a division: divide yourself |
# | `RGB` | red, green, blue; nearly all JPEG photographs | `convert("L")` weighs them as the eye does |
# | `P` | a number that stands for a colour in a table | the numbers themselves mean nothing; may have transparency |
# | `LA`, `RGBA` | grey or colour, and how opaque it is | what is transparent is *paper*; its colour may be anything, often the ink's. Choose the paper's grey yourself: white behind dark ink, black behind light ink |
#
# (A PNG file of mode `L` or `RGB` may name one value as transparent, too: `picture.has_transparency_data` tells.)
#
# A JPEG file holds one thing more. A phone stores the picture as its sensor saw it: held upright, most phones store it lying on its side, and
# note in the file's **EXIF** data (notes about the photograph) how to turn it. `ImageOps.exif_transpose(picture)` turns it.
#
# ### Which is paper, which is ink?
#
# Not "the picture is light, so the paper is": a large thick digit may cover more than half. But whatever surrounds the digit is paper, so the
# *border* of the picture knows. Compare it (its median, which a few dirty pixels won't move) with the darkest and the lightest value
# in the picture: is it closer to the lightest? Then the ink is dark, and the picture must be inverted.
#
# ### Paper is not white
#
# In a drawing, all paper has the same grey. In a photograph it hasn't: one side is nearer to the window, the phone casts a shadow, the sensor
# adds *noise* (each pixel is a little too light or too dark, by chance), and printed lines are ink, too. The folder `images/` has eight JPEG
# pictures with some of that each. They are **made**, by a program that knows how light falls and what JPEG does, and called `…_made_…`.
#
# The plain way is one *threshold* for the whole picture: what is darker than the middle between the darkest and the lightest value is
# ink. **Before you run the next cell, write down** for which of its four pictures you expect that to work.

# %% tags=["active-ipynb"]
# def one_threshold_for_all(names):
#     """Each picture, what is darker than its middle grey, and its greys along the dashed row."""
#     figure, axes = plt.subplots(3, len(names), figsize=(2.4 * len(names), 6.4), layout="constrained", height_ratios=[3, 3, 2])
#     for name, (above, middle, below) in zip(names, axes.T):
#         grey = np.asarray(ImageOps.exif_transpose(Image.open(f"images/{name}.jpg")).convert("L")) / 255
#         threshold, row = (grey.min() + grey.max()) / 2, grey.shape[0] // 3
#         above.imshow(grey, cmap="gray", vmin=0, vmax=1)
#         above.axhline(row, color="tab:red", linestyle="--", linewidth=1)
#         above.set_title(name.replace("_", " "), fontsize=8)
#         middle.imshow(grey < threshold, cmap="gray_r")
#         middle.set_title("darker than the middle", fontsize=8)
#         below.plot(grey[row], color="tab:red", linewidth=1)
#         below.axhline(threshold, color="gray", linewidth=1)
#         below.set(ylim=(0, 1), xlabel="column")
#         for axis in (above, middle):
#             axis.axis("off")
#     axes[2, 0].set_ylabel("grey in the dashed row")
#
#
# one_threshold_for_all(["0_made_even_light", "3_made_shadow", "2_made_ruled_side_light", "7_made_noisy_messenger"])

# %% [markdown]
# It works for the first alone. In the lower row, ink is a narrow dip, and light is a slow slope; where the slope is deeper than the dip, no
# threshold separates them. What does: to know for each pixel *how light the paper would be there* if nothing were written on it. From now on the
# picture is **light on dark**, inverted if need be, and $p$ is its paper. In the picture as it was, paper had the light $1 - p$ and a pixel
# $1 - g$: the share of the paper's light that the ink takes away is $((1 - p) - (1 - g))/(1 - p)$, or
#
# $$\text{ink} = \frac{g - p}{1 - p}$$
#
# for a pixel of value $g$: 0 where there is only paper, in the light as in the shadow, and the same for the same ink everywhere.
#
# Two starters are given. Use them, change them, or write your own.
#
# - `paper_behind(grey, size)` estimates $p$. Its first step is like the pooling in 4.1, with a window that moves on by one pixel only: it takes the *smallest* value of each
#   window, so that strokes narrower than the window vanish; then the *largest* of each window, so that edges of shadows go back to
#   their place; then the mean. (The first two together are called *morphological opening*.) It needs a `size` that is wider than a stroke,
#   and narrower than the shadows: a third of the picture is a good start. Noise disturbs the smallest value, so blur a little first:
#   `ndimage.gaussian_filter(grey, 1)`.
# - `pieces(mask)` takes a picture apart. A *mask* is an array of True and False; a *connected piece* is a group of True pixels that touch
#   each other. A digit is one large piece, or two: the bar of a 5 may stand apart. Specks of dirt are small pieces.
#
# Printed lines are ink, but faint: mostly less than half as strong as a pen or a pencil. They go if you keep only what is stronger than
# about half of the strongest ink.
#
# A picture from a phone has millions of pixels, and a digit for MNIST needs 400. All this is faster, and there is less noise, in a picture
# whose longer side has some 200 pixels: `Image.reduce(n)` takes the mean of n × n pixels (of a grey or an RGB picture, not of the other modes).


# %%
def paper_behind(grey: np.ndarray, size: int) -> np.ndarray:
    """The paper of a picture that is light on dark, in its shape (rows, columns): without strokes narrower than `size`."""
    darkest = ndimage.minimum_filter(grey, size)  # a window of size × size around each pixel: a stroke does not fill it
    return ndimage.uniform_filter(ndimage.maximum_filter(darkest, size), size)


def pieces(mask: np.ndarray) -> list[np.ndarray]:
    """The connected pieces of a mask (rows, columns) of booleans, each as a mask, the largest first."""
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))  # pixels that touch at a corner are connected, too
    return sorted((labels == number for number in range(1, count + 1)), key=np.sum, reverse=True)


# %% [markdown]
# ## Task `load-image`
#
# What is asked:
#
# - PNG and JPEG files of any size, and any mode of the table. What is transparent is paper. A photograph is upright, as its
#   EXIF data say.
# - The result is light on dark, whatever the picture was.
# - Photographs of a digit on paper: uneven light, shadows with soft edges, noise, ruled and squared paper. In the result, paper is 0.
# - A picture that is **28×28** already counts as made like MNIST's: it is neither cropped nor scaled nor moved (but inverted if it is dark
#   on light; its paper may keep its grey).
# - Any other is cropped to the digit, scaled with its proportions so that the longer side is 20, and placed with its centre of mass in
#   the middle. Scale with a filter that averages (`Image.Resampling.BICUBIC`, `LANCZOS` or `BOX`), or thin lines will vanish. The first two
#   overshoot a little: cut off what is below 0 or above 1.
#
# It is easier in small functions: one that makes a grey array of any file, one that turns it light on dark, one that finds the ink, one
# that crops, scales and centres.
#
# What is *not* asked (but try it, if you like): a table or a finger in the picture, several digits in one picture, paper that is seen from the
# side, hard shadows, printed lines as dark as the ink.


# %% nbgrader={"grade": false, "grade_id": "load-image", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_image(path: str | Path) -> torch.Tensor:
    """Return the picture at `path` as MNIST would show it: (1, 28, 28), float32 in [0, 1], digit light on dark."""
    ### BEGIN SOLUTION
    with Image.open(path) as picture:
        grey = light_on_dark(grey_values(ImageOps.exif_transpose(picture)))
    if grey.shape != (28, 28):
        grey = like_mnist(ink_alone(grey))
    return torch.from_numpy(grey.astype(np.float32))[None]


def grey_values(picture: Image.Image) -> np.ndarray:
    """A picture of any mode as greys in [0, 1], (rows, columns); what is transparent gets the colour of paper."""
    if picture.mode.startswith("I"):
        return np.asarray(picture, dtype=np.float64).clip(0, 65535) / 65535
    if picture.has_transparency_data:
        grey, alpha = (
            np.asarray(band, dtype=np.float64) / 255 for band in picture.convert("RGBA").convert("LA").split()
        )
        opaque = alpha > 0.05
        if not opaque.any():
            return np.zeros_like(grey)
        # Where most is opaque, and of two colours, the paper was painted too. Else only the ink was; paper is its opposite.
        painted = opaque.mean() > 0.5 and np.ptp(grey[opaque]) > 0.5
        paper = np.median(grey[opaque]) if painted else float(grey[opaque].mean() < 0.5)
        return alpha * grey + (1 - alpha) * paper
    return np.asarray(picture.convert("L"), dtype=np.float64) / 255


def light_on_dark(grey: np.ndarray) -> np.ndarray:
    """Invert the picture if its border, which is paper, is nearer to its lightest value than to its darkest."""
    level = grey - ndimage.gaussian_filter(grey, max(grey.shape) / 4)  # so that a shadow is no ink
    border = np.median(np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]]))
    return 1 - grey if border > (level.min() + level.max()) / 2 else grey


def ink_alone(grey: np.ndarray) -> np.ndarray:
    """How much ink is where, from 0 to 1, in a picture that is light on dark: without its paper, its light and its lines."""
    smaller = max(1, max(grey.shape) // 200)
    grey = np.asarray(Image.fromarray(grey.astype(np.float32)).reduce(smaller), dtype=np.float64)
    grey = ndimage.gaussian_filter(grey, max(grey.shape) / 300)  # noise would make the paper look darker than it is
    paper = paper_behind(grey, max(grey.shape) // 3)
    ink = ((grey - paper) / (1 - paper).clip(0.05)).clip(0)  # the share of the paper's light that the ink takes away
    if ink.max() <= 0:
        return ink
    found = pieces(ink > 0.5 * ink.max())
    kept = np.any([piece for piece in found if piece.sum() > 0.1 * found[0].sum()], axis=0)
    return np.where(ndimage.binary_dilation(kept, iterations=2), ink / ink.max(), 0)


def like_mnist(ink: np.ndarray) -> np.ndarray:
    """Crop a picture of ink to the digit, scale it to fit 20×20, and centre it by mass in 28×28."""
    field = np.zeros((28, 28))
    rows, columns = np.nonzero(ink > 0.3)
    if len(rows) == 0:
        return field
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    height, width = (max(1, round(20 * side / max(ink.shape))) for side in ink.shape)
    small = Image.fromarray(ink.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    ink = np.asarray(small).clip(0, 1)
    ink = ink / max(ink.max(), 1e-6)  # a thin line has become faint
    centre = [(ink.sum(1 - axis) * np.arange(ink.shape[axis])).sum() / ink.sum() for axis in (0, 1)]
    top, left = (int(np.clip(round(14 - c), 0, 28 - side)) for c, side in zip(centre, ink.shape, strict=True))
    field[top : top + height, left : left + width] = ink
    return field
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "load-image-check", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# check("load-image")

# %% [markdown]
# Look at what `load_image` makes of the pictures in `images/`: above the picture as it is, below what the network gets to see.

# %% tags=["active-ipynb"]
# def compare(paths, predictions=None):
#     """Each picture above its MNIST version, up to eight in a row, titled with what the network says."""
#     columns = min(8, len(paths))
#     rows = 2 * -(-len(paths) // columns)
#     figure, axes = plt.subplots(rows, columns, figsize=(1.25 * columns, 1.45 * rows), layout="constrained", squeeze=False)
#     for axis in axes.flat:
#         axis.axis("off")
#     for index, path in enumerate(paths):
#         row, column = divmod(index, columns)
#         above, below = axes[2 * row : 2 * row + 2, column]
#         above.imshow(shown(path))
#         above.set_title(path.stem.replace("_", " ", 1).replace("_", "\n", 1).replace("_", " "), fontsize=7)
#         below.imshow(load_image(path)[0], cmap="gray", vmin=0, vmax=1)
#         if predictions is not None:
#             right = predictions[index] == int(path.name[0])
#             below.set_title(f"read as {predictions[index]}", fontsize=8, color="green" if right else "red")
#
#
# def shown(path):
#     """The picture in colour on light grey, for looking at only."""
#     picture = ImageOps.exif_transpose(Image.open(path))
#     if picture.mode.startswith("I"):
#         picture = Image.fromarray((np.asarray(picture) / 257).astype(np.uint8))
#     ground = Image.new("RGBA", picture.size, (200, 200, 200, 255))
#     return np.asarray(Image.alpha_composite(ground, picture.convert("RGBA")))
#
#
# paths = sorted(Path("images").iterdir())
# compare(paths)

# %% [markdown]
# ## Task `classify`
#
# Load the pictures with your `load_image` and let the model decide; it is quicker with *one* batch of them all. The model may come in
# train mode, and it may be on a GPU. An empty list of paths gives an empty list of digits.
#
# Your own pictures count here, too: at least three different ones, as `own/<digit>_<anything>.png`.


# %% nbgrader={"grade": false, "grade_id": "classify", "locked": false, "schema_version": 3, "solution": true, "task": false}
def classify(model: nn.Module, paths: Sequence[str | Path]) -> list[int]:
    """Return the digit that `model` (in eval mode) reads in each picture, as plain ints in the order of `paths`."""
    ### BEGIN SOLUTION
    if not paths:
        return []
    device = next(model.parameters()).device
    batch = torch.stack([load_image(path) for path in paths]).to(device)
    model.eval()
    with torch.no_grad():
        return model(batch).argmax(1).tolist()
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "classify-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# check("classify")

# %% tags=["active-ipynb"]
# predictions = classify(model, paths)
# right = sum(digit == int(path.name[0]) for digit, path in zip(predictions, paths))
# print(f"images/: {right} of {len(paths)} are read right")

# %% [markdown]
# And now yours. The next cell makes small PNG files of what your phone saved in `own/`, upright. Does the network read you? If a digit
# comes out wrong, look at the lower row first: would *you* read it?

# %% tags=["active-ipynb"]
# for path in sorted(Path("own").glob("[0-9]_*")):
#     if path.suffix.lower() in (".jpg", ".jpeg") and not path.with_suffix(".png").exists():
#         picture = ImageOps.exif_transpose(Image.open(path))
#         picture.thumbnail((1000, 1000))
#         picture.save(path.with_suffix(".png"))
#         print(f"{path} is now {path.with_suffix('.png')}, too.")
#     elif path.suffix.lower() in (".heic", ".heif"):
#         print(f"Pillow cannot read {path}: export it as JPEG.")
#
# own = sorted(Path("own").glob("[0-9]_*.png"))
# if len(own) < 3:
#     print(f"own/ holds {len(own)} pictures named <digit>_<anything>.png; please add {3 - len(own)} or more.")
# if not own:
#     print("Until then, here are the ones in images/.")
#     own = paths
# compare(own, classify(model, own))

# %% [markdown]
# Follow one of them through the network, and choose the one that it read wrong, if there is one.

# %% tags=["active-ipynb"]
# way_through(model, load_image(own[0]))

# %% [markdown]
# ## A question to answer in words
#
# Which of your own digits (or of those in `images/`) did the network read wrong, or which one did it nearly read wrong? Explain it from what
# `load_image` made of it: in what way does it differ from MNIST's digits? If all came out right, change one step of `load_image` (no inversion,
# no centring, stretched to 20×20), say what happens, and why. Would more training on MNIST help? What would? (Five sentences
# are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-own-digits", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# All four of ours, and all 24 in `images/`, were read right. So we moved every digit away from its place, up and to the left: by one pixel,
# all 28 were still right, by two pixels 25, by three 13, and by four 6; the 8 was then read as a 4. In MNIST every digit's centre of mass lies
# on row and column 14 within about half a pixel, so the fully connected layers have only ever seen a loop or a bar at its usual place; the
# network forgives a shift of a pixel or two, not of four. Then we only shrank each picture as a whole to 28×28. Of the drawings, that hurt
# only the 5 that stands small in a corner, which was read as an 8; of the eight pictures that look like photographs, 6 were read wrong: their
# paper isn't 0, and no paper in MNIST is grey. More training on MNIST would not help, since no image there is off-centre or has a shadow.
# Training on shifted, scaled and thinner or thicker digits (augmentation), or on pictures made like these, would, and so does preparing the
# pictures well.
# ### END SOLUTION

# %% [markdown]
# ## To go further
#
# - [scikit-image: thresholding](https://scikit-image.org/docs/stable/auto_examples/applications/plot_thresholding_guide.html): many ways to find
#   a threshold, for the whole picture or for each place.
# - [SciPy: `grey_opening`](https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.grey_opening.html), and its neighbours in
#   `scipy.ndimage`.
# - [Pillow: `ImageOps`](https://pillow.readthedocs.io/en/stable/reference/ImageOps.html): `exif_transpose` and other small tools.
# - [MNIST-C](https://arxiv.org/abs/1906.02337): MNIST with fog, stripes, noise and more, and what that does to networks.
