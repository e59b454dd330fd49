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
# # 4.1 A simple convolutional network
#
# In this notebook you compute a convolution by hand, build a small convolutional network in PyTorch, train it on
# handwritten digits with Torchbearer, and count its values and parameters. You meet four pieces of image
# networks: convolution, activation, pooling and dropout.
#
# **Time.** An hour and a half to two hours for you; about a minute for the computer, on 2 CPU cores.
#
# **How the notebooks work.** Replace each `raise NotImplementedError()` (and the comment above it) by your code. The
# *check cell* after each task says what is right, what is not yet, and how many points you have. Run it as often as
# you like; it changes nothing. The final marking runs the same checks with other numbers, and some more.
#
# **Predict.** Where you read this word, write down what you expect *before* you run the next cell, on paper or in a
# cell of your own. Nobody marks it; you learn most where you were wrong.

# %%
import torch
import torch.nn.functional as F
import torchbearer
from torch import nn
from torchbearer import Trial

# %% tags=["active-ipynb"]
# import matplotlib.pyplot as plt
#
# from autograder.data import load_data
# from autograder.notebook import best_device, check
# from autograder.pictures import confusion_matrix, one_window, over_channels, way_through, worst_mistakes
# from autograder.training.recipes import predict
#
# data = load_data()
# device = best_device()
# print(data.description)
# print(f"Networks run on: {device}")

# %% [markdown]
# ## The data
#
# A *tensor* is PyTorch's array. Images come as tensors of shape `(N, 1, 28, 28)`: N images, one channel (grey), 28
# rows, 28 columns, with values from 0 (black) to 1 (white). `data.loader("train")` hands them out in shuffled batches
# of 128.

# %% tags=["active-ipynb"]
# images, labels = next(iter(data.loader("train")))
# print("one batch:", tuple(images.shape), "with labels", tuple(labels.shape))
#
# figure, axes = plt.subplots(2, 8, figsize=(9, 2.7), layout="constrained")
# for axis, image, label in zip(axes.flat, images, labels):
#     axis.imshow(image[0], cmap="gray")
#     axis.set_title(int(label), fontsize=10)
#     axis.axis("off")

# %% [markdown]
# ## What a convolution computes
#
# A convolutional layer slides a small window over the image. The window has a weight for each of its pixels; this
# table of weights is the *kernel*. At each place, the layer multiplies every pixel under the window by its weight,
# adds up the products, and adds one more number, the *bias*. The sums are a new image, a *feature map*. It is large
# where the picture is light under the positive weights and dark under the negative ones. A layer with 32 kernels makes
# 32 feature maps, one *channel* each.
#
# Here is one window of a small image, with a 3×3 kernel and no bias. Check the framed number of the result; then
# change the last two numbers in the cell, the window's row and column, and work out another.

# %% tags=["active-ipynb"]
# small = torch.zeros(6, 6)
# small[1, 1:5] = 1  # the bar of a 7
# small[[2, 3, 4, 5], [4, 3, 3, 2]] = 1
# edges = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
# one_window(small, edges, 2, 2)

# %% [markdown]
# Two decisions are built into this, and both suit images:
#
# - **Locality.** An output sees a small neighbourhood only. Pixels that belong together, such as the two sides of a
#   pen stroke, are neighbours.
# - **Shared weights.** The same kernel is used at every place, so a network learns only once what a vertical stroke
#   is. If the digit moves two pixels to the right, its feature maps move along.
#
# The next cell applies this kernel and its transpose to a digit. These two are made by hand; a network learns its
# own.
#
# **Predict.** What is the result inside a large area of ink, where all pixels are 1? Do the left and the right side
# of a vertical stroke get the same result?

# %% tags=["active-ipynb"]
# kernels = torch.stack([edges, edges.T])[:, None]  # (2 kernels, 1 input channel, 3 rows, 3 columns)
# digit = images[:1]
# maps = F.conv2d(digit, kernels)
# print("in:", tuple(digit.shape), " out:", tuple(maps.shape))
#
# pictures = [digit[0, 0], maps[0, 0], maps[0, 1]]
# titles = ["the image", "edges from dark (left)\nto light (right)", "edges from dark (above)\nto light (below)"]
# figure, axes = plt.subplots(1, 3, figsize=(8, 3), layout="constrained")
# for axis, picture, title, colours in zip(axes, pictures, titles, ["gray", "RdBu_r", "RdBu_r"]):
#     limit = picture.abs().max()
#     axis.imshow(picture, cmap=colours, vmin=0 if colours == "gray" else -limit, vmax=limit)
#     axis.set_title(title, fontsize=10)
#     axis.axis("off")

# %% [markdown]
# Red is positive, blue negative. The weights of each kernel add up to 0, so even areas give 0, black or white. What
# is left are the *edges* of the strokes, and the two sides of a stroke get opposite signs.
#
# ## Task `correlate`: a convolution by hand
#
# Write `correlate(image, kernel)`, which computes what a layer computes with one kernel and no bias. Use the kernel
# as it is. (In mathematics, a convolution turns the kernel by 180° first, and yours is a *cross-correlation*. In deep
# learning, both are called convolution, since the weights are learned anyway.)
#
# - `image` has H rows and W columns, `kernel` has h rows and w columns. Neither has to be square. Both are float32
#   tensors.
# - The window stays inside the image, so the result is a tensor of H − h + 1 rows and W − w + 1 columns. The number
#   in row r and column c comes from the window whose upper left corner is at row r and column c.
#
# Two loops are enough; speed does not count. The check only compares numbers, so it would also pass PyTorch's
# `F.conv2d`. Write it by hand all the same: below, you compare the two.
#
# Then design a kernel. `stroke_kernel()` returns a tensor of 5×5 weights that finds *horizontal* strokes:
#
# - A stroke is a straight line of ink (1) on black (0), 2 to 3 pixels thick, from one side of the image to the other.
#   Above and below a horizontal stroke are at least three rows of black.
# - The kernel's answer to an image is the largest number in `correlate(image, kernel)`.
# - The answer to every horizontal stroke, wherever it is, must be at least 5 % larger than the answer to any vertical
#   stroke, to any stroke that rises or falls at 45°, and to an image that is all ink.
#
# Many kernels do that. Think first: why is a kernel of ones not enough?


# %% nbgrader={"grade": false, "grade_id": "correlate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def correlate(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Return the sums of products (H - h + 1, W - w + 1) of an image (H, W) and a kernel (h, w): a float32 tensor."""
    ### BEGIN SOLUTION
    height, width = kernel.shape
    rows, columns = image.shape[0] - height + 1, image.shape[1] - width + 1
    sums = torch.zeros(rows, columns)
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + height, column : column + width]
            sums[row, column] = (window * kernel).sum()
    return sums
    ### END SOLUTION


def stroke_kernel() -> torch.Tensor:
    """Return a kernel (5, 5) that answers more strongly to horizontal strokes than to other strokes or to ink alone."""
    ### BEGIN SOLUTION
    profile = torch.tensor([-3.0, 1.0, 4.0, 1.0, -3.0])  # ink in the middle, none above and below
    return profile[:, None].repeat(1, 5)
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "correlate-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# check("correlate")

# %% [markdown]
# Does `correlate` agree with PyTorch, and what does your kernel answer to five images?

# %% tags=["active-ipynb"]
# by_torch = F.conv2d(digit, kernels[:1])[0, 0]
# print("largest difference from F.conv2d:", float((correlate(digit[0, 0], edges) - by_torch).abs().max()))
#
# rows, columns = torch.meshgrid(torch.arange(-7.0, 8.0), torch.arange(-7.0, 8.0), indexing="ij")
# slanting = {"rising": (rows + columns) / 2**0.5, "falling": (rows - columns) / 2**0.5}
# distances = {"horizontal": rows, "vertical": columns, **slanting}  # of each pixel from the stroke
# strokes = {name: (1.75 - distance.abs()).clamp(0, 1) for name, distance in distances.items()}
# strokes["all ink"] = torch.ones(15, 15)
# answers = [correlate(stroke, stroke_kernel()) for stroke in strokes.values()]
# limit = max(float(answer.abs().max()) for answer in answers)
#
# figure, axes = plt.subplots(2, 5, figsize=(9, 3.8), layout="constrained")
# for (above, below), (name, stroke), answer in zip(axes.T, strokes.items(), answers):
#     above.imshow(stroke, cmap="gray", vmin=0, vmax=1)
#     above.set_title(name, fontsize=10)
#     below.imshow(answer, cmap="RdBu_r", vmin=-limit, vmax=limit)
#     below.set_title(f"largest: {float(answer.max()):.3g}", fontsize=10)
# for axis in axes.flat:
#     axis.set(xticks=[], yticks=[])

# %% [markdown]
# ## Several input channels
#
# A colour image has three channels, and the second convolution of a network has as many as the first has kernels.
# Then a kernel is a block with one *slice* of weights for each input channel. Each slice slides over its own channel,
# and the results are added up, place by place, to **one** feature map. With 3 input channels and 5×5 windows, a
# kernel has 3 · 5 · 5 = 75 weights and one bias.
#
# The next cell writes a digit in red, in green and in white, which is red, green and blue at once. The weights for
# red are positive, the others negative and half as large.
#
# **Predict.** What is left of each of the three digits in the sum?

# %% tags=["active-ipynb"]
# red, green, white = torch.eye(3)[0], torch.eye(3)[1], torch.ones(3)
# coloured = torch.cat([colour[:, None, None] * digit[0, 0, :, 2:26] for colour in (red, green, white)], dim=2)
# red_alone = torch.stack([torch.full((3, 3), weight) for weight in (1.0, -0.5, -0.5)])
# over_channels(coloured, red_alone)

# %% [markdown]
# Channels can help or cancel each other. That is how a later layer combines what an earlier one found: *a horizontal
# edge here, and no vertical one*.
#
# ## ReLU, and why a network needs something that is not linear
#
# Apart from its bias, a convolution is *linear*: twice the ink, twice the answer. Two linear steps with nothing
# between them are no more than one. Two 5×5 convolutions in a row compute what a single 9×9 convolution can compute,
# and two fully connected layers what one can. However many you stack, each output is only a weighted sum of the
# pixels, plus a bias.
#
# So a network needs steps that are not linear, its *activations*. The simplest is **ReLU**: negative numbers become
# 0, the others stay. After a convolution, it keeps the positive answers of a kernel and drops the negative ones. With
# a ReLU between them, two layers can do what one cannot.
# ## How large is the output?
#
# The window lies inside the image, so the output is a little smaller. Along one side of length `in`, with a kernel of
# length `k`, `p` rows of zeros added at both ends (*padding*) and steps of `s` (*stride*):
#
# $$\text{out} = \left\lfloor \frac{\text{in} + 2p - k}{s} \right\rfloor + 1$$
#
# With the 3×3 kernels above, 28 became (28 + 0 − 3) / 1 + 1 = 26. Height and width are worked out separately, so a
# kernel need not be square.
#
# ## Pooling and dropout
#
# **Max-pooling** 2×2 keeps the largest value of each 2×2 block. A quarter of the values is left, which saves work,
# and small shifts of the digit matter a little less: how much, you will measure. The price: *where* in the block the
# largest value was, and what the other three were, is lost for good.
#
# **Dropout** with rate 0.2 sets each value to zero with probability 0.2 and multiplies the others by 1/0.8, so that
# the expected sum stays the same. As no single value can be relied on, the network learns to spread what it knows.
# That is for training only. When we *use* the network, dropout must be off: random holes would cost accuracy, and two
# runs on one image would give two answers. `model.train()` and `model.eval()` switch the flag `model.training`, and
# the layer `nn.Dropout` follows it by itself. The function `F.dropout` does **not**: it stays on for ever unless you
# hand it the flag, `F.dropout(x, 0.5, training=self.training)`. Nor does a layer that is made in `forward`: it is new
# in each call, and always in train mode.
# ## The calls that you need
#
# The links lead to the documentation. The numbers are examples, not the task's.
#
# | call | what it is |
# |---|---|
# | `nn.Conv2d(3, 16, kernel_size=7)` | [convolution](https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html): 3 channels in, 16 out, windows of 7×7 |
# | `nn.Linear(300, 40)` | [fully connected layer](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html): 40 weighted sums of the same 300 values, each with a bias |
# | `F.relu(x)` | [ReLU](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.relu.html); as a layer, `nn.ReLU()` |
# | `F.max_pool2d(x, 3)` | [max-pooling](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html) 3×3; as a layer, `nn.MaxPool2d(3)` |
# | `F.dropout(x, 0.5, training=…)` | [dropout](https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html), rate 0.5; as a layer, `nn.Dropout(0.5)` |
# | `torch.flatten(x, start_dim=1)` | [flatten](https://docs.pytorch.org/docs/stable/generated/torch.flatten.html): all values of each image in one row |
# | `nn.CrossEntropyLoss()` | [cross-entropy](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html), the loss: how wrong the answers are |
# | `torch.optim.Adam(…, lr=0.1)` | [Adam](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html), an optimiser; `lr` is the *learning rate*: how large its steps are |
# | `Trial(…)` | [Torchbearer's training loop](https://torchbearer.readthedocs.io/en/latest/code/main.html); more on it below |

# %% [markdown]
# ## Task `simple-cnn`: build the network
#
# | step | what |
# |---|---|
# | 1 | convolution, 1 channel in, 32 out, kernel 5×5, no padding |
# | 2 | ReLU |
# | 3 | max-pooling 2×2 |
# | 4 | dropout, rate 0.2 |
# | 5 | flatten: everything but the batch in one row |
# | 6 | fully connected, 128 outputs |
# | 7 | ReLU |
# | 8 | fully connected, 10 outputs: one *logit* a digit |
#
# The *logits* are the network's ten answers; it reads the digit with the largest one. Make the layers that have
# weights in `__init__`, so that the training finds them, and `nn.Dropout` too, if you use it, so that `eval()` does;
# say in `forward` how an image goes through them. You need the number of values that step 5 leaves: use the formula.
# Return the logits as they are, without softmax: the cross-entropy loss contains it.


# %% [markdown]
# ![SimpleCNN. An image of 1 × 28 × 28 goes through a convolution 5×5 and ReLU, which gives 32 maps; max-pooling 2×2 and dropout 0.2, which makes the maps smaller; flatten; a fully connected layer and ReLU, which gives 128 values; and a fully connected layer, which gives 10 logits. The sizes of the maps, and the number of values after flatten, are marked by question marks.](diagrams/simple_cnn.png)


# %% nbgrader={"grade": false, "grade_id": "simple-cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
class SimpleCNN(nn.Module):
    """One convolution, two fully connected layers: (N, 1, 28, 28) images to (N, 10) logits."""

    def __init__(self) -> None:
        """Make the layers that have parameters: one convolution and two fully connected layers."""
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 32, kernel_size=5)
        self.fc1 = nn.Linear(32 * 12 * 12, 128)
        self.fc2 = nn.Linear(128, 10)
        ### END SOLUTION

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take images (N, 1, 28, 28) with values in [0, 1] through the eight steps; return logits (N, 10)."""
        ### BEGIN SOLUTION
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(x, 2)
        x = F.dropout(x, 0.2, training=self.training)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)
        ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "simple-cnn-check", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# check("simple-cnn")

# %% [markdown]
# ## Task `train-evaluate`: train it, measure it
#
# Training repeats one step: run a batch through the network, compare the logits with the labels (the *loss*), work
# out how each weight should change (the *gradient*), change the weights a little (the *optimiser*). Torchbearer wraps
# this loop into a `Trial`. You give it the model, an optimiser, a loss and the names of the metrics you want to see;
# you tell it where the data come from and on which device to compute; and `run` does the rest:
#
# ```python
# trial = Trial(model, optimizer, criterion, metrics=["loss", "acc"]).to(device)
# trial.with_generators(train_generator=loader)
# history = trial.run(epochs=2, verbose=2)    # verbose: 2 a bar for each epoch, 1 one bar in all, 0 silent
# ```
#
# Write `train` with a Torchbearer Trial; a loop of your own that does the same counts, too.
#
# `run` returns the *history*: a list with one dictionary an epoch, `[{"loss": …, "acc": …, …}, …]`. It also switches
# the model to train mode first. A trial measures as well: with `test_generator=loader`,
# `trial.evaluate(data_key=torchbearer.TEST_DATA)` returns `{"test_loss": …, "test_acc": …}`, computed in eval mode
# and without gradients. (For measuring, a trial needs neither optimiser nor loss: `Trial(model, metrics=["acc"])`.)
# You may also write that loop by hand; then switch the model to eval mode yourself, work under `torch.no_grad()`, and
# divide by the number of *images*. (The mean of the batches' accuracies is not quite the accuracy: the last batch may
# be smaller. Torchbearer's "acc" is a mean over the images; its "loss" is a mean over the batches, which is near
# enough for a curve.)


# %% nbgrader={"grade": false, "grade_id": "train-evaluate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(model: nn.Module, loader, epochs: int, device: str = "cpu", lr: float = 1e-3) -> list[dict]:
    """Train `model` in place: cross-entropy loss, Adam with learning rate `lr`.

    Write it with a Torchbearer Trial; a loop of your own that does the same counts, too.
    `loader` gives batches of images (N, 1, 28, 28) and labels (N,). The metrics are "loss" and "acc". The model may come
    in eval mode, as `evaluate` leaves it; it is trained in train mode.
    Returns the history: a list of `epochs` dictionaries with the keys "loss" and "acc", means over the epoch.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trial = Trial(model, optimizer, nn.CrossEntropyLoss(), metrics=["loss", "acc"]).to(device)
    trial.with_generators(train_generator=loader)
    return trial.run(epochs=epochs, verbose=1)
    ### END SOLUTION


def evaluate(model: nn.Module, loader, device: str = "cpu") -> float:
    """Return the fraction of the loader's images that `model` gets right, a float from 0 to 1.

    Runs on `device` in eval mode and without gradients; leaves the model in eval mode.
    """
    ### BEGIN SOLUTION
    trial = Trial(model, criterion=nn.CrossEntropyLoss(), metrics=["acc"], verbose=0).to(device)
    trial.with_generators(test_generator=loader)
    return float(trial.evaluate(data_key=torchbearer.TEST_DATA)["test_acc"])
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "train-evaluate-check", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# check("train-evaluate")

# %% [markdown]
# Now train it for three *epochs*: three times over all 55,000 training images. This took 34 seconds on 2 CPU cores; a
# GPU takes less, but we have not measured it on yours.
#
# **Predict.** A network that guesses gets 9,000 of the 10,000 test images wrong. How many will yours get wrong?

# %% tags=["active-ipynb"]
# torch.manual_seed(0)
# model = SimpleCNN()
# history = train(model, data.loader("train"), epochs=3, device=device)
# accuracy = evaluate(model, data.loader("test"), device=device)
# print(f"accuracy on the test images: {accuracy:.2%}")

# %% [markdown]
# Expect about 98.5 % on MNIST's test images. Another seed gives a little more or less; so does another computer, and
# so do layers that are made in another order, since each takes the next random numbers for its weights. (A *seed* is
# where random numbers begin: `torch.manual_seed(0)` makes them the same in every run.)
#
# **Predict.** The training accuracy is measured on the images that the network learns from, *while* it learns. Is it
# higher than the test accuracy, in the first epoch and in the last?

# %% tags=["active-ipynb"]
# epochs = range(1, len(history) + 1)
# figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
# axes[1].axhline(accuracy, color="gray", linestyle="--", label="test accuracy, at the end")
# axes[1].legend(loc="lower right")
# for axis, key, title in zip(axes, ["loss", "acc"], ["training loss", "training accuracy"]):
#     axis.plot(epochs, [epoch[key] for epoch in history], marker="o")
#     axis.set(title=title, xlabel="epoch", xticks=list(epochs))
#     axis.grid(alpha=0.3)

# %% [markdown]
# Over three seeds, our training accuracy was 92.7 % in the first epoch and 98.4 % in the third; at the end, 98.5 % of
# the test images were right. New images are not easier. But the training accuracy is a mean over the whole epoch,
# from its first batch on, and dropout is on.
#
# In the *confusion matrix*, the row is the true digit and the column what the network read: right answers are on the
# diagonal (green), and the red shows where a digit's mistakes go. We look at 5,000 *validation* images, which the
# network has not learned from either: in 4.2 you see why it is better to study mistakes on these, and to leave the
# test images alone.
#
# **Predict.** Which two digits are confused most often? Does it happen as often in the other direction?

# %% tags=["active-ipynb"]
# logits = predict(model, data.validation_images, device)
# confusion_matrix(data.validation_labels, logits.argmax(1))

# %% [markdown]
# The worst mistakes: those whose true digit got the least probability. Would you have read them right?

# %% tags=["active-ipynb"]
# worst_mistakes(logits, data.validation_images, data.validation_labels)

# %% [markdown]
# ### A digit's way through your network
#
# The picture follows one image from step to step. Feature maps stand side by side; in each step, white is the largest
# answer of all its maps and black the smallest. Look for the step that finds the edges of the strokes, the one that
# shrinks, and the one that sets everything below zero to zero. Try other images, and one of the mistakes.

# %% tags=["active-ipynb"]
# way_through(model, data.test_images[0])

# %% [markdown]
# ### How much does a shift by one pixel matter?
#
# **Predict.** Move each image one pixel to the right. By how much do your network's first feature maps change, and
# the pooled ones: 5 %, 20 %, 60 %? (That is the length of the difference divided by the length of the maps, both
# taken as one long vector.)

# %% tags=["active-ipynb"]
# first = next(layer for layer in model.cpu().modules() if isinstance(layer, nn.Conv2d))
# some = data.test_images[:1000]
# with torch.no_grad():
#     here, moved = (F.relu(first(given)) for given in (some, some.roll(1, dims=3)))
# for name, before, after in [("maps", here, moved), ("pooled", F.max_pool2d(here, 2), F.max_pool2d(moved, 2))]:
#     print(f"{name}: change by {float((after - before).norm() / before.norm()):.0%}")

# %% [markdown]
# In the trained network of notebook 4.2, the maps change by 73 %, the pooled ones by 55 %. So pooling helps only a
# little, and the network must learn from the data that a digit one pixel further is the same digit.
#
# ## Task `shapes`: count
#
# You need no code here, just pencil and paper. Then put the three values in the place of the dots, and delete the two
# lines below them.
#
# - `conv1_output_shape`: a batch of 128 images of 28×28 goes through the first convolution of `SimpleCNN`. What shape
#   comes out (before pooling)? A tuple or a list of four whole numbers.
# - `conv1_7x3_output_shape`: the same with `kernel_size=(7, 3)` (7 rows, 3 columns) in place of 5×5, still without
#   padding.
# - `simple_cnn_parameters`: how many trainable parameters does `SimpleCNN` have in all? Don't forget the biases. An
#   integer.
#
# **Predict.** Before you count: what share of the parameters does the convolution have?

# %% nbgrader={"grade": false, "grade_id": "shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
conv1_output_shape = ...
conv1_7x3_output_shape = ...
simple_cnn_parameters = ...
### BEGIN SOLUTION
conv1_output_shape = (128, 32, 24, 24)
conv1_7x3_output_shape = (128, 32, 22, 26)
simple_cnn_parameters = (32 * 5 * 5 + 32) + (32 * 12 * 12 * 128 + 128) + (128 * 10 + 10)
### END SOLUTION

# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "shapes-check", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# check("shapes")

# %% [markdown]
# ## A question to answer in words
#
# Suppose we replaced the first convolution by a fully connected layer from the 28×28 pixels to the same 32×24×24
# outputs. How many parameters would it have, and how many has the convolution? Which two properties of the
# convolution make the difference, and what does each of them assume about the pictures? Name one kind of data for
# which sharing weights would be a *bad* idea. (Five sentences are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-shared-weights", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The fully connected layer would have 784 · 18,432 weights and 18,432 biases, about 14.5 million parameters; the
# convolution has 32 · 25 + 32 = 832. Locality: each output sees 25 pixels and not 784, which assumes that what
# matters in a picture is made of small parts whose pixels are neighbours. Shared weights: the 576 places of a map use
# the same kernel, which assumes that a part means the same wherever it stands, so that shifting the picture only
# shifts the maps. Sharing is a bad idea where the place itself carries the meaning, for instance in a table whose
# columns are age, height and blood pressure: neighbouring columns have nothing in common and there is no reason to
# treat them with the same weights.
# ### END SOLUTION

# %% [markdown]
# ## To go further
#
# - [CNN Explainer](https://poloclub.github.io/cnn-explainer/): a small network in your browser; click on a step to
#   see its numbers.
# - [A guide to convolution arithmetic](https://arxiv.org/abs/1603.07285): padding, stride and kernels of every kind,
#   with drawings.
# - [CS231n, Convolutional networks](https://cs231n.github.io/convolutional-networks/): lecture notes on the same
#   pieces, and on well-known networks.
# - [Dropout](https://jmlr.org/papers/v15/srivastava14a.html): the paper asks why leaving values out helps, and
#   measures it.
#
# Next: [4.2](4_2_better_cnn.ipynb), where a deeper network and a better training do better, and then one of your own
# does better still.
