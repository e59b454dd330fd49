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
# So far every layer had exactly one layer before it and one after it. Nothing demands that: `forward` is ordinary Python, so
# a value may be used twice, and two values may be joined. In this notebook you build a small network with two
# branches, and then the two building blocks that made deep networks practical: the inception block and the residual
# block.

# %%
import torch
import torch.nn.functional as F
from torch import nn

# %% tags=["active-ipynb"]
# import matplotlib.pyplot as plt
#
# from autograder.data import load_data
# from autograder.notebook import best_device, borrow, check, pack
#
# data = load_data()
# device = best_device()
# print(data.description)
# print(f"Networks run on: {device}")

# %% [markdown]
# ## Three ways to merge
#
# **Sum.** Two branches whose outputs have the same shape (N, C, H, W) are added value by value. The result is as large as
# either, and what follows can't tell any more which branch a value came from.
#
# **Concatenation.** The outputs are stacked along the channels: (N, A, H, W) and (N, B, H, W) give (N, A + B, H, W). Nothing is
# lost, and the next layer decides for itself how to weigh the branches, at the price of more channels, so more parameters.
#
# **Skip connection.** One "branch" does nothing at all: `x + f(x)`. The layers in `f` only have to learn what to *change*
# about x. And the gradient gets a road of its own: the derivative of `x + f(x)` is `1 + f'(x)`, so even where f' is tiny, the
# 1 passes the gradient on. In a chain of twenty layers without skips, twenty factors are multiplied,
# and if most of them are below one, almost nothing arrives at the first layer. The next cell shows it.

# %% tags=["active-ipynb"]
# def gradients(skip, depth=20, channels=8):
#     """The size of the gradient at each layer of an untrained chain of convolutions."""
#     torch.manual_seed(0)
#     layers = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth)])
#     x = torch.rand(16, channels, 14, 14)
#     for layer in layers:
#         x = x + F.relu(layer(x)) if skip else F.relu(layer(x))
#     x.std().backward()
#     return [layer.weight.grad.norm() for layer in layers]
#
#
# figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
# for skip, label in [(False, "plain: relu(conv(x))"), (True, "skip: x + relu(conv(x))")]:
#     axis.semilogy(range(1, 21), gradients(skip), marker="o", label=label)
# axis.set(title="what the loss tells each layer, before training", xlabel="layer", ylabel="norm of the gradient")
# axis.set_xticks(range(1, 21))
# axis.grid(alpha=0.3)
# axis.legend();

# %% [markdown]
# **1×1 convolutions.** A kernel of one pixel sees no neighbourhood at all. What it does is mix *channels*: at each pixel it takes
# the C values there and makes new ones, the same little linear layer at every place. That makes it the adapter of
# branched networks, since it changes the number of channels and leaves height and width alone. It also saves: a 5×5
# convolution from 64 to 64 channels has 64 · 64 · 25 = 102,400 weights. Squeezed to 16 channels by a 1×1 convolution first, it
# takes 64 · 16 + 16 · 64 · 25 = 26,624.
#
# **Padding.** Branches can only be merged if height and width agree. A k×k kernel (k odd) without padding takes k − 1 off each
# side length; a padding of (k − 1)/2 gives it back.

# %% [markdown]
# ## Task `branch-model`: two branches, one sum
#
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
# Two epochs, with the `train` and `evaluate` that you wrote in notebook 4.1 (`borrow` fetches them from there).
# This took 20 seconds on 2 CPU cores; a GPU takes less, but we have not measured it on yours.

# %% tags=["active-ipynb"]
# train = borrow("train")
# evaluate = borrow("evaluate")
#
# torch.manual_seed(0)
# model = BranchModel()
# history = train(model, data.loader("train"), epochs=2, device=device)
# print(f"training accuracy: {history[-1]['acc']:.2%}")
# print(f"accuracy on the test images: {evaluate(model, data.loader('test'), device=device):.2%}")

# %% [markdown]
# ## Task `inception-block`: look at several scales at once
#
# How large should a kernel be? An inception block does not choose: it runs a 1×1, a 3×3 and a 5×5 convolution
# side by side on the same input, with paddings 0, 1 and 2, so that the three outputs have the input's height and width.
# Each is followed by a ReLU. Then they are concatenated on the channels, **in the order 1×1, 3×3, 5×5**.


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
# ## Task `residual-block`: learn what to change
#
# The main road: convolution 3×3, batch norm, ReLU, convolution 3×3, batch norm. Both convolutions have padding 1 and no bias (the
# batch norm that follows adds one of its own). The skip: the input itself. Where `in_channels` and `out_channels` differ the
# two can't be added; there, and only there, the skip is a 1×1 convolution without bias, followed by batch norm. The two roads are
# summed, and a ReLU comes **after** the sum.
#
# *Batch norm* (`nn.BatchNorm2d`) shifts and scales each channel to mean 0 and variance 1, then applies a learned scale and shift. In
# train mode it uses the mean and variance of the batch, in eval mode running averages that it kept while training. That is
# one more reason to call `model.eval()`, and the reason why these averages are saved with the weights.


# %% nbgrader={"grade": false, "grade_id": "residual-block", "locked": false, "schema_version": 3, "solution": true, "task": false}
class ResidualBlock(nn.Module):
    """Two 3×3 convolutions and a skip connection: (N, in_channels, H, W) to (N, out_channels, H, W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        """Make the main road's layers and, only where the widths differ, the skip's 1×1 convolution and batch norm."""
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
# Blocks are layers like any other: they go into `nn.Sequential`, and into your own network in notebook 4.2 if you like.

# %% tags=["active-ipynb"]
# network = nn.Sequential(
#     InceptionBlock(1, 8),
#     nn.MaxPool2d(2),
#     ResidualBlock(24, 32),
#     ResidualBlock(32, 32),
#     nn.AdaptiveAvgPool2d(1),
#     nn.Flatten(),
#     nn.Linear(32, 10),
# )
# print("logits:", tuple(network(data.test_images[:5]).shape))
# print(f"parameters: {sum(parameter.numel() for parameter in network.parameters()):,}")

# %% [markdown]
# ## A question to answer in words
#
# The branch model sums its branches; the inception block concatenates them. Suppose `BranchModel` concatenated instead: which
# layers would change, and how many parameters would the network have then, against how many now? What could the network
# express with concatenation that it can't with the sum? And why does a residual block nevertheless use a sum? (Five sentences
# are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-merges", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Only the first fully connected layer would change: its input would be 32 · 14 · 14 = 6,272 values in place of 3,136, so it
# would have 802,944 parameters in place of 401,536, and the network 804,682 in place of 403,274. With concatenation
# the next layer has a weight for each branch, so it can use the 5×5 maps and ignore the 1×1 maps at the same channel, or subtract
# one from the other; with the sum both share one weight, and what they contributed can't be told apart again. A residual
# block uses the sum because one of its summands is the input itself: the width stays the same however many blocks
# follow each other, the block starts near the identity and learns the change, and the derivative of the sum contains a 1 that
# carries the gradient past the block. (Concatenating the input works as well, as dense networks do it, but then the width grows with depth.)
# ### END SOLUTION

# %% [markdown]
# ## Hand in
#
# This is the last notebook. Save all of them first (*File → Save All*). The cell below packs `submission.zip` from what is
# *saved* in this folder, and says what is missing from it. You may pack as often as you like.

# %% tags=["active-ipynb"]
# pack()
