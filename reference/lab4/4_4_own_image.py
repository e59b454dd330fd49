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
# A network that reads MNIST at 99 % has only ever seen MNIST. In this notebook it reads *your* digits. The network won't be the
# difficult part. The difficult part is to make your pictures look like the ones it knows.
#
# Write at least three digits on paper (or draw them in any paint program), one picture for each, and save them beside this notebook as
# `own/<digit>_<anything>.png`, such as `own/7_blue_pen.png`. You hand them in with the notebooks.

# %%
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
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
# A network trained on such images has never seen a digit that fills the picture, sits in a corner or is written in dark ink on
# light paper. It won't say so: it will answer, quite sure of itself, and be wrong. So `load_image` has to do to your picture what was done to
# theirs.
#
# ### What is in a PNG file?
#
# `Image.open(path).mode` tells you:
#
# | mode | what a pixel is | mind |
# |---|---|---|
# | `L` | a grey, 0 to 255 | |
# | `1` | one bit | as an array it is True and False: divided by 255, all is black |
# | `I;16` | a grey, 0 to 65,535 | Pillow's `convert("L")` is not a division: divide yourself |
# | `RGB` | red, green, blue | `convert("L")` weighs them as the eye does |
# | `P` | a number that stands for a colour in a table | the numbers themselves mean nothing; may have transparency |
# | `LA`, `RGBA` | grey or colour, and how opaque it is | what is transparent is *paper*; its colour may be anything, often black |
#
# ### Which is paper, which is ink?
#
# Not "the picture is light, so the paper is": a large thick digit may cover more than half. But whatever surrounds the digit is paper, so the
# *border* of the picture knows. Compare it (its median, which a few dirty pixels won't move) with the darkest and the lightest value
# in the picture: is it closer to the lightest? Then the ink is dark, and the picture must be inverted.

# %% [markdown]
# ## Task `load-image`
#
# - Any size, and any mode of the table. What is transparent is paper.
# - The result is light on dark, whatever the picture was.
# - A picture that is **28×28** already counts as made like MNIST's: it is neither cropped nor scaled nor moved (but inverted if it is dark
#   on light).
# - Any other is cropped to the digit, scaled with its proportions so that the longer side is 20, and placed with its centre of mass in
#   the middle. Scale with a filter that averages (`Image.Resampling.BICUBIC`, `LANCZOS` or `BOX`), or thin lines will vanish.
#
# It is easier in small functions: one that makes a grey array of any file, one that turns it light on dark, one that crops, scales
# and centres.


# %% nbgrader={"grade": false, "grade_id": "load-image", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load_image(path: str | Path) -> torch.Tensor:
    """Return the picture at `path` as MNIST would show it: (1, 28, 28), float32 in [0, 1], digit light on dark."""
    ### BEGIN SOLUTION
    with Image.open(path) as picture:
        picture = ImageOps.exif_transpose(picture)  # phones store how the camera was held
        grey = light_on_dark(grey_values(picture))
    if grey.shape != (28, 28):
        grey = like_mnist(grey)
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
    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    return 1 - grey if paper > (grey.min() + grey.max()) / 2 else grey


def like_mnist(grey: np.ndarray) -> np.ndarray:
    """Crop a light digit on dark paper, scale it to fit 20×20, and centre it by mass in 28×28."""
    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    ink = ((grey - paper) / max(grey.max() - paper, 1e-6)).clip(0, 1)  # paper is 0 and the lightest ink 1
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


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "load-image-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
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
#     picture = Image.open(path)
#     if picture.mode.startswith("I"):
#         picture = Image.fromarray((np.asarray(picture) / 257).astype(np.uint8))
#     ground = Image.new("RGBA", picture.size, (200, 200, 200, 255))
#     return np.asarray(Image.alpha_composite(ground, picture.convert("RGBA")))
#
#
# paths = sorted(Path("images").glob("*.png"))
# compare(paths)

# %% [markdown]
# ## Task `classify`
#
# Load the pictures with your `load_image`, make *one* batch of them, and let the model decide. The model may come in train mode, and it
# may be on a GPU. An empty list of paths gives an empty list of digits.


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
# And now yours. Does the network read you? If a digit comes out wrong, look at the lower row first: would *you* read it?

# %% tags=["active-ipynb"]
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
# All four of ours, and all sixteen in `images/`, were read right. So we moved every digit away from its place, up and to the left: by one
# pixel, all 20 were still right, by two pixels 18, by three 9, and by four 5; the 8 was then read as a 4. In MNIST every digit's centre of mass lies
# on row and column 14 within about half a pixel, so the fully connected layers have only ever seen a loop or a bar at its usual place; the network
# forgives a shift of a pixel or two, not of four. Shrinking a picture as a whole to 28×28, without cropping, hurt only the 5 that
# stands small in a corner: it was read as an 8. More training on MNIST would not help, since no image there is off-centre. Training on shifted,
# scaled and thinner or thicker digits (augmentation), or on pictures made like ours, would, and so does preparing the pictures well.
# ### END SOLUTION
