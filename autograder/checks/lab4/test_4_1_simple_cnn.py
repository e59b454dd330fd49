"""Checks of notebook 4_1_simple_cnn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from autograder.checks.examination import Examination
from autograder.checks.lab4 import asking, inputs, small
from autograder.judge import probes, values
from autograder.judge.oracle import RIGHT
from autograder.judge.verdict import Failed

# --- simple-cnn -------------------------------------------------------------------------------------------------------


@pytest.mark.task("simple-cnn")
@pytest.mark.public
def test_layer_shapes(examination: Examination) -> None:
    """SimpleCNN has layers of the task's sizes and gives ten logits an image."""
    asking.layer_shapes(examination, inputs.SIMPLE, output=[2, 10])


@pytest.mark.task("simple-cnn")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
def test_same_function(examination: Examination) -> None:
    """With the same weights, SimpleCNN computes what the task's network computes."""
    asking.same_function(examination, inputs.SIMPLE)


@pytest.mark.task("simple-cnn")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
def test_dropout(examination: Examination) -> None:
    """SimpleCNN drops values with the task's rate and place, and only in training mode."""
    asking.dropout(examination, inputs.SIMPLE, "simple-cnn")


# --- train-evaluate ---------------------------------------------------------------------------------------------------

EPOCHS, IMAGES = 3, 160


def trained(examination: Examination) -> dict[str, Any]:
    """What the student's `train` makes of the examiner's little network."""
    images, labels = probes.classes(IMAGES, examination.oracle.seed)
    return examination.ask(
        "train_small",
        ["train"],
        state=small.start(examination.oracle.seed),
        images=images,
        labels=labels,
        batch=small.BATCH,
        epochs=EPOCHS,
        lr=small.LEARNING_RATE,
    )


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_history(examination: Examination) -> None:
    """`train` returns its history: one dictionary an epoch, with the loss and the accuracy."""
    answer = trained(examination)
    history = answer["history"]
    if not isinstance(history, list):
        raise Failed(
            "`train` was asked for its history, a list with a dictionary for each epoch;"
            f" it returned {answer['kind']}.",
            hint="`Trial.run` returns the history.",
        )
    if len(history) != EPOCHS:
        raise Failed(f"`train` was called with epochs={EPOCHS}; its history has {len(history)} entries.")
    for entry in history:
        if not isinstance(entry, dict):
            raise Failed(f"An entry of the history was to be a dictionary; it is {str(entry)[:80]!r}.")
        keys = list(entry)
        for wanted in ("loss", "acc"):
            numbers = [entry[key] for key in keys if wanted in key]
            if not numbers or not all(isinstance(n, (int, float)) and np.isfinite(n) for n in numbers):
                raise Failed(
                    f"An entry of the history was to hold a number for {wanted!r}; it has the keys {', '.join(keys)}.",
                    hint="The metrics are named when the Trial is made.",
                )


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_loss_falls(examination: Examination) -> None:
    """`train` trains: the loss on the training images falls."""
    images, labels = probes.classes(IMAGES, examination.oracle.seed)
    start = {name: torch.tensor(value) for name, value in small.start(examination.oracle.seed)}
    before = small.loss(start, images, labels)
    after = small.loss(small.returned(trained(examination)["state"], "`train`"), images, labels)
    if after > 0.9 * before:
        raise Failed(
            f"After {EPOCHS} epochs the loss was to be lower; it went from {before:.2f} to {after:.2f}.",
            hint="Is the gradient set to zero before each step? Does the optimiser get the parameters of the model that"
            " was passed in? Is it Adam, with `lr`?",
        )


@pytest.mark.task("train-evaluate")
@pytest.mark.hidden
@pytest.mark.needs("loss-falls")
def test_same_training(examination: Examination) -> None:
    """`train` uses cross-entropy, Adam and the learning rate that it is given."""
    images, labels = probes.classes(IMAGES, examination.oracle.seed)
    expected = small.trained(examination.oracle.seed, images, labels, EPOCHS)
    if small.distance(small.returned(trained(examination)["state"], "`train`"), expected) > 0.1:
        raise Failed(
            "With the same start and the same batches, `train` ends with other weights than cross-entropy and"
            f" Adam(lr={small.LEARNING_RATE:g}) do.",
            hint="Cross-entropy on the logits, Adam with its other settings left alone, `lr` passed on, model in"
            " training mode, each batch once an epoch.",
        )


def evaluated(examination: Examination) -> tuple[dict[str, Any], float, float]:
    """What `evaluate` says of the little network, the share of images that is right, and the mean over batches."""
    state = small.start(examination.oracle.seed)
    images, _ = probes.classes(103, examination.oracle.seed)
    said = small.outputs({name: torch.tensor(value) for name, value in state}, images).argmax(1).numpy()
    right = np.arange(103) % 4 != 0
    right[96:] = False  # the last batch is small and all wrong: a mean over batches differs from one over images
    labels = np.where(right, said, (said + 1) % 10)
    answer = examination.ask("evaluate_small", ["evaluate"], state=state, images=images, labels=labels, batch=32)
    return (
        answer,
        float(right.mean()),
        float(np.mean([right[start : start + 32].mean() for start in (0, 32, 64, 96)])),
    )


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_evaluate_counts(examination: Examination) -> None:
    """`evaluate` returns the fraction of the images that the model gets right."""
    answer, right, over_batches = evaluated(examination)
    said = answer["accuracy"]
    said = said[0] if isinstance(said, list) and len(said) == 1 else said
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        raise Failed(f"`evaluate` was asked for a number between 0 and 1; it returned {answer['kind']}.")
    if abs(said - right) < 1e-4:
        return
    if abs(said - 100 * right) < 1e-2:
        raise Failed(f"`evaluate` returned {said:.4g}: a percentage, where a fraction in [0, 1] was asked for.")
    if abs(said - over_batches) < 1e-4:
        raise Failed(
            f"`evaluate` returned {said:.4f}; {right:.4f} of the images are right. Yours is the mean over the batches,"
            " and the last batch is smaller.",
            hint="Count right images and divide by the number of images.",
            diagnosis="accuracy-over-batches",
        )
    raise Failed(
        f"`evaluate` was given a model that is right on {right:.4f} of the images; it returned {said:.4f}.",
        hint="Is the model in evaluation mode, with dropout off? Is each image counted once?",
    )


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_eval_mode(examination: Examination) -> None:
    """`evaluate` leaves the model in evaluation mode."""
    answer, _, _ = evaluated(examination)
    if answer["training"] is not False:
        raise Failed(
            "After `evaluate` the model was to be in evaluation mode; it is in training mode.",
            hint="`model.eval()` switches; nothing in `evaluate` should switch back.",
        )


# --- shapes -----------------------------------------------------------------------------------------------------------


def shape_is(examination: Examination, name: str, hint: str) -> None:
    """The short answer `name` is the right shape, with or without the batch."""
    shape = values.read_shape(examination.ask("values", [name], name=name), name)
    digest = values.digest(name, *shape)
    if digest not in [answer.tobytes() for answer in examination.oracle.ask(name).values()]:
        raise Failed(f"`{name}` is {shape}; that is not the shape that comes out.", hint=hint)


@pytest.mark.task("shapes")
@pytest.mark.public
def test_conv1_output(examination: Examination) -> None:
    """The shape of what the first convolution makes of a batch of 128 images."""
    shape_is(
        examination,
        "conv1_output_shape",
        "Batch, channels, height, width. Without padding, what does 5×5 take?",
    )


@pytest.mark.task("shapes")
@pytest.mark.public
def test_conv1_7x3_output(examination: Examination) -> None:
    """The shape of what the first convolution makes of them with kernels of 7×3."""
    shape_is(examination, "conv1_7x3_output_shape", "The kernel's first number is its height.")


@pytest.mark.task("shapes")
@pytest.mark.public
def test_parameters(examination: Examination) -> None:
    """The number of parameters of SimpleCNN."""
    name = "simple_cnn_parameters"
    count = values.read_count(examination.ask("values", [name], name=name), name)
    if values.digest(name, count) != examination.oracle.ask(name)[RIGHT].tobytes():
        raise Failed(f"`{name}` is {count}; that is not their number.", hint="Weights and biases of every layer.")
