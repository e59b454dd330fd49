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
# # 4.6 Networks that branch and merge
#
# So far every layer had exactly one layer before it and one after it. Nothing demands that: `forward` is ordinary Python, so a
# value may be used twice, and two values may be joined. In this notebook you build a small network with two branches, and then
# building blocks of two well-known networks: a simple inception block and the residual block. You compare each with a network
# without it. At the end, a network reads letters, and another is sure of what it cannot know.
#
# **Time.** About 90 minutes for you, and 2 minutes for the computer (2 CPU cores).

# %%
import torch
import torch.nn.functional as F
from torch import nn

# %% tags=["active-ipynb"]
# from pathlib import Path
#
# import matplotlib.pyplot as plt
# import numpy as np
# from matplotlib import get_data_path
# from PIL import Image, ImageDraw, ImageFont
#
# from autograder.data import TensorLoader, load_data
# from autograder.notebook import best_device, borrow, check, pack
# from autograder.training.recipes import predict
#
# data = load_data()
# device = best_device()
# print(data.description)
# print(f"Networks run on: {device}")

# %% [markdown]
# ## Three ways to merge
#
# **Sum.** Two branches whose outputs have the same shape (N, C, H, W) are added value by value. The result is as large as either,
# and what follows can't tell any more which branch a value came from.
#
# **Concatenation.** The outputs are stacked along the channels: (N, A, H, W) and (N, B, H, W) give (N, A + B, H, W). Nothing is
# lost, and the next layer decides for itself how to weigh the branches, at the price of more channels, so more parameters.
#
# **Skip connection.** One "branch" does nothing at all: `x + f(x)`. The layers in `f` only have to learn what to *change* about
# x. And the gradient gets a way of its own: the derivative of `x + f(x)` is `1 + f'(x)`, so even where f' is tiny, the 1 passes
# the gradient on.
#
# ### What a skip does for the gradient, and what it does not
#
# In a chain of layers without skips, the first layer's gradient is a product with one factor for each layer that follows. If most
# factors are below one, almost nothing is left after twenty layers. But are they? The next cell builds chains of twenty
# convolutions, each followed by a ReLU, and measures how large the gradient is at each layer before any training. It does so for
# three kinds of layer, without skips (left) and with skips (right):
#
# - *default*: PyTorch's usual random first weights;
# - *He*: larger random first weights, chosen so that a wide layer with ReLU keeps the size of its values ([He and others](https://arxiv.org/abs/1502.01852), 2015);
# - *batch norm*: default first weights, and after each convolution a batch norm, which shifts and scales each channel of the
#   batch to mean 0 and variance 1.
#
# **Predict**: in which of the six chains does the gradient get lost? In which do the values grow without limit?

# %% tags=["active-ipynb"]
# def chain(kind, skip, seed=0, depth=20, channels=8):
#     """The norm of the gradient at each layer of an untrained chain, and the spread (sd) of what comes out of the last layer."""
#     torch.manual_seed(seed)
#     layers = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth)]
#     if kind == "He":
#         for layer in layers:
#             nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
#             nn.init.zeros_(layer.bias)
#     x = torch.rand(16, channels, 14, 14)
#     for layer in layers:
#         change = layer(x)
#         if kind == "batch norm":
#             change = F.batch_norm(change, None, None, training=True)
#         x = x + F.relu(change) if skip else F.relu(change)
#     x.std().backward()
#     return [layer.weight.grad.norm().item() for layer in layers], x.std().item()
#
#
# figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
# for axis, skip in zip(axes, [False, True]):
#     for kind, marker in [("default", "o"), ("He", "^"), ("batch norm", "s")]:
#         gradients, spread = chain(kind, skip)
#         axis.semilogy(range(1, 21), gradients, marker=marker, label=kind)
#         name = ("with skips, " if skip else "without skips, ") + kind
#         print(f"{name:26} first layer's gradient / last layer's: {gradients[0] / gradients[-1]:8.2g}   spread at the end: {spread:8.2g}")
#     axis.set(title="with skips" if skip else "without skips", xlabel="layer", xticks=range(1, 21, 3))
#     axis.grid(alpha=0.3)
# axes[0].set_ylabel("norm of the gradient")
# axes[0].legend();

# %% [markdown]
# The table gives the first layer's gradient divided by the last layer's, and the spread (standard deviation) of the values at the
# end. The input's spread is 0.29.
#
# | twenty layers | gradient, without skips | spread | gradient, with skips | spread |
# |---|---:|---:|---:|---:|
# | default first weights | 0.0000000014 | 0.048 | 0.55 | 18 |
# | He's first weights | 1.9 | 0.0034 | 0.92 | 1,210 |
# | default first weights, batch norm | 3.7 | 0.61 | 3.2 | 3.4 |
#
# - **Without skips, the gradient gets lost with the default first weights only.** There the first layer learns nothing. The weights by He
#   cure that, and so does batch norm, both without any skip.
# - **He's weights keep the size of the values in wide layers.** With 8 channels it depends on luck: over six seeds, the spread
#   after twenty layers lay between 0.0034 and 0.12.
# - **With skips, the gradient arrives in all three chains.** That is what the 1 in `1 + f'(x)` is good for.
# - **A skip does not keep the values small.** Each layer adds something to the sum. With He's first weights they explode, to a
#   spread of 1,210 here, and of 944 to 14,200 with four other seeds. So what a layer adds must be limited. In a residual block,
#   batch norm does that.
#
# If batch norm alone lets the gradient through, what are skips still for? Further below you train two networks of about twenty
# layers, both with batch norm, one with skips and one without.

# %% [markdown]
# ### Two tools for branches
#
# **1×1 convolutions.** A kernel of one pixel sees no neighbourhood at all. What it does is mix *channels*: at each pixel it takes
# the C values there and makes new ones, by the same small linear layer at every place. So it changes the number of channels and
# leaves height and width as they are, which is what branches often need before they can be merged. It also saves weights: a 5×5
# convolution from 64 to 64 channels has 64 · 64 · 25 = 102,400 weights. Squeezed to 16 channels by a 1×1 convolution first, it
# takes 64 · 16 + 16 · 64 · 25 = 26,624.
#
# **Padding.** Branches can only be merged if height and width agree. A k×k kernel (k odd) without padding takes k − 1 off each
# side length; a padding of (k − 1)/2 gives it back.

# %% [markdown]
# ## Task `branch-model`: two branches, one sum

# %% [markdown]
# ![The branch model. The image goes into two branches. Left: a convolution 1×1 with 16 channels out, then ReLU. Right: a convolution 5×5 with padding 2 and 16 channels out, then ReLU. Their outputs are summed. Then: max-pooling 2×2 and dropout 0.2; flatten, fully connected with 128 outputs, ReLU; fully connected, 10 logits.](diagrams/branch.png)

# %% [markdown]
# | step | left branch | right branch |
# |---|---|---|
# | 1 | convolution 1×1, 1 channel in, 16 out | convolution 5×5, 1 channel in, 16 out, padding 2 |
# | 2 | ReLU | ReLU |
# | 3 | *the two branches are summed* | |
# | 4 | max-pooling 2×2 | |
# | 5 | dropout, rate 0.2 | |
# | 6 | flatten | |
# | 7 | fully connected, 128 outputs, then ReLU | |
# | 8 | fully connected, 10 logits | |
#
# Both branches see the same images.


# %% nbgrader={"grade": false, "grade_id": "branch-model", "locked": false, "schema_version": 3, "solution": true, "task": false}
class BranchModel(nn.Module):
    """Two convolutions side by side, summed: (N, 1, 28, 28) images to (N, 10) logits."""

    def __init__(self) -> None:
        """Make the layers that have parameters: two convolutions and two fully connected layers."""
        super().__init__()
        ### BEGIN SOLUTION
        self.left = nn.Conv2d(1, 16, kernel_size=1)
        self.right = nn.Conv2d(1, 16, kernel_size=5, padding=2)
        self.fc1 = nn.Linear(16 * 14 * 14, 128)
        self.fc2 = nn.Linear(128, 10)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take images (N, 1, 28, 28) with values in [0, 1] through both branches; return logits (N, 10)."""
        ### BEGIN SOLUTION
        left = F.relu(self.left(x))
        right = F.relu(self.right(x))
        x = left + right
        x = F.max_pool2d(x, 2)
        x = F.dropout(x, 0.2, training=self.training)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)
        ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "branch-model-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# check("branch-model")

# %% [markdown]
# Is the branch worth having? The next cell trains the network for two epochs, with the `train` and `evaluate` that you wrote in
# notebook 4.1 (`borrow` fetches them from there). Then it trains it once more with the 1×1 branch switched off: the branch's
# weights and biases are 0 and stay 0, so that it adds nothing to the sum. **Predict**: which of the two will be better? This
# takes about 40 seconds on 2 CPU cores.

# %% tags=["active-ipynb"]
# train = borrow("train")
# evaluate = borrow("evaluate")
#
#
# def switch_off(model, kernel_size):
#     """Set the weights and biases of the convolutions with this kernel size to 0, and keep them from being trained."""
#     for layer in model.modules():
#         if isinstance(layer, nn.Conv2d) and layer.kernel_size == kernel_size:
#             for parameter in layer.parameters():
#                 nn.init.zeros_(parameter).requires_grad_(False)
#
#
# for branch in ["on", "off"]:
#     torch.manual_seed(0)
#     model = BranchModel()
#     if branch == "off":
#         switch_off(model, (1, 1))
#     history = train(model, data.loader("train"), epochs=2, device=device)
#     accuracy = evaluate(model, data.loader("test"), device=device)
#     print(f"1×1 branch {branch}: training accuracy {history[-1]['acc']:.2%}, accuracy on the test images {accuracy:.2%}")

# %% [markdown]
# On MNIST, after two epochs, with three seeds each (test accuracy in %):
#
# | network | seed 0 | seed 1 | seed 2 | mean | parameters |
# |---|---:|---:|---:|---:|---:|
# | both branches, summed: `BranchModel` | 97.0 | 96.1 | 97.5 | 96.9 | 403,274 |
# | both branches, concatenated | 97.2 | 97.1 | 97.7 | 97.4 | 804,682 |
# | the 5×5 branch alone | 98.0 | 97.5 | 98.1 | 97.9 | 403,242 |
#
# With each seed, the network is *better without its second branch*. A branch does not help by itself: it must bring something
# that the other one lacks. What does a 1×1 convolution on a grey image bring? The question at the end of this notebook asks you.

# %% [markdown]
# ## Task `inception-block`: look at several scales at once
#
# How large should a kernel be? An inception block does not choose: it runs a 1×1, a 3×3 and a 5×5 convolution side by side on the
# same input, with paddings 0, 1 and 2, so that the three outputs have the input's height and width. Each is followed by a ReLU.
# Then they are concatenated on the channels, **in the order 1×1, 3×3, 5×5**. After the first convolution of a network, a 1×1
# convolution has many channels to mix, not only one grey value. (The original block also has a branch that pools, and 1×1
# convolutions that squeeze the channels before the larger kernels. Leave these out.)

# %% [markdown]
# ![The inception block. The input x with in_channels channels goes into three convolutions side by side: 1×1 and ReLU; 3×3 with padding 1 and ReLU; 5×5 with padding 2 and ReLU. The three outputs are concatenated on the channels in this order, which gives 3 times branch_channels maps, each as high and wide as x.](diagrams/inception.png)


# %% nbgrader={"grade": false, "grade_id": "inception-block", "locked": false, "schema_version": 3, "solution": true, "task": false}
class InceptionBlock(nn.Module):
    """Three convolutions side by side: (N, in_channels, H, W) to (N, 3 * branch_channels, H, W)."""

    def __init__(self, in_channels: int, branch_channels: int) -> None:
        """Make the 1×1, 3×3 and 5×5 convolutions, each from `in_channels` to `branch_channels`."""
        super().__init__()
        ### BEGIN SOLUTION
        self.branch1 = nn.Conv2d(in_channels, branch_channels, kernel_size=1)
        self.branch3 = nn.Conv2d(in_channels, branch_channels, kernel_size=3, padding=1)
        self.branch5 = nn.Conv2d(in_channels, branch_channels, kernel_size=5, padding=2)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the three ReLU outputs concatenated on the channels, in the order 1×1, 3×3, 5×5."""
        ### BEGIN SOLUTION
        one = F.relu(self.branch1(x))
        three = F.relu(self.branch3(x))
        five = F.relu(self.branch5(x))
        return torch.cat([one, three, five], dim=1)
        ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "inception-block-check", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# check("inception-block")

# %% [markdown]
# Does it pay to look at several scales? The next cell trains three small networks: one with your block, and two that have one
# ordinary convolution with as many channels in its place. To be quick, it takes only 10,000 images, for two epochs: about 25
# seconds on 2 CPU cores.

# %% tags=["active-ipynb"]
# size = 128 if data.name == "mnist" else 16  # smaller batches of the small set of digits, so that there are as many steps
# few = TensorLoader(data.train_images[:10000], data.train_labels[:10000], size)
#
#
# def small_network(middle, seed):
#     """A convolution, then a layer or block `middle()` from 16 to 24 channels, then a fully connected layer."""
#     torch.manual_seed(seed)
#     before = [nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
#     after = [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(24 * 7 * 7, 10)]
#     return nn.Sequential(*before, middle(), *after)
#
#
# middles = {
#     "inception block": lambda: InceptionBlock(16, 8),
#     "3×3 convolution": lambda: nn.Sequential(nn.Conv2d(16, 24, 3, padding=1), nn.ReLU()),
#     "5×5 convolution": lambda: nn.Sequential(nn.Conv2d(16, 24, 5, padding=2), nn.ReLU()),
# }
# for name, middle in middles.items():
#     network = small_network(middle, seed=0)
#     train(network, few, epochs=2, device=device)
#     count = sum(parameter.numel() for parameter in middle().parameters())
#     print(f"{name}: {count:,} parameters, accuracy {evaluate(network, data.loader('test'), device=device):.1%}")

# %% [markdown]
# On MNIST, with three seeds each (test accuracy in %):
#
# | in the middle | parameters there | seed 0 | seed 1 | seed 2 | mean |
# |---|---:|---:|---:|---:|---:|
# | inception block: 1×1, 3×3, 5×5 | 4,504 | 90.9 | 92.0 | 92.3 | 91.7 |
# | 3×3 convolution | 3,480 | 91.1 | 90.9 | 91.6 | 91.2 |
# | 5×5 convolution | 9,624 | 93.0 | 93.1 | 94.0 | 93.4 |
#
# The block is about as good as the 3×3 convolution: 0.5 points better on average, but worse with seed 0. The 5×5 convolution is
# best with each seed, with about twice the parameters. So nothing here shows that it pays to look at several scales. MNIST's
# digits were all scaled to one size, so perhaps there is not much to gain. On photographs, where things are near and far, that
# may be different; we have not tested it.

# %% [markdown]
# ## Task `residual-block`: learn what to change
#
# *Batch norm* (`nn.BatchNorm2d`) shifts and scales each channel to mean 0 and variance 1, then applies a learned scale and shift.
# In train mode, it takes the mean and variance over all images of the batch and all places of the map; in eval mode, it uses
# running averages that it kept while training. That is one more reason to call `model.eval()`, and the reason why these averages
# are saved with the weights.
#
# - The **main road**: convolution 3×3, batch norm, ReLU, convolution 3×3, batch norm. The first convolution goes from `in_channels` to
#   `out_channels`, the second stays there. Both have padding 1 and no bias (the batch norm that follows adds one of its own).
# - The **skip**: the input itself. Where `in_channels` and `out_channels` differ, the two can't be added; there, and only there,
#   the skip is a 1×1 convolution without bias, followed by batch norm.
# - The two are summed, and a ReLU comes **after** the sum.

# %% [markdown]
# ![The residual block. On the main road, x goes through a convolution 3×3, batch norm, ReLU, a convolution 3×3 and batch norm. On the skip, x stays as it is; where the numbers of channels differ, it goes through a convolution 1×1 and batch norm. The two are summed, and a ReLU follows.](diagrams/residual.png)


# %% nbgrader={"grade": false, "grade_id": "residual-block", "locked": false, "schema_version": 3, "solution": true, "task": false}
class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a skip connection: (N, in_channels, H, W) to (N, out_channels, H, W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """Make the main road's layers and, only where the channels differ, the skip's 1×1 convolution and norm."""
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.skip = nn.Identity()
        if in_channels != out_channels:
            self.skip = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False),
                nn.BatchNorm2d(out_channels),
            )
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return relu(main road of x + skip of x)."""
        ### BEGIN SOLUTION
        y = self.norm1(self.conv1(x))
        y = F.relu(y)
        y = self.norm2(self.conv2(y))
        y = y + self.skip(x)
        return F.relu(y)
        ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "residual-block-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# check("residual-block")

# %% [markdown]
# A skip does not mean that an untrained block changes little. Batch norm gives what is added a spread of 1, whatever the
# input is: for inputs of about that size (normal random numbers after a ReLU), the length of `block(x) - x` is 1.09 times the
# length of `x`. (If you set the scale of the last batch norm to 0
# before the training, the block begins as the identity, as far as `x` has no negative values. Some deep networks begin like
# that.)
#
# Blocks are layers like any other: they go into `nn.Sequential`, and into your own network in notebook 4.2 if you like. The next
# cell trains a network of ten blocks one after the other, and then one of the same convolutions and batch norms without any skip.
# Both see 10,000 images once, which takes about 15 seconds on 2 CPU cores. **Predict**: how far apart are they?

# %% tags=["active-ipynb"]
# def deep_network(block, seed):
#     """A convolution, then ten blocks `block()` of two convolutions each, all with 16 channels, on 7×7 places."""
#     torch.manual_seed(seed)
#     before = [nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
#     after = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
#     return nn.Sequential(*before, *[block() for _ in range(10)], *after)
#
#
# def without_skip():
#     """Twice: convolution, batch norm, ReLU."""
#     layers = [[nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()] for _ in range(2)]
#     return nn.Sequential(*layers[0], *layers[1])
#
#
# for name, block in [("with skips", lambda: ResidualBlock(16, 16)), ("without skips", without_skip)]:
#     network = deep_network(block, seed=0)
#     history = train(network, few, epochs=1, device=device)
#     accuracy = evaluate(network, data.loader("test"), device=device)
#     print(f"{name}: training loss {history[-1]['loss']:.2f}, accuracy on the test images {accuracy:.2%}")

# %% [markdown]
# On MNIST, with three seeds each (test accuracy in %):
#
# | 21 convolutions | seed 0 | seed 1 | seed 2 | mean |
# |---|---:|---:|---:|---:|
# | with skips: ten residual blocks | 78 | 90 | 74 | 80 |
# | without skips | 48 | 33 | 46 | 43 |
#
# Both have batch norm, so in both the gradient reaches the first layer. Yet the chain without skips learns far more slowly. One
# explanation: each of its layers must first learn to pass on what the layers before it found, while a skip passes it on from the
# start. That is what skips help with: deep networks learn faster. (So short a training depends much on luck, as the
# three seeds show.)

# %% [markdown]
# ## Another data set: letters
#
# Are your blocks good for digits only? Here is a data set that you make yourself: ten capital letters, drawn with the fonts
# that matplotlib brings along, each time in another size, moved and turned a little. The small network with your inception
# block learns from 3,000 drawings in six fonts. Then it is tested twice: on new drawings in the same six fonts, and on drawings
# in eight fonts that it has never seen, and which, unlike most of the six, have serifs. **Predict**, for both: how many will it
# read right? This takes about 10 seconds on 2 CPU cores.

# %% tags=["active-ipynb"]
# LETTERS = "ACEFHJKMRX"
# KNOWN = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Bold", "cmss10"]
# NEW = ["DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic", "cmr10", "cmb10", "cmti10", "cmtt10"]
#
#
# def letter(character, font, random):
#     """One letter, light on dark, 28×28, of a random size, moved and turned a little."""
#     face = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{font}.ttf", int(random.integers(18, 26)))
#     picture = Image.new("L", (28, 28))
#     ImageDraw.Draw(picture).text((14, 14), character, fill=255, font=face, anchor="mm")
#     move = tuple(random.uniform(-2, 2, 2))
#     return picture.rotate(random.uniform(-15, 15), Image.Resampling.BICUBIC, translate=move)
#
#
# def letters(fonts, each, seed):
#     """Images (N, 1, 28, 28) from 0 to 1 of every letter in every font, `each` times, and labels (N,): places in LETTERS."""
#     random = np.random.default_rng(seed)
#     labels = torch.arange(len(LETTERS)).repeat(len(fonts) * each)
#     names = [font for font in fonts for _ in range(len(LETTERS) * each)]
#     pictures = [np.asarray(letter(LETTERS[label], font, random)) for label, font in zip(labels, names)]
#     return torch.from_numpy(np.stack(pictures))[:, None].float() / 255, labels
#
#
# def letter_tests(seed):
#     """Train on the known fonts; the accuracy on new drawings in these fonts, and on drawings in new fonts."""
#     network = small_network(lambda: InceptionBlock(16, 8), seed)  # this sets the seed, too
#     images, labels = letters(KNOWN, 50, seed=0)
#     order = torch.randperm(len(images))
#     train(network, TensorLoader(images[order], labels[order], 64), epochs=5, device=device)
#     return [evaluate(network, TensorLoader(*letters(fonts, 20, seed=1)), device=device) for fonts in (KNOWN, NEW)]
#
#
# figure, axes = plt.subplots(2, 10, figsize=(9, 2.2), layout="constrained")
# for row, fonts in zip(axes, [KNOWN, NEW]):
#     for axis, character, index in zip(row, LETTERS, range(10)):
#         font = fonts[index % len(fonts)]
#         axis.imshow(letter(character, font, np.random.default_rng(index)), cmap="gray")
#         axis.set_title(font.replace("DejaVu", "").replace("General", "\n"), fontsize=7)
#         axis.axis("off")
# plt.show()
#
# known, new = letter_tests(seed=0)
# print(f"right of new drawings in the six known fonts: {known:.1%}; in the eight new fonts: {new:.1%}")

# %% [markdown]
# With three seeds each (accuracy in %):
#
# | tested on | seed 0 | seed 1 | seed 2 | mean |
# |---|---:|---:|---:|---:|
# | new drawings in the six known fonts | 97.3 | 98.2 | 98.4 | 98.0 |
# | drawings in the eight new fonts | 84.1 | 84.4 | 83.1 | 83.9 |
#
# The network has seen none of these drawings. Yet the first test is much easier than the second: a new drawing in a known font is
# nearly a copy of one from the training. Had we mixed all drawings and split them at random, we would have measured the first
# line only, and expected too much of new fonts. So ask of every test set: does it differ from the training data as later data
# will? (MNIST was made with care there: nobody who wrote digits for its training part wrote any for its test part.)
#
# ## Sure, and wrong
#
# What does a network for *digits* say about letters? It has to name a digit. Is it at least unsure? The next cell asks the
# network that you trained in notebook 4.2, about digits, about letters, and about noise. Its *confidence* is the largest of its
# ten probabilities.

# %% tags=["active-ipynb"]
# digit_network = borrow("BetterCNN")()
# if Path("weights/better_cnn.pt").exists():
#     digit_network.load_state_dict(torch.load("weights/better_cnn.pt", map_location="cpu", weights_only=True))
# else:
#     print("There is no weights/better_cnn.pt yet (notebook 4.2 makes it): a network is trained in its place.")
#     train(digit_network, few, epochs=3, device=device)
#
# asked, _ = letters(KNOWN + NEW, 10, seed=2)
# for name, given in [("digits", data.test_images), ("letters", asked), ("noise", torch.rand(1000, 1, 28, 28))]:
#     confidence = predict(digit_network, given, device).softmax(1).max(1).values
#     shares = ", ".join(f"above {limit:.0%} for {(confidence > limit).float().mean():.1%}" for limit in (0.9, 0.99))
#     print(f"{name:8} the confidence is {shares}")
#
# probabilities = predict(digit_network, asked, device).softmax(1)
# surest = [int(probabilities[i::10].max(1).values.argmax()) * 10 + i for i in range(10)]  # of each letter
# figure, axes = plt.subplots(1, 10, figsize=(9, 1.4), layout="constrained")
# for axis, place in zip(axes, surest):
#     axis.imshow(asked[place, 0], cmap="gray")
#     axis.set_title(f"{int(probabilities[place].argmax())}: {probabilities[place].max():.1%}", fontsize=8)
#     axis.axis("off")

# %% [markdown]
# Our network, trained on MNIST, has a confidence above 90 % for 98.1 % of the test digits, and for 43 % of the letters; above
# 99 % for 94.4 % of the digits, and for 21 % of the letters. No letter is a digit, so each of these answers is wrong, and sure of
# itself.
#
# The softmax shares out 100 % among ten digits; "none of these" is not among the answers. The network could still give each
# digit 10 %, but nothing in its training asks for that: the loss wants large differences between the logits for whatever has
# the strokes of a digit, and letters are made of such strokes. A confidence of 99 % says that this digit fits far better than
# the other nine, *if* the picture is like those of the training. Whether it is, the network was never taught to say. It is
# hardly ever sure of noise, but you can't rely on that.
#
# A limit helps a little: if only answers above 99 % count, 79 % of the letters are refused, but so are 5.6 % of the real digits.
# It may help more to train with a class "something else", though the network then learns only the kinds of things that you show
# it. In any case, try a network on things that it was not made for before you rely on its confidence.

# %% [markdown]
# ## A question to answer in words
#
# The branch model sums its branches; the inception block concatenates them. Suppose `BranchModel` concatenated instead: which
# layers would change, and how many parameters would the network have then, against how many now? What could the network express
# with concatenation that it can't with the sum? And why does a residual block nevertheless use a sum? In the table after the task
# `branch-model`, the network is best without its 1×1 branch. Give a possible reason, and describe an experiment that would tell
# whether you are right; you need not run it. (Seven sentences are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-merges", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Only the first fully connected layer would change: its input would be 32 · 14 · 14 = 6,272 values in place of 3,136, so it would
# have 802,944 parameters in place of 401,536, and the network 804,682 in place of 403,274. With concatenation the next layer has
# a weight for each branch, so it can use the 5×5 maps and ignore the 1×1 maps at the same channel, or subtract one from the
# other; with the sum both share one weight, and what they contributed can't be told apart again. A residual block uses the sum
# because one of its summands is the input itself: the width stays the same however many blocks follow each other, the block only
# has to learn the change, and the derivative of the sum contains a 1 that carries the gradient past the block. (Concatenating the
# input works as well, as dense networks do it, but then the width grows with depth.) A possible reason for the table: a 1×1
# convolution of a grey image sees no neighbours, so after its ReLU each of its maps is only the picture with another contrast and
# brightness. It brings nothing that the 5×5 convolution could not find, and in the sum this copy covers the answers of the 5×5
# filters, which the next layer needs. Experiment: replace the 1×1 convolution by a 3×3 with padding 1 and train both with three
# seeds; if I am right, the network is then as good as the 5×5 branch alone or better. (We ran it: 97.8, 97.9 and 97.8 %, 97.8 on
# average. So the sum as such does no harm.) But
# concatenated, where nothing covers anything, the 1×1 branch costs half a point, too. So covering can't be the whole reason:
# with one input, PyTorch draws its first weights from ±1, five times as far as those of the 5×5, and its maps may drown the
# others. To tell these two apart, one would start the 1×1 branch with weights a fifth as large.
# ### END SOLUTION

# %% [markdown]
# ## To go further
#
# - He, Zhang, Ren and Sun, [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385) (2015): the residual
#   block, and networks of 152 layers
# - Szegedy and others, [Going Deeper with Convolutions](https://arxiv.org/abs/1409.4842) (2014): the inception block, with 1×1
#   convolutions that squeeze the channels first
# - Nguyen, Yosinski and Clune, [Deep Neural Networks are Easily Fooled](https://arxiv.org/abs/1412.1897) (2014): pictures of
#   nothing of which networks are 99.99 % sure
# - [`torch.nn`](https://docs.pytorch.org/docs/stable/nn.html): all the layers that PyTorch has

# %% [markdown]
# ## Hand in
#
# This is the last notebook. Save all of them first (*File → Save All*). The cell below packs `submission.zip` from what is
# *saved* in this folder, and says what is missing from it. You may pack as often as you like.

# %% tags=["active-ipynb"]
# pack()
