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
# # 4.5 Looking inside
#
# A trained network is a pile of numbers, but some of them can be looked at. In this notebook you look at three things:
#
# - the *filters* of the first layer: a filter is the kernel of one output channel, with its weights;
# - the *feature maps* that an image leaves in any layer;
# - an image that a *unit* answers strongly to: in this notebook, a unit is a whole channel of a convolution, or one output of a
#   fully connected layer. (In 4.2 it was one number of a feature map.)
#
# All figures are made the same way: a function makes a matplotlib `Figure` and *returns* it. It neither shows nor saves it; that
# is up to whoever called the function. If you make a figure with `plt.subplots`, call `plt.close(figure)` before you return it,
# or the notebook will show it twice. The notebook knows nothing of a figure that you make with `matplotlib.figure.Figure(...)`,
# so that one needs no closing.
#
# **Time.** An hour to an hour and a half for you, and 15 seconds for the computer (2 CPU cores).

# %%
import contextlib
import math
from collections.abc import Iterator

import torch
from matplotlib.figure import Figure
from torch import nn

# %% tags=["active-ipynb"]
# %matplotlib inline
# from pathlib import Path
#
# import matplotlib.pyplot as plt
#
# from autograder.data import load_data
# from autograder.notebook import best_device, borrow, check
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
#     print("There is no weights/better_cnn.pt yet (notebook 4.2 makes it): this network is untrained, and so are its pictures.")
# model = model.to(device).eval()

# %% [markdown]
# ## What a filter shows, and what it doesn't
#
# A filter of the first layer works on the pixels themselves, so it can be read as a picture. Where its weights are positive it
# answers to light, where they are negative it answers to dark: a red bar beside a blue bar finds edges. Give all filters
# one colour scale, the same on both sides of zero: on a scale of its own, a filter of tiny weights looks as strong as the others.
# (The check does not see which colours you choose.)
#
# The picture does not show what the network does with the answer.
#
# - The next layer may ignore a strong filter.
# - The ReLU sets most of the answers to 0: in our trained network 92 % after the first convolution and 88 % after the second.
#   Before the training, it is about half.
# - In deeper layers, a filter works on feature maps and not on pixels. It has a slice of weights for each of them, and no slice
#   alone is a picture of anything (see below).
# - The filters are not unique. Train again with another seed, and you get others, in another order, with about the same accuracy.

# %% [markdown]
# ![A convolution over three input maps. A window of 3 by 3 values lies at the same place in each of the three maps. One kernel has three slices of 3 by 3 weights, one for each map. The 27 products of values and weights are added up, plus one bias: that is one value of one output map.](diagrams/window.png)

# %% [markdown]
# The second convolution of `BetterCNN` has 15 such kernels, each with 30 slices of 3×3 weights.
#
# ## Task `filters`
#
# The first convolution is the first `nn.Conv2d` among `model.modules()`; its `weight` has the shape (filters, in channels, rows,
# columns), and for our grey images there is one input channel. Draw each filter with `axis.imshow`, in a figure that has one axis
# for each filter and no others. (30 filters in a grid of 4×8 leave two empty axes: remove them, or switch them off with
# `axis("off")`. A colour bar counts as other axes.)


# %% nbgrader={"grade": false, "grade_id": "filters", "locked": false, "schema_version": 3, "solution": true, "task": false}
def plot_filters(model: nn.Module) -> Figure:
    """Return a Figure with one image axis for each filter of the model's first nn.Conv2d, in order.

    Each image is the filter's weights (rows, columns), as they are. The figure is neither shown nor saved.
    """
    ### BEGIN SOLUTION
    conv = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    filters = conv.weight.detach().cpu()[:, 0]
    limit = float(filters.abs().max())
    columns = min(10, len(filters))
    rows = math.ceil(len(filters) / columns)
    figure = Figure(figsize=(0.9 * columns, 1.05 * rows + 0.5), layout="constrained")
    figure.suptitle(f"{len(filters)} filters, from −{limit:.2f} (blue) to {limit:.2f} (red)", fontsize=11)
    for index, weights in enumerate(filters):
        axis = figure.add_subplot(rows, columns, index + 1)
        axis.imshow(weights.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
        axis.set_title(index, fontsize=8)
        axis.axis("off")
    return figure
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "filters-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# check("filters")

# %% tags=["active-ipynb"]
# plot_filters(model)

# %% [markdown]
# Were they learned? The next cell draws the same filters again on the left, and on the right those of a network before any
# training, which are random. Both have one colour scale. In our network, the largest weight was 0.20 before the training and 0.77
# after it. So look at the pale pictures, too: which of the patterns on the left were made by training, and which could be chance?

# %% tags=["active-ipynb"]
# untrained = borrow("BetterCNN")()
# sets = {
#     title: [axis.get_images()[0].get_array() for axis in plot_filters(network).axes if axis.get_images()]
#     for title, network in [("filters of your network", model), ("random filters, before any training", untrained)]
# }
# largest = max(abs(picture).max() for pictures in sets.values() for picture in pictures)
# figure = plt.figure(figsize=(10, 4), layout="constrained")
# for part, (title, pictures) in zip(figure.subfigures(1, 2, wspace=0.06, width_ratios=[1, 1.14]), sets.items()):
#     part.suptitle(title, fontsize=11)
#     axes = part.subplots(-(-len(pictures) // 6), 6)
#     for axis in axes.flat:
#         axis.axis("off")
#     for axis, picture in zip(axes.flat, pictures):
#         shown = axis.imshow(picture, cmap="RdBu_r", vmin=-largest, vmax=largest)
# part.colorbar(shown, ax=axes, shrink=0.8);

# %% [markdown]
# ## Feature maps and hooks
#
# What comes out of a layer somewhere in the middle? You could write a second `forward` that stops there. A *forward hook* does it
# without any change to the model: `handle = layer.register_forward_hook(hook)` asks PyTorch to call `hook(layer, inputs, output)`
# each time that the layer has run. Your `hook` stores the output and returns nothing.
#
# A hook stays until `handle.remove()`. A forgotten hook costs memory and time at every call from then on. So remove it *whatever
# happens*, also if the model raises an error: with `try … finally`, or with the handle in a `with` statement, which removes it at
# the end.
#
# We give you one tool: `with eval_mode(model):` switches all modules of the model to eval mode, and at the end puts each back
# into the mode that it was in.


# %%
@contextlib.contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Switch every module of `model` to eval mode; afterwards, put each back into the mode it was in."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


# %% [markdown]
# ## Task `feature-maps`
#
# `layer` is one of the model's own modules, such as `model.conv1`; `image` is one image without a batch dimension. The model may
# be on a GPU. Return the maps on the CPU, and *detached*: a tensor that no longer remembers how it was computed, and that needs
# no gradient.


# %% nbgrader={"grade": false, "grade_id": "feature-maps", "locked": false, "schema_version": 3, "solution": true, "task": false}
def feature_maps(model: nn.Module, layer: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """Return what `layer` puts out, shape (C, H, W), when `model` sees the image (1, 28, 28), dropout off.

    Uses a forward hook on `layer`, which is removed again, also after an error.
    """
    ### BEGIN SOLUTION
    outputs = []
    device = next(model.parameters()).device
    with layer.register_forward_hook(lambda module, inputs, output: outputs.append(output.detach())):
        with eval_mode(model), torch.no_grad():
            model(image[None].to(device))
    return outputs[0][0].cpu()
    ### END SOLUTION


def plot_feature_maps(maps: torch.Tensor) -> Figure:
    """Return a Figure with one image axis for each of the C maps (C, H, W), in order, and no other axes."""
    ### BEGIN SOLUTION
    columns = min(10, len(maps))
    rows = math.ceil(len(maps) / columns)
    figure = Figure(figsize=(0.9 * columns, 1.05 * rows + 0.5), layout="constrained")
    figure.suptitle(f"{len(maps)} feature maps of {maps.shape[1]}×{maps.shape[2]}", fontsize=11)
    for index, values in enumerate(maps.detach().cpu()):
        axis = figure.add_subplot(rows, columns, index + 1)
        axis.imshow(values.numpy(), cmap="viridis", vmin=float(maps.min()), vmax=float(maps.max()))
        axis.set_title(index, fontsize=8)
        axis.axis("off")
    return figure
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "feature-maps-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# check("feature-maps")

# %% [markdown]
# The next two cells show one test image after the first convolution and after the second. The first maps still look like the
# digit, with its edges brought out. The second ones are small and coarse, and answer questions that we have no words for. (The
# cells take the model's first two convolutions, whatever you called them.)

# %% tags=["active-ipynb"]
# convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
# image = data.test_images[0]
# plot_feature_maps(feature_maps(model, convolutions[0], image))

# %% tags=["active-ipynb"]
# plot_feature_maps(feature_maps(model, convolutions[1], image))

# %% [markdown]
# ## Which image does a unit like best?
#
# Training changes the weights, so that the loss falls (gradient *descent*). Turn it round: keep the weights, and change the
# *image*, so that the answer of one unit rises. That is gradient *ascent* on the input. Raw gradients may be tiny or huge, so use
# their direction only:
#
# $$x \leftarrow \mathrm{clip}\left(x + \text{lr} \cdot \frac{g}{\lVert g \rVert},\ 0,\ 1\right), \qquad g = \frac{\partial\, a(x)}{\partial x}$$
#
# where $a(x)$ is the mean of the unit's feature map, and lr the length of a step. Clipping to the range from 0 to 1 keeps x an
# image. (Add something like $10^{-8}$ below the fraction line, in case the gradient is zero.)
#
# ## Task `maximise`
#
# A dull image is a good start, for instance weak noise. Afterwards, the model must be as it was before: its parameters, their
# `.grad`, the mode of each module, and no hook left. `torch.autograd.grad(activation, image)` returns the gradient for the image
# and stores nothing in the model, unlike `backward()`.


# %% nbgrader={"grade": false, "grade_id": "maximise", "locked": false, "schema_version": 3, "solution": true, "task": false}
def maximise_activation(
    model: nn.Module, layer: nn.Module, unit: int, steps: int = 30, lr: float = 1.0
) -> torch.Tensor:
    """Return an image (1, 28, 28) in [0, 1] that excites one unit of `layer`, found by gradient ascent.

    What is maximised is the mean of channel `unit` of the layer's output; where the layer is fully connected, that
    one output. Dropout is off; the model's parameters, gradients, modes and hooks are left as they were.
    """
    ### BEGIN SOLUTION
    outputs = []
    device = next(model.parameters()).device
    noise = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    image = (0.1 * noise).to(device)
    hook = layer.register_forward_hook(lambda module, inputs, output: outputs.append(output))
    with hook, eval_mode(model), torch.enable_grad():
        for _ in range(steps):
            outputs.clear()
            image.requires_grad_()
            model(image)
            (gradient,) = torch.autograd.grad(outputs[0][0, unit].mean(), image)
            image = (image.detach() + lr * gradient / (gradient.norm() + 1e-8)).clamp(0, 1)
    return image.detach()[0].cpu()
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "maximise-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# check("maximise")

# %% [markdown]
# The next cell shows the favourite images of ten units of the *second* convolution, and below them those of the ten output
# logits. **Predict**: will you recognise the digits in the second row?
#
# (For the *first* convolution, favourite images would tell little. The mean of its map is the bias plus a weighted sum of the
# pixels, and each pixel that is at least four away from the border has the same weight: the sum of the filter's weights, divided
# by the number of places, 576. So the favourite image is plain there: white if that sum is positive, black if it is negative.
# Which pattern the filter looks for doesn't matter.)

# %% tags=["active-ipynb"]
# last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
# figure, axes = plt.subplots(2, 10, figsize=(10, 2.6), layout="constrained")
# for unit in range(10):
#     for axis, layer, name in [(axes[0, unit], convolutions[1], "channel"), (axes[1, unit], last, "logit")]:
#         axis.imshow(maximise_activation(model, layer, unit)[0], cmap="gray", vmin=0, vmax=1)
#         axis.set_title(f"{name} {unit}", fontsize=8)
#         axis.axis("off")

# %% [markdown]
# Mostly one doesn't. How sure is the network of them?

# %% tags=["active-ipynb"]
# favourites = torch.stack([maximise_activation(model, last, digit) for digit in range(10)])
# with torch.no_grad():
#     confidence = model(favourites.to(device)).softmax(1).diagonal().cpu()
# for digit in range(10):
#     print(f"favourite image of {digit}: the network says {digit} with {confidence[digit]:.1%}")

# %% [markdown]
# ## A question to answer in words
#
# Choose two first-layer filters of your trained network, and give their numbers (from 0, row by row). For each: which part of a
# digit makes it answer strongly, and how do you see that in its weights *and* in its feature map? Then: the favourite images of
# the ten logits hardly look like digits, yet the network is nearly sure of them. What does that tell you about what the network
# has learned? (Six sentences are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-filters", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# (In the network that we trained for this picture; yours has other filters.) Filter 14 has light weights in its upper rows and
# strongly negative ones in the two lowest, so it answers where ink lies above paper: along the underside of a horizontal stroke.
# Its map shows it: bright just below the bar of the 7, dark along the bar's upper side. Filter 29 is positive on the left and
# negative on the right, so it wants ink left of paper, the right-hand side of an upright stroke, and its map is bright along the
# right side of the 7's leg. The favourite images have strokes here and there, in places where the digit has some, but no whole
# digit. So the network has learned which features *tell the ten digits apart* on images like MNIST's, and not what a digit is:
# away from such images it may be nearly sure and quite wrong, and its confidence is no sign of understanding.
# ### END SOLUTION

# %% [markdown]
# ## To go further
#
# - Zeiler and Fergus, [Visualizing and Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901) (2013): what the
#   layers of a network for photographs answer to
# - Olah, Mordvintsev and Schubert, [Feature Visualization](https://distill.pub/2017/feature-visualization/) (2017): how favourite
#   images become pictures that one can read
# - [`register_forward_hook`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_forward_hook)
#   in PyTorch's documentation
