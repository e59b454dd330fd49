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
# # 4.2 A better network, and your best one
#
# In 4.1 a network with one convolution came to about 98.5 %. Here you build a deeper one that has a tenth of its
# parameters and makes fewer mistakes, and train it in three epochs. Then the field is yours: a network of your own design,
# and credit that rises with its accuracy. On the way you learn how to tell a better network from a lucky one.
#
# The notebook trains two networks. On MNIST and two CPU cores the first takes 20 seconds; the second is your own design, and takes as
# long as you let it: our own takes 11 minutes. On the small set of digits both take seconds. A GPU takes less; we did not measure
# how much.

# %%
import torch
from torch import nn
from torch.nn import functional as F

from autograder.training.recipes import Recipe

# %% tags=["active-ipynb"]
# from pathlib import Path
#
# import matplotlib.pyplot as plt
#
# from autograder.data import load_data, perturb
# from autograder.notebook import best_device, check
# from autograder.pictures import confusion_matrix, worst_mistakes
# from autograder.training.recipes import fit, jitter, predict
#
# data = load_data()
# device = best_device()
# Path("weights").mkdir(exist_ok=True)
# print(data.description)
# print(f"Networks run on: {device}")

# %% [markdown]
# ## What a second stage sees
#
# A unit behind the first 5×5 convolution sees 5×5 pixels: enough for a piece of stroke, an edge, an end. What tells a 3
# from an 8 is how such pieces lie to each other. A second convolution looks at the *maps* of the first: "a stroke end here,
# a curve to the right of it".
#
# How much of the image does a unit see? That region is its *receptive field*. Go through the layers with two numbers: the side
# $r$ of the field, and the distance $j$ in pixels between the fields of two neighbouring units. At the image both are 1.
# A layer with kernel $k$ and stride $s$ makes of them
#
# $$r \leftarrow r + (k - 1)\,j, \qquad j \leftarrow s\,j.$$
#
# Since $j$ doubles with each pooling, the same small kernel reaches further and further. A 3×3 convolution behind a pooling
# spans 6×6 units of the map before the pooling, with 9 weights instead of 36.

# %% tags=["active-ipynb"]
# side, step = 1, 1
# for layer, kernel, stride in [("conv 5×5", 5, 1), ("pool 2×2", 2, 2), ("conv 3×3", 3, 1), ("pool 2×2", 2, 2)]:
#     side, step = side + (kernel - 1) * step, stride * step
#     print(f"after {layer}: a unit sees {side:2d}×{side:<2d} pixels, neighbours are {step} apart")

# %% [markdown]
# ### Why the widths shrink, and sometimes grow
#
# | after | values for one image |
# |---|---|
# | image | 1 × 28 × 28 = 784 |
# | conv 30@5×5 and pool | 30 × 12 × 12 = 4,320 |
# | conv 15@3×3 and pool | 15 × 5 × 5 = 375 |
# | fully connected | 128, then 50, then 10 |
#
# Each stage keeps less about *where* and more about *what*. This network tapers its channels too, from 30 to 15: behind the
# flattening waits the first fully connected layer, and its weights are the 375 inputs times 128. In `SimpleCNN` they are
# 4,608 times 128, nearly all of its 592,074 parameters.
#
# Most modern networks go the other way: when pooling quarters the places, they double the channels. There are more kinds of
# large part than of small ones, and fewer places to compute them at, so it costs no more work. Keep that in mind for
# your own design.

# %% [markdown]
# ## Task `better-cnn`: build it
#
# | step | what |
# |---|---|
# | 1 | convolution, 30 channels out, kernel 5×5, no padding; ReLU; max-pooling 2×2 |
# | 2 | convolution, 15 channels out, kernel 3×3, no padding; ReLU; max-pooling 2×2 |
# | 3 | dropout, rate 0.2, in training only |
# | 4 | flatten |
# | 5 | fully connected, 128 outputs; ReLU |
# | 6 | fully connected, 50 outputs; ReLU |
# | 7 | fully connected, 10 outputs: the logits |


# %% [markdown]
# ![BetterCNN. An image goes through a convolution 5×5, ReLU and pooling 2×2, which gives 30 maps; a convolution 3×3, ReLU and pooling 2×2, which gives 15 smaller maps; dropout 0.2 and flatten; and three fully connected layers with 128, 50 and 10 outputs, the first two followed by ReLU.](diagrams/better_cnn.png)


# %% nbgrader={"grade": false, "grade_id": "better-cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
class BetterCNN(nn.Module):
    """Two convolutions, three fully connected layers: (N, 1, 28, 28) images to (N, 10) logits."""

    def __init__(self) -> None:
        """Make the layers that have parameters: two convolutions and three fully connected layers."""
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 30, kernel_size=5)
        self.conv2 = nn.Conv2d(30, 15, kernel_size=3)
        self.fc1 = nn.Linear(15 * 5 * 5, 128)
        self.fc2 = nn.Linear(128, 50)
        self.fc3 = nn.Linear(50, 10)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take images (N, 1, 28, 28) with values in [0, 1] through the seven steps; return logits (N, 10)."""
        ### BEGIN SOLUTION
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2)  # (N, 30, 12, 12)
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)  # (N, 15, 5, 5)
        x = F.dropout(x, 0.2, training=self.training)
        x = torch.flatten(x, 1)  # (N, 375)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
        ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "better-cnn-check", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
# check("better-cnn")

# %% [markdown]
# ## A faster way to train
#
# In 4.1 the learning rate stood still. That is a compromise: large steps get far, small steps settle. The *one-cycle* schedule
# (Leslie Smith, 2018) does one after the other. It starts small, while the weights are still random and gradients wild;
# climbs in the first quarter to a rate ten times that of 4.1, which could not be kept up for long; and sinks to
# nearly nothing, so that the weights come to rest. A table below shows what that brings.

# %% tags=["active-ipynb"]
# steps = 3 * len(data.loader("train"))
# optimizer = torch.optim.AdamW([nn.Parameter(torch.zeros(1))])
# schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps, pct_start=0.25, cycle_momentum=False)
# rates = []
# for _ in range(steps):
#     rates.append(schedule.get_last_lr()[0])
#     optimizer.step()
#     schedule.step()
#
# figure, axis = plt.subplots(figsize=(6, 2.5), layout="constrained")
# axis.plot(rates, label="one cycle")
# axis.axhline(0.001, linestyle="--", color="gray", label="as in 4.1")
# axis.set(xlabel="step (batch)", ylabel="learning rate")
# axis.legend();

# %% [markdown]
# `fit(model, data, recipe, device)` does this for you. It is a Torchbearer trial, as in 4.1, but not only the schedule is another:
#
# - The optimiser is `AdamW`: Adam that also shrinks the weights a little in each step (*weight decay*). Its running averages
#   forget sooner: `betas=(0.7, 0.9)` in place of `(0.9, 0.999)`.
# - Three callbacks: one sets the learning rate, one augments the images (below), and one remembers the weights of the epoch with the best
#   *validation* accuracy and puts them back at the end (with `averaging`, see below, the average of the last weights stands there instead).
#
# `Recipe` holds the numbers. The source is short: run `fit??` in a cell of your own to read it. Which of these changes helps? `BetterCNN` on
# MNIST, three seeds each:
#
# | optimiser | learning rate | epochs | test %, mean |
# |---|---|---:|---:|
# | Adam, as in 4.1 | always 0.001 | 3 | 98.7 |
# | AdamW with the betas of `fit` | always 0.001 | 3 | 98.7 |
# | Adam, as in 4.1 | one cycle up to 0.01 | 3 | 99.2 |
# | AdamW with the betas of `fit` | one cycle up to 0.01 (this is `fit`) | 3 | 99.2 |
# | Adam, as in 4.1 | always 0.001 | 10 | 99.2 |
#
# It is the schedule that helps: with it, three epochs reach what takes ten without it. The other optimiser alone brings nothing here.
#
# ### Three parts, three jobs
#
# | part | for | you may look |
# |---|---|---|
# | training | fitting the weights | all the time |
# | validation | every choice: epochs, learning rates, layers, which of two runs to keep | as often as you like |
# | test | one honest number at the end | once |
#
# Why not choose on the test images? Because choosing is a kind of learning. Of ten equally good runs one looks best, by luck
# of these 10,000 images. Report its test accuracy and you report the luck, which the next 10,000 images will not share.
# The validation number of the chosen run is flattered in just that way; the test number stays clean only while nothing was
# decided by it.


# %%
def better_recipe(data_name: str) -> Recipe:
    """How `BetterCNN` is trained: few passes over MNIST, more over the small set of digits."""
    return Recipe(epochs=3 if data_name == "mnist" else 30, max_lr=0.01)


# %% [markdown]
# ## Task `better-cnn-accuracy`: train it
#
# Make a `BetterCNN` called `model`, train it by `better_recipe(data.name)` with `fit`, keep what it returns as `history`, and
# save the model's *state dict* (its weights by name, no code) as `weights/better_cnn.pt` with `torch.save`. You hand
# that file in. On MNIST this takes 20 seconds on two CPU cores; expect about 99.15 %.

# %% tags=["active-ipynb"] nbgrader={"grade": false, "grade_id": "better-cnn-accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
# torch.manual_seed(0)
# ### BEGIN SOLUTION
# model = BetterCNN()
# history = fit(model, data, better_recipe(data.name), device)
# torch.save(model.state_dict(), "weights/better_cnn.pt")
# ### END SOLUTION

# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "better-cnn-accuracy-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# check("better-cnn-accuracy")

# %% [markdown]
# The check above sees only whether the file fits the network. The marking measures the accuracy, on test images that are
# each moved by up to 1.5 pixels and turned by up to 8 degrees, so that nobody gains by having learnt the public test images by
# heart. Measure both ways:

# %% tags=["active-ipynb"]
# def report(model, title):
#     """Print the accuracy on the test images as they are, and moved and turned, each with its uncertainty."""
#     for what, images in [("as they are", data.test_images), ("moved and turned", perturb(data.test_images, seed=0))]:
#         right = predict(model, images, device).argmax(1) == data.test_labels
#         share, count = right.float().mean().item(), len(right)
#         sd = (share * (1 - share) / count) ** 0.5
#         print(f"{title}, test images {what}: {share:.2%} ± {sd:.2%} ({count - int(right.sum())} of {count} wrong)")
#
#
# def learning_curves(history):
#     """Draw loss and accuracy of training and validation against the epochs."""
#     epochs = range(1, len(history) + 1)
#     figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
#     for axis, key, title in zip(axes, ["loss", "acc"], ["loss", "accuracy"]):
#         axis.plot(epochs, [epoch[key] for epoch in history], marker="o", label="training")
#         axis.plot(epochs, [epoch["val_" + key] for epoch in history], marker="o", label="validation")
#         axis.set(title=title, xlabel="epoch")
#         axis.xaxis.get_major_locator().set_params(integer=True)
#         axis.grid(alpha=0.3)
#         axis.legend()
#     plt.show()
#
#
# report(model, "BetterCNN")
# learning_curves(history)

# %% [markdown]
# Training accuracy below validation accuracy is no mistake here: it is an average over an epoch in which the weights were
# still improving, and it is taken with dropout on.
#
# ### How sure is such a number?
#
# Each test image is a coin that comes up "right" with probability $p$. Over $n$ images the share of right answers varies by
#
# $$\text{sd} = \sqrt{\frac{p\,(1-p)}{n}},$$
#
# which for $p = 0.99$ and $n = 10{,}000$ is 0.10 percentage points. So 99.1 % against 99.2 % on different test sets
# says nothing. Two networks on the *same* images share the hard ones, and their difference is a little surer than that;
# but then there is the seed, which moves the first weights and the order of the batches, and shifts the accuracy by another 0.01
# to 0.07 points (column *sd* in the tables below). (At 100 % the formula gives 0; don't believe it.) Before you call a change an
# improvement, train with three seeds.
#
# ### The worst mistakes
#
# These are the test images to whose true digit the network gave the smallest probability. Some are badly written, some are
# arguably mislabelled, and some are plainly the network's fault.

# %% tags=["active-ipynb"]
# worst_mistakes(predict(model, data.test_images, device), data.test_images, data.test_labels)

# %% [markdown]
# ## Two things worth having
#
# **Batch normalisation.** As the weights of one layer change, the values that the next one gets drift and stretch. `nn.BatchNorm2d(c)`,
# between convolution and ReLU, brings each of $c$ channels to mean 0 and spread 1 and then gives it a learnt
# scale and shift. Mean and spread are those of all values of the channel in the batch: of all images, at all places of the map. Large learning rates become safe, so deep networks train in few epochs. The convolution before it needs no
# bias, since the mean is taken off anyway. In eval mode it uses averages from training, not the batch at hand: an image's
# answer must not depend on its neighbours. So, like dropout, it makes `model.eval()` matter.
#
# **Augmentation.** A 7 moved by a pixel or turned by a few degrees is still a 7, but to the network it is a new image. Moving
# and turning each image anew in each epoch means that it never sees the same image twice, and can't learn images by heart; and
# it is told what should not matter. Too much does harm: turned far enough, a 6 is a 9. The training loss
# rises with augmentation, since the task is harder. Look at the validation accuracy.

# %% tags=["active-ipynb"]
# digit = data.train_images[:1]
# figure, axes = plt.subplots(1, 9, figsize=(10, 1.6), layout="constrained")
# for number, (axis, picture) in enumerate(zip(axes, torch.cat([digit, jitter(digit.repeat(8, 1, 1, 1), 2, 10)]))):
#     axis.imshow(picture[0], cmap="gray")
#     axis.set_title("original" if number == 0 else f"epoch {number}", fontsize=9)
#     axis.axis("off")

# %% [markdown]
# ## Task `best-model`: your own
#
# `best_model()` returns a network of your design, with whatever first weights it has. `best_recipe(data_name)` says how you train it.
# The rules:
#
# - It takes images `(N, 1, 28, 28)` with values in [0, 1] and returns logits `(N, 10)`, no probabilities. If it
#   wants its images normalised, it does so itself.
# - `weights/best_model.pt` holds its state dict, fits the network that `best_model()` makes, and has at most 8 MB: two million
#   parameters.
# - Choose on the validation images. For measuring, the marking takes test images moved and turned as above.
#
# Ideas, roughly by what they bring: two or three stages of 3×3 convolutions with `padding=1`, each with batch norm and
# ReLU, more channels after each pooling; `max_shift=2, max_degrees=10` in the recipe, then `max_stretch` and `max_shear`; a second
# convolution before the first pooling, while the image is still whole; more epochs, once there is augmentation;
# `label_smoothing=0.05`, which asks the network to be a little less than certain; branches and skip connections, which are
# the subject of notebook 4.6. `averaging=0.999` keeps the average of the last thousand steps' weights in place of the best
# epoch's, and `bfloat16=True` halves the time where the processor computes in 16 bits. Widths between 16 and 64 are plenty.
# Try ideas with two epochs first, and give the long run only to what has won the short one.


# %% nbgrader={"grade": false, "grade_id": "best-model", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_model() -> nn.Module:
    """A new network of your own design: (N, 1, 28, 28) images with values in [0, 1] to (N, 10) logits."""

    ### BEGIN SOLUTION
    def convolution(channels_in: int, channels_out: int, kernel_size: int = 3, padding: int = 0) -> nn.Sequential:
        layer = nn.Conv2d(channels_in, channels_out, kernel_size, padding=padding, bias=False)
        return nn.Sequential(layer, nn.BatchNorm2d(channels_out))

    class BranchingCNN(nn.Module):
        """Two stages with a skip connection, then a fine and a coarse branch side by side, concatenated."""

        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(1)  # learns mean and spread of the pixels: the network normalises images itself
            self.strokes = convolution(1, 24, padding=1)
            self.strokes_change = convolution(24, 24, padding=1)
            self.parts = convolution(24, 48, padding=1)
            self.parts_change = convolution(48, 48, padding=1)
            self.fine1 = convolution(48, 80)
            self.fine2 = convolution(80, 80)
            self.coarse = convolution(48, 32, kernel_size=5)
            self.dropout = nn.Dropout(0.3)
            self.fc = nn.Linear((80 + 32) * 3 * 3, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = F.relu(self.strokes(self.norm(x)))
            x = F.max_pool2d(F.relu(x + self.strokes_change(x)), 2)  # (N, 24, 14, 14)
            x = F.relu(self.parts(x))
            x = F.max_pool2d(F.relu(x + self.parts_change(x)), 2)  # (N, 48, 7, 7)
            fine = F.relu(self.fine2(F.relu(self.fine1(x))))  # (N, 80, 3, 3)
            coarse = F.relu(self.coarse(x))  # (N, 32, 3, 3)
            x = torch.cat([fine, coarse], dim=1)
            return self.fc(self.dropout(x.flatten(1)))

    return BranchingCNN()
    ### END SOLUTION


def best_recipe(data_name: str) -> Recipe:
    """How you train it on "mnist" or on the small set "digits"."""
    ### BEGIN SOLUTION
    return Recipe(
        epochs=36 if data_name == "mnist" else 20,
        label_smoothing=0.05,
        max_shift=2,
        max_degrees=12,
        max_stretch=0.15,
        max_shear=0.15,
        averaging=0.999 if data_name == "mnist" else 0.98,
        bfloat16=True,
    )
    ### END SOLUTION


# %% [markdown]
# Now train it. How long depends on your design; ours has 177,828 parameters and on MNIST takes 18 seconds an epoch on two CPU
# cores that compute in 16 bits, 11 minutes for its 36 epochs, and half as long again on cores that don't. You need no
# such training for full credit: two epochs of a plain network with augmentation do.

# %% tags=["active-ipynb"]
# torch.manual_seed(0)
# best = best_model()
# print(f"{sum(parameter.numel() for parameter in best.parameters()):,} parameters")
# best_history = fit(best, data, best_recipe(data.name), device)
# torch.save(best.state_dict(), "weights/best_model.pt")

# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "best-model-check", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# check("best-model")

# %% [markdown]
# Happy with the validation accuracy? Then, and only then, the test images:

# %% tags=["active-ipynb"]
# report(best, "best_model")
# learning_curves(best_history)
# logits = predict(best, data.test_images, device)
# display(confusion_matrix(data.test_labels, logits.argmax(1)))
# worst_mistakes(logits, data.test_images, data.test_labels)

# %% [markdown]
# ## What we reached
#
# On MNIST, over several seeds, with the weights that stood at the end of the training (for the first two: of the best validation epoch);
# *sd* is the standard deviation from seed to seed:
#
# | network | parameters | epochs | minutes | seeds | test % | sd | moved and turned % |
# |---|---:|---:|---:|---:|---:|---:|---:|
# | `BetterCNN` by the recipe above | 59,933 | 3 | 0.3 | 5 | 99.16 | 0.02 | 98.1 |
# | five convolutions in a row, images moved and turned | 75,452 | 8 | 3 | 3 | 99.61 |  | 99.60 |
# | a tiny one: five convolutions of 8 and 16 channels | 7,988 | 24 | 3 | 3 | 99.55 | 0.06 | 99.48 |
# | our best model: branches and merges | 177,828 | 36 | 11 | 5 | 99.70 | 0.01 | 99.71 |
#
# From `BetterCNN` to the second line is half a point on the test images as they are, and one and a half on those moved and turned.
# The next tenth of a point cost twice the parameters and several times the training. So it goes on: the best single networks in the
# published tables reach 99.83 % or 99.84 % (Byerly and others, 2020; *Efficient-CapsNet*, 2021), the first of them after 300 epochs. Ensembles, which
# average several networks, go up to 99.91 % (An and others, 2020), but there the best epoch was chosen on the test images. About 15 of the 10,000 test
# labels are wrong, so a network that is always right reaches about 99.85 %. Whoever is well above that was lucky, or fits wrong labels.
#
# ### What each step bought
#
# Each line has what the lines above it brought, and all are trained alike: smoothed labels, 6 epochs and 3 seeds, a sixth of the best
# model's real training. The plain network is the one of five convolutions in a row from the table above. *Pulled about* are parts of an
# image, each its own way (`wobble`).
#
# | step | test % | sd | moved and turned % | sd |
# |---|---:|---:|---:|---:|
# | plain network, images moved and turned | 99.62 | 0.03 | 99.57 | 0.07 |
# | images stretched and slanted too | 99.60 | 0.07 | 99.54 | 0.06 |
# | network that branches and merges | 99.66 | 0.06 | 99.61 | 0.04 |
# | weights averaged | 99.68 | 0.06 | 99.63 | 0.04 |
# | images pulled about too (not kept) | 99.60 | 0.05 | 99.58 | 0.01 |
#
# Read it with care. With three seeds the mean of a line is known to about 0.03 and the difference of two lines to about 0.05. That network
# and averaging together help is likely, above all on images moved and turned: 0.09 above the second line. That pulling images about
# does harm in so short a training is likely, too. That stretching costs 0.02 cannot be told from luck: on the 15,000 images that
# we held out, in 12 epochs, there were 64 mistakes with it and 70 without, so it stayed. And the training six times as long brings the
# rest, 0.02 on the test images and 0.08 on those moved and turned.
#
# The tiny network of the first table has its images moved, turned, stretched and slanted, each a little less, and its weights averaged.
# With an eighth of the parameters of `BetterCNN` it makes about half as many mistakes. Nearly all of its layers are convolutions, whose
# few weights are used at every place, and batch norm and changed images let it train for long.
#
# What did *not* help us, in short trainings judged on 15,000 images held out from the training part: pulling parts of the image about at
# random (`wobble`); averaging the logits of several turned and stretched copies of an image; averaging the logits of eight
# different networks, which together had 48 images wrong where the best of them had 51: 27 images were wrong for all eight.

# %% [markdown]
# ## A question to answer in words
#
# (a) `BetterCNN` has a tenth of the parameters of `SimpleCNN` and makes fewer mistakes. What does its second convolution give it
# that more parameters in one stage would not? Use the receptive field. (b) A fellow student trains ten networks, picks
# the one with the highest accuracy on the 10,000 test images, 99.31 %, and reports that number; the other nine lie between 99.15 and
# 99.28 %. What is wrong with the report, about how large is the uncertainty of such a number, and what would you have done?
# (Six sentences are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-deeper", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# (a) Behind the first convolution and pooling a unit sees 6×6 pixels, behind the second 10×10 and, pooled, 12×12: nearly half
# of the image's side. A unit of the second stage therefore combines strokes and ends to parts such as a loop or a corner, reuses the 30
# first-stage maps for all of them, and does so at each place with the same weights. More parameters in one stage would give more kinds of
# 5×5 piece, or leave it to the fully connected layer to learn each combination anew at each place. (b) The test images were
# used to choose, so the highest of ten numbers includes the luck of that run on these images and is too high on average.
# The binomial sd is √(0.993 · 0.007 / 10,000) ≈ 0.08 points and seeds add some hundredths, so the ten may all be equally good.
# I would have chosen on validation images and measured that one network on the test images once, or reported mean and spread of
# all ten.
# ### END SOLUTION

# %% [markdown]
# Next: [4.3](4_3_save_and_load.ipynb), where what you trained is kept, and a training that was cut off goes on.
