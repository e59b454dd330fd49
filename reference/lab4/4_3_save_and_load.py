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
# # 4.3 Saving and loading
#
# A network that took an hour to train should survive the end of the notebook. And a training run that stops half-way, because the
# power failed or the cluster's time was up, should go on where it stopped and not start again. These are two different tasks, and
# they need two different files.
#
# **Time.** About 40 minutes for you, and 15 seconds for the computer (2 CPU cores).

# %% [markdown]
# ![Two ways through a file. Above: a process that trains calls save_model, which writes the model's state dict (names and tensors) to model.pt; a later process calls load_model and has the model in eval mode, to use it. Below: save_trial writes the state dicts of model and optimiser and the history to trial.pt; resume_trial reads them into a newly built trial, which trains on. The code of the class is in neither file: both processes need it.](diagrams/processes.png)

# %%
from pathlib import Path

import torch
from torch import nn
from torchbearer import Trial

from autograder.notebook import borrow

BetterCNN = borrow("BetterCNN")  # the class that you wrote in notebook 4.2

# %% tags=["active-ipynb"]
# import tempfile
#
# from autograder.data import load_data
# from autograder.notebook import best_device, check
#
# data = load_data()
# device = best_device()
# print(data.description)
# print(f"Networks run on: {device}")

# %% [markdown]
# ## What a state dict is
#
# A model has two halves: the *code*, which says what is computed, and the *numbers*, which training found. The *state dict* is
# the second half alone: a dictionary whose keys are names and whose values are tensors.

# %% tags=["active-ipynb"]
# for name, tensor in BetterCNN().state_dict().items():
#     print(f"{name:15} {tuple(tensor.shape)}")

# %% [markdown]
# The names come from the attributes that you set in `__init__`. A state dict holds all parameters, and also the *buffers*:
# numbers that belong to the network but aren't trained, such as the averages that a batch norm keeps (notebook 4.6).
#
# You can also save the whole object, with `torch.save(model, path)`. It looks simpler. But what it writes is a *pickle*: a small
# program that rebuilds the object. That has two consequences.
#
# - A pickle stores the name of your class and not its code. Once you rename the class, or move it to another file, the pickle can
#   no longer be read.
# - Whoever opens a pickle *runs* it, and it may do anything that you may do. Never open a pickle from somebody whom you would not
#   let use your computer.
#
# So save state dicts, and read files with `torch.load(path, weights_only=True)`. It runs nothing from the file and rebuilds only
# what is on a short list: tensors, numbers, text, bytes, lists, tuples, sets, dictionaries, and a few things such as a `dtype`.
# It refuses every class and function that is not on the list. (It has had security holes, so keep PyTorch up to date.) To load,
# make a model with the same code and give it the numbers: `model.load_state_dict(...)`.
#
# Each tensor also remembers the device that it was on. On a machine without a GPU, a file that was saved on a GPU can only be
# read with `map_location="cpu"`. That puts all tensors on the CPU; you can move the model to another device afterwards.

# %% [markdown]
# ## Task `save-load`
#
# The model that `load_model(path)` returns must be on the CPU, in eval mode, and equal to the saved one bit for bit. That must
# also hold if the model was in train mode, or on a GPU, when it was saved. Loading must not run any code from the file.


# %% nbgrader={"grade": false, "grade_id": "save-load", "locked": false, "schema_version": 3, "solution": true, "task": false}
def save_model(model: nn.Module, path: str | Path) -> None:
    """Write the model's state dict, and nothing else, to the file `path`."""
    ### BEGIN SOLUTION
    torch.save(model.state_dict(), path)
    ### END SOLUTION


def load_model(path: str | Path) -> nn.Module:
    """Return a BetterCNN with the weights from `path`: on the CPU, in eval mode."""
    ### BEGIN SOLUTION
    model = BetterCNN()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return model.eval()
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "save-load-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# check("save-load")

# %% tags=["active-ipynb"]
# folder = Path(tempfile.mkdtemp())
# model = BetterCNN().eval()
# save_model(model, folder / "model.pt")
# again = load_model(folder / "model.pt")
# images = data.test_images[:100]
# print("the same logits, bit for bit:", torch.equal(model(images), again(images)))
# print(f"size of the file: {(folder / 'model.pt').stat().st_size / 1024:.0f} kB")

# %% [markdown]
# ## What a trial's state holds
#
# To *use* a network, its weights are enough. To *go on training*, they are not. Adam keeps two running averages for each weight
# and counts its steps. A new Adam must first find out again how large its steps should be. That does not ruin the training, but
# it costs something: in the experiment at the end of this notebook, the loss of the next epoch was 0.552 with a new Adam and
# 0.539 with the old one; over six seeds, it was 0.520 and 0.501 on average. And the weights are no longer those of a run that was
# never interrupted. So Torchbearer's `trial.state_dict()` holds more than the model:
#
# | key | what |
# |---|---|
# | `model` | the model's state dict |
# | `optimizer` | the optimiser's state dict |
# | `history` | the metrics of the epochs so far; their number says where to go on |
# | `callback_list` | the state of callbacks, if there are any |
# | `torchbearer_version` | the version that wrote it |
#
# `trial.load_state_dict(state)` puts all of this into a trial that was *built the same way*. After that, `trial.run(epochs=5)`
# means "until there are five epochs": a trial with two epochs in its history runs three more.
#
# **A trap.** The keys of this dictionary look like text, but they are objects of a Torchbearer class, `StateKey`. `torch.save`
# pickles them, and `torch.load(..., weights_only=True)` (the default today) refuses the file. So make the keys plain text before
# you save, with `str(key)`. Torchbearer also finds its entries under plain text.

# %% [markdown]
# ## Task `resume`
#
# Write the two functions of the experiment: one that saves a trial to a file, one that loads the file into a new trial, which
# then goes on as the first would have. What else the file holds is up to you.


# %% nbgrader={"grade": false, "grade_id": "resume", "locked": false, "schema_version": 3, "solution": true, "task": false}
def save_trial(trial: Trial, path: str | Path) -> None:
    """Write all that is needed to go on training to the file `path`: model, optimiser and history."""
    ### BEGIN SOLUTION
    state = {str(key): value for key, value in trial.state_dict().items()}
    torch.save(state, path)
    ### END SOLUTION


def resume_trial(trial: Trial, path: str | Path) -> Trial:
    """Load the file that `save_trial` wrote into `trial` and return it.

    `trial` is new, made with the same model class, optimiser and loss. Afterwards `trial.run(epochs=N)` goes on
    where the saved trial stopped, until there are N epochs in all.
    """
    ### BEGIN SOLUTION
    state = torch.load(path, map_location="cpu", weights_only=True)
    trial.load_state_dict(state)
    return trial
    ### END SOLUTION


# %% tags=["active-ipynb"] nbgrader={"grade": true, "grade_id": "resume-check", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# check("resume")

# %% [markdown]
# Does a resumed run really do the same as one that was never interrupted? The cell below trains on 6,000 images for one epoch,
# saves, and then goes on in three ways: with the same trial, with a new trial that was resumed from the file, and with a new
# trial that got the weights only. Dropout draws random numbers, and the state of the random number generator is *not* in the
# file. So we set the seed before each epoch. This takes 4 seconds on 2 CPU cores.
#
# **Predict**: which of the three end with equal weights?

# %% tags=["active-ipynb"]
# def new_trial(seed=0):
#     torch.manual_seed(seed)
#     model = BetterCNN()
#     optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
#     trial = Trial(model, optimizer, nn.CrossEntropyLoss(), metrics=["loss", "acc"], verbose=0).to(device)
#     batches = list(zip(data.train_images[:6000].split(100), data.train_labels[:6000].split(100)))
#     return model, trial.with_generators(train_generator=batches)
#
#
# def run_until(trial, epochs):
#     torch.manual_seed(epochs)
#     return trial.run(epochs=epochs)
#
#
# model, uninterrupted = new_trial()
# run_until(uninterrupted, 1)
# save_trial(uninterrupted, folder / "trial.pt")
# save_model(model, folder / "model.pt")
# run_until(uninterrupted, 2)
#
# resumed_model, resumed = new_trial()
# resume_trial(resumed, folder / "trial.pt")
# run_until(resumed, 2)
#
# weights_only_model, weights_only = new_trial()
# weights_only_model.load_state_dict(load_model(folder / "model.pt").state_dict())
# torch.manual_seed(2)
# weights_only.run(epochs=1)
#
# for name, trial, candidate in [
#     ("never interrupted", uninterrupted, model),
#     ("resumed", resumed, resumed_model),
#     ("weights only", weights_only, weights_only_model),
# ]:
#     history = trial.run(epochs=0)  # runs nothing, returns the history
#     equal = all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), candidate.state_dict().values()))
#     print(f"{name:18} epochs in its history: {len(history)}   last loss: {history[-1]['loss']:.4f}", end="   ")
#     print("weights equal to the first line's:", equal)

# %% [markdown]
# ## A question to answer in words
#
# A fellow student sends you `network.pt`, written with `torch.save(model, "network.pt")`. Give two reasons why you would rather
# have the state dict. What else do you need, besides the state dict, to *use* the network, and what else to *continue its
# training* exactly as it would have gone on? (Five sentences are enough. A person reads this answer.)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-state-dict", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# A whole module is a pickle, and unpickling can run any code with my rights, so I would have to trust not only the sender but
# everyone who had the file before. It also refers to the class by name and module, so it can't be read where the class is
# missing, renamed or changed, while a state dict is only names and tensors, and `weights_only=True` reads it safely. To use the
# network I also need the code of the class, or exact knowledge of its layers, and how the images must be prepared. To continue
# the training I need the optimiser's state (for Adam the running averages and the step count, and its settings), the number of
# epochs done, the state of a learning-rate schedule if there is one, the data in the same order, and, to match exactly, the state
# of the random number generators that dropout and shuffling use.
# ### END SOLUTION

# %% [markdown]
# ## To go further
#
# - [Saving and loading models](https://docs.pytorch.org/tutorials/beginner/saving_loading_models.html), PyTorch's tutorial, with
#   checkpoints and models that move between devices
# - [Serialization semantics](https://docs.pytorch.org/docs/stable/notes/serialization.html): what `torch.save` writes, and what
#   `weights_only` lets through
# - [pickle](https://docs.python.org/3/library/pickle.html) in Python's manual: read the warning at its top
# - [safetensors](https://huggingface.co/docs/safetensors/index): a file format for tensors that cannot hold code at all
