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
# In this notebook you build a small convolutional network in PyTorch, train it on handwritten digits with
# Torchbearer, and work out by hand what shapes and how many parameters it has. On the way you meet the four
# pieces that nearly every image network is made of: convolution, activation, pooling and dropout.
#
# **How the notebooks work.** Replace each `raise NotImplementedError()` (and the comment above it) by your
# code. After every task stands a *check cell*: it runs the public checks on what you wrote, says what is
# right and what is not yet, and ends in the points that you would get. Run it as often as you like; it changes
# nothing. The final marking runs the same checks with other numbers, and some more.

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
# from autograder.pictures import confusion_matrix, way_through, worst_mistakes
# from autograder.training.recipes import predict
#
# data = load_data()
# device = best_device()
# print(data.description)
# print(f"Networks run on: {device}")

# %% [markdown]
# ## The data
#
# Images come as tensors of shape `(N, 1, 28, 28)`: N images, one channel (grey), 28 rows, 28 columns, with
# values from 0 (black) to 1 (white). `data.loader("train")` hands them out in shuffled batches of 128.

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
# A convolutional layer slides a small window (the *kernel*, say 5×5 weights) over the image. At each place it
# multiplies the 25 pixels under the window by the 25 weights, adds them up and adds a bias. The result is a new
# image, a *feature map*, that is bright wherever the picture under the window looks like the kernel. A layer with
# 32 kernels makes 32 feature maps, one channel each.
#
# Two decisions are built into this, and both suit images:
#
# - **Locality.** An output looks at a small neighbourhood only. Pixels that belong together, such as the two sides
#   of a pen stroke, are neighbours; a pixel in one corner says little about a pixel in the other.
# - **Shared weights.** The same kernel is used at every place. A vertical stroke is a vertical stroke wherever it
#   stands, so the network needs to learn it only once. If the digit moves two pixels to the right, its feature maps
#   move along by two pixels.
#
# The cell below convolves one digit with two kernels that we wrote by hand (red: positive, blue: negative). A network learns
# its kernels instead;
# in notebook 4.5 you will look at those.

# %% tags=["active-ipynb"]
# vertical = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
# kernels = torch.stack([vertical, vertical.T])[:, None]  # (2 kernels, 1 input channel, 3 rows, 3 columns)
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
# ### How large is the output?
#
# The window must lie inside the image, so the output is a little smaller. Along one side of length `in`, with a
# kernel of length `k`, `p` rows of zeros added at both ends (*padding*) and steps of `s` (*stride*):
#
# $$\text{out} = \left\lfloor \frac{\text{in} + 2p - k}{s} \right\rfloor + 1$$
#
# In the cell above, 28 became (28 + 0 − 3) / 1 + 1 = 26. Height and width are worked out separately, so a kernel need
# not be square.
#
# ### Pooling and dropout
#
# **Max-pooling** 2×2 keeps the largest value of each 2×2 block. The maps shrink to a quarter of their values, which saves
# work, and small shifts of the digit matter a little less. Only a little: move a test image one pixel to the right, and the first
# maps of our trained network (notebook 4.2) change by 73 %, the pooled ones by 55 %. (That is the length of the difference divided by the length of
# the maps, both taken as one long vector.) So the network must still learn from the data that a digit one pixel further is the same digit. And
# pooling has a price: *where* in the block the largest value stood, and what the other three were, is lost for good.
#
# **Dropout** with rate 0.2 sets each value to zero with probability 0.2 and multiplies the others by 1/0.8, so that the
# expected sum stays the same. No single value can be relied on, so the network learns to spread what it knows. That is an
# exercise for training only. When we *use* the network, dropout must be off: random holes would cost accuracy,
# and two runs on one image would give two answers. `model.train()` and `model.eval()` switch the flag `model.training`,
# and the layer `nn.Dropout` follows it by itself. The function `F.dropout` does **not**: it stays on for ever unless
# you hand it the flag, `F.dropout(x, 0.2, training=self.training)`.

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
# The layers are made in `__init__`, and `forward` says how an image goes through them. You need the number of values
# that step 5 leaves: use the formula. Return the logits as they are, without softmax: the cross-entropy loss
# that you will use contains it.


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


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "simple-cnn-check", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
# check("simple-cnn")

# %% [markdown]
# ## Task `train-evaluate`: train it, measure it
#
# Training repeats one step: run a batch through the network, compare the logits with the labels (the *loss*), work out
# how each weight should change (the *gradient*), change the weights a little (the *optimiser*). Torchbearer wraps this loop
# into a `Trial`. You give it the model, an optimiser, a loss and the names of the metrics you want to see; you tell it where
# the data come from and on which device to compute; and `run` does the rest:
#
# ```python
# trial = Trial(model, optimizer, criterion, metrics=["loss", "acc"]).to(device)
# trial.with_generators(train_generator=loader)
# history = trial.run(epochs=2, verbose=2)    # verbose: 2 a bar for each epoch, 1 one bar in all, 0 silent
# ```
#
# `run` returns the *history*: a list with one dictionary an epoch, `[{"loss": …, "acc": …, …}, …]`. It also switches the
# model to train mode first. A trial measures as well: with `test_generator=loader`,
# `trial.evaluate(data_key=torchbearer.TEST_DATA)` returns `{"test_loss": …, "test_acc": …}`, computed in
# eval mode and without gradients. You may also write that loop by hand; then switch the model to eval mode
# yourself, work under `torch.no_grad()`, and divide by the number of *images*. (The mean of the batches' accuracies is not
# quite the accuracy: the last batch may be smaller. Torchbearer's "acc" is a mean over the images; its "loss" is a mean over the batches,
# which is near enough for a curve.)


# %% nbgrader={"grade": false, "grade_id": "train-evaluate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train(model: nn.Module, loader, epochs: int, device: str = "cpu", lr: float = 1e-3) -> list[dict]:
    """Train `model` in place with a Torchbearer Trial: cross-entropy loss, Adam with learning rate `lr`.

    `loader` gives batches of images (N, 1, 28, 28) and labels (N,). The metrics are "loss" and "acc". The model may come
    in eval mode, as `evaluate` leaves it; it is trained in train mode.
    Returns the trial's history: a list of `epochs` dictionaries with the keys "loss" and "acc", means over the epoch.
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
# Now train it for three epochs on all training images. This took 34 seconds on 2 CPU cores; a GPU takes less, but we have
# not measured it on yours. Expect about 98.5 % on MNIST's test images; yours will differ a little, since the weights
# start at random.

# %% tags=["active-ipynb"]
# torch.manual_seed(0)
# model = SimpleCNN()
# history = train(model, data.loader("train"), epochs=3, device=device)
# accuracy = evaluate(model, data.loader("test"), device=device)
# print(f"accuracy on the test images: {accuracy:.2%}")

# %% [markdown]
# How did the loss fall? The accuracy on the right is measured *while* training, with dropout on and with weights that still
# change, so it may well be lower than the accuracy above.

# %% tags=["active-ipynb"]
# epochs = range(1, len(history) + 1)
# figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
# for axis, key, title in zip(axes, ["loss", "acc"], ["training loss", "training accuracy"]):
#     axis.plot(epochs, [epoch[key] for epoch in history], marker="o")
#     axis.set(title=title, xlabel="epoch", xticks=list(epochs))
#     axis.grid(alpha=0.3)

# %% [markdown]
# What does it get wrong? In the *confusion matrix* the row is the true digit and the column what the network read: right answers
# stand on the diagonal (green), and the red says where a digit's mistakes go. Which digits are confused with which, and are you
# surprised?

# %% tags=["active-ipynb"]
# logits = predict(model, data.test_images, device)
# confusion_matrix(data.test_labels, logits.argmax(1))

# %% [markdown]
# The worst mistakes, to whose true digit the network gave the least probability. Would you have read them right?

# %% tags=["active-ipynb"]
# worst_mistakes(logits, data.test_images, data.test_labels)

# %% [markdown]
# ### A digit's way through your network
#
# The picture follows one image from step to step. Feature maps stand side by side; in each step, white is the largest answer of all its
# maps and black the smallest. Look for the step that finds the edges of the strokes, the one that shrinks, and the one that sets everything
# below zero to zero. The last picture is the answer. Try other images, and one of the mistakes.

# %% tags=["active-ipynb"]
# way_through(model, data.test_images[0])

# %% [markdown]
# ## Task `shapes`: count
#
# No code here, just pencil and paper. Then put the three values in the place of the dots, and delete the two lines below them.
#
# - `conv1_output_shape`: a batch of 128 images of 28×28 goes through the first convolution of `SimpleCNN`. What shape comes out
#   (before pooling)? A tuple of four integers.
# - `conv1_7x3_output_shape`: the same with `kernel_size=(7, 3)` (7 rows, 3 columns) in place of 5×5, still without padding.
# - `simple_cnn_parameters`: how many trainable parameters does `SimpleCNN` have in all? Don't forget the biases. An integer.

# %% nbgrader={"grade": false, "grade_id": "shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
conv1_output_shape = ...
conv1_7x3_output_shape = ...
simple_cnn_parameters = ...
### BEGIN SOLUTION
conv1_output_shape = (128, 32, 24, 24)
conv1_7x3_output_shape = (128, 32, 22, 26)
simple_cnn_parameters = (32 * 5 * 5 + 32) + (32 * 12 * 12 * 128 + 128) + (128 * 10 + 10)
### END SOLUTION

# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "shapes-check", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# check("shapes")

# %% [markdown]
# ## A question to answer in words
#
# Suppose we replaced the first convolution by a fully connected layer from the 28×28 pixels to the same 32×24×24 outputs.
# How many parameters would it have, and how many has the convolution? Which two properties of the convolution
# make the difference, and what does each of them assume about the pictures? Name one kind of data for which sharing weights
# would be a *bad* idea. (Five sentences are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-shared-weights", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# The fully connected layer would have 784 · 18,432 weights and 18,432 biases, about 14.5 million parameters; the convolution
# has 32 · 25 + 32 = 832. Locality: each output sees 25 pixels and not 784, which assumes that what matters in a picture is
# made of small parts whose pixels are neighbours. Shared weights: the 576 places of a map use the same kernel, which
# assumes that a part means the same wherever it stands, so that shifting the picture only shifts the maps. Sharing is a bad
# idea where the place itself carries the meaning, for instance in a table whose columns are age, height and blood
# pressure: neighbouring columns have nothing in common and there is no reason to treat them with the same weights.
# ### END SOLUTION

# %% [markdown]
# Next: [4.2](4_2_better_cnn.ipynb), where a deeper network does better, and then one of your own does better still.
