"""Checks of notebook 4_1_simple_cnn."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from autograder.judge import probes, values
from autograder.judge.oracle import KEY_SEED
from autograder.judge.verdict import Failed
from autograder.labs.examination import Examination
from autograder.labs.lab4 import asking, inputs, small

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
def test_dropout(examination: Examination) -> None:
    """SimpleCNN drops values with the task's rate and place, and only in training mode."""
    asking.dropout(examination, inputs.SIMPLE)


# --- train-evaluate ---------------------------------------------------------------------------------------------------


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_history(examination: Examination) -> None:
    """`train` returns its history: one dictionary an epoch, with the loss and the accuracy."""
    answer = asking.ask(examination, asking.TRAIN)
    try:
        judge_history(answer["history"], answer["kind"])
    except Failed as failed:
        name = asking.named(examination, asking.TRAIN, answer)
        raise asking.mistake(examination, failed.message, name, failed.hint) from None
    once = asking.ask(examination, asking.TRAIN, epochs=1)["history"]
    if not isinstance(once, list) or len(once) != 1:
        entries = f"its history has {len(once)} entries" if isinstance(once, list) else "it gave another kind of answer"
        facts = f"`train` was called with epochs={asking.EPOCHS}, and all was well; called with epochs=1, {entries}."
        raise asking.mistake(examination, facts, asking.known(examination, "epochs-ignored"))
    judge_means(examination, answer)


# Times: means over an epoch, with the weights as they change or as they are at its end, differ by less. Over 400 seeds
# the losses differed by up to 1.35, and the last accuracies by up to 1.8.
FAR, FAR_FEWER = 2.5, 5


def judge_means(examination: Examination, answer: dict[str, Any]) -> None:
    """Half of the points where the history's numbers are no means over the images: sums, percent.

    What they were to be is known only where the training was the right one.
    """
    images, labels = probes.classes(asking.IMAGES, examination.oracle.seed)
    right = list(small.epochs(examination.oracle.seed, images, labels, asking.EPOCHS))
    trained = small.distance(small.returned(answer["state"], "`train`"), right[-1][0]) <= SAME
    for number, (entry, (_, loss, accuracy)) in enumerate(zip(answer["history"], right, strict=True), start=1):
        said = {
            wanted: entry[wanted] if wanted in entry else next(entry[key] for key in entry if wanted in key)
            for wanted in ("loss", "acc")
        }
        if not -1e-6 <= said["acc"] <= 1 + 1e-6:
            problem = f"acc is {said['acc']:.4g}, where a fraction of the images was asked for"
        elif trained and not loss / FAR < said["loss"] < loss * FAR:
            problem = f"loss is {said['loss']:.4g}, where the mean over the images was {loss:.4g}"
        elif trained and number == len(right) and said["acc"] * FAR_FEWER < accuracy:
            problem = f"acc is {said['acc']:.4g}, where {accuracy:.4g} of the images were right"
        else:
            continue
        facts = f"In entry {number} of the history, {problem}."
        raise asking.half(examination, facts, "history-of-sums")


def judge_history(history: Any, kind: str) -> None:
    """A list with a dictionary for each epoch, that holds the loss and the accuracy."""
    if not isinstance(history, list):
        raise Failed(
            f"`train` was asked for its history, a list with a dictionary for each epoch; it returned {kind}.",
            hint="`Trial.run` returns the history.",
        )
    if len(history) != asking.EPOCHS:
        raise Failed(f"`train` was called with epochs={asking.EPOCHS}; its history has {len(history)} entries.")
    for entry in history:
        if not isinstance(entry, dict):
            raise Failed(f"An entry of the history was to be a dictionary; it is {str(entry)[:80]}.")
        keys = list(entry)
        for wanted in ("loss", "acc"):
            numbers = [entry[key] for key in keys if wanted in key]
            if not numbers or not all(isinstance(n, (int, float)) and np.isfinite(n) for n in numbers):
                raise Failed(
                    f"An entry of the history was to hold a number for {wanted!r}; it has the keys {', '.join(keys)}.",
                    hint="The metrics are named when the Trial is made.",
                )


SAME = 0.1  # steps of Adam that weights may be away from those of the right training
FALLS = 0.25  # of what the right training makes the loss fall by: enough to say that something is learned


def trained_like(examination: Examination, answer: dict[str, Any]) -> str | None:
    """The known mistake that ends with the same weights; in a student's package, with weights as far away."""
    ended = small.returned(answer["state"], "`train`")
    if examination.oracle.live:
        question = asking.TRAIN_STATE.question
        names = [
            name
            for name, wrong in examination.mistakes.wrong(question)
            if "state" in wrong and small.distance(ended, small.split(wrong["state"])) <= SAME
        ]
        return asking.choice(examination, names)
    return asking.named(examination, asking.TRAIN_LOSS, answer)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_loss_falls(examination: Examination) -> None:
    """`train` trains: the loss on the training images falls."""
    # The same start and images each time: how far a wrong training gets must not depend on the draw.
    given = asking.TRAIN.arguments(KEY_SEED, examination.oracle.ask)
    answer = asking.ask(examination, asking.TRAIN, **given)
    images, labels = given["images"], given["labels"]
    before = small.loss(small.tensors(given["state"]), images, labels)
    after = small.loss(small.returned(answer["state"], "`train`"), images, labels)
    least = small.loss(small.trained(KEY_SEED, images, labels, asking.EPOCHS), images, labels)
    if before - after < FALLS * (before - least):
        raise asking.mistake(
            examination,
            f"{asking.EPOCHS} epochs of the right training take the loss from {before:.2f} to {least:.2f}; those of"
            f" `train` leave it at {after:.2f}.",
            trained_like(examination, asking.ask(examination, asking.TRAIN)),
            hint="Is the gradient set to zero before each step? Does the optimiser get the parameters of the model that"
            " was passed in? Is it Adam, with `lr`?",
        )


@pytest.mark.task("train-evaluate")
@pytest.mark.hidden
@pytest.mark.needs("loss-falls")
def test_same_training(examination: Examination) -> None:
    """`train` uses cross-entropy, Adam and the learning rate that it is given."""
    images, labels = probes.classes(asking.IMAGES, examination.oracle.seed)
    expected = small.trained(examination.oracle.seed, images, labels, asking.EPOCHS)
    answer = asking.ask(examination, asking.TRAIN)
    ended = small.returned(answer["state"], "`train`")
    if not answer["trained"]:
        facts = "`train` was given a model in evaluation mode, as `evaluate` leaves one, and took all its steps in it."
        raise asking.mistake(examination, facts, asking.known(examination, "trains-in-eval-mode"))
    if small.distance(ended, expected) > SAME:
        name = trained_like(examination, answer)
        raise asking.mistake(
            examination,
            "With the same start and the same batches, `train` ends with other weights than cross-entropy and"
            f" Adam(lr={small.LEARNING_RATE:g}) do.",
            name,
            hint="Cross-entropy on the logits, Adam with its other settings left alone, `lr` passed on, model in"
            " training mode, each batch once an epoch.",
        )


TENSORS = ("Tensor", "Parameter", "ndarray")  # a number of NumPy's is a number


def evaluated(examination: Examination) -> tuple[dict[str, Any], float]:
    """What `evaluate` says of the little network, and the share of images that is right."""
    return asking.ask(examination, asking.EVALUATE), asking.evaluated(examination.oracle.seed)[1]


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_evaluate_counts(examination: Examination) -> None:
    """`evaluate` returns the fraction of the images that the model gets right."""
    answer, right = evaluated(examination)
    said = asking.number(answer["accuracy"])
    if abs(said - right) < 1e-4 and answer["kind"] not in TENSORS:
        return
    name = asking.named(examination, asking.EVALUATE, answer)
    aspects = ("accuracy", "kind") if np.isnan(said) else ("accuracy",)
    name = name or asking.named(examination, asking.EVALUATE, answer, *aspects)
    if np.isnan(said):
        facts = f"`evaluate` was asked for a number between 0 and 1; it returned {answer['kind']}."
        raise asking.mistake(examination, facts, name)
    if abs(said - right) < 1e-4:
        facts = f"`evaluate` was asked for a float; it returned the right number as {answer['kind']}."
        raise asking.mistake(examination, facts, name, hint="What makes a plain number of a tensor that holds one?")
    raise asking.mistake(
        examination,
        f"`evaluate` was given a model that is right on {right:.4f} of the images; it returned {said:.4f}.",
        name,
        hint="Is the model in evaluation mode, with dropout off? Is each image counted once?",
    )


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_eval_mode(examination: Examination) -> None:
    """`evaluate` leaves the model in evaluation mode."""
    answer, _ = evaluated(examination)
    if answer["training"] is not False:
        name = asking.named(examination, asking.EVALUATE, answer)
        name = name or asking.named(examination, asking.EVALUATE, answer, "training")
        raise asking.mistake(
            examination,
            "After `evaluate` the model was to be in evaluation mode; it is in training mode.",
            name,
            hint="`model.eval()` switches; nothing in `evaluate` should switch back.",
        )


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_device(examination: Examination) -> None:
    """`train` and `evaluate` compute on the device that they are told."""
    answer = asking.ask(examination, asking.DEVICE)
    fine = ("model meta, images meta", "cannot be told")
    stayed = [stayed_behind(name, answer[name]) for name in ("train", "evaluate") if answer[name] not in fine]
    if stayed:
        raise asking.mistake(
            examination,
            "Both were called with another device than the CPU: “meta”, which every machine has and which holds no"
            f" values. {' '.join(stayed)}",
            asking.named(examination, asking.DEVICE, answer),
            hint="The argument `device` says where both model and images belong.",
        )


def stayed_behind(function: str, seen: str) -> str:
    """What was seen of a function that was told a device (`procedures.devices`), as a sentence."""
    places = re.fullmatch(r"model (\w+), images (\w+)", seen)
    if places is None:
        return f"`{function}` never called the model."
    return f"As `{function}` called the model, the model was on “{places[1]}” and the images were on “{places[2]}”."


# --- shapes -----------------------------------------------------------------------------------------------------------


def shape_is(examination: Examination, name: str, hint: str) -> None:
    """The short answer `name` is the right shape, of four numbers."""
    shape = values.read_shape(examination.ask("values", [name], name=name), name)
    if len(shape) != 4:
        hint = FOUR
    judge_digest(
        examination,
        name,
        values.digest(name, *shape),
        f"`{name}` is {shape}; that is not the shape that comes out.",
        hint,
    )


def judge_digest(examination: Examination, name: str, digest: bytes, facts: str, hint: str) -> None:
    """The digest is one of the right answer's."""
    if digest in [answer.tobytes() for answer in examination.oracle.ask(name).values()]:
        return
    for known, wrong in examination.mistakes.wrong(name):
        if digest in [answer.tobytes() for answer in wrong.values()]:
            raise asking.mistake(examination, facts, known)
    raise Failed(facts, hint=hint)


FOUR = "Four numbers were asked for: batch, channels, height, width."


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
    shape_is(
        examination,
        "conv1_7x3_output_shape",
        "Batch, channels, height, width. Work out the last two separately: the kernel's first number is its height, its"
        " second its width, and there is no padding.",
    )


@pytest.mark.task("shapes")
@pytest.mark.public
def test_parameters(examination: Examination) -> None:
    """The number of parameters of SimpleCNN."""
    name = "simple_cnn_parameters"
    count = values.read_count(examination.ask("values", [name], name=name), name)
    facts = f"`{name}` is {count}; that is not their number."
    judge_digest(examination, name, values.digest(name, count), facts, "Weights and biases of every layer.")
