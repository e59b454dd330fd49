"""Checks of notebook 4_1_simple_cnn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.judge import probes
from autograder.judge.compare import array, shape_text
from autograder.labs.examination import Examination
from autograder.labs.kinds import (
    function_procedures,
    network_procedures,
    training,
    training_procedures,
    value_procedures,
)
from autograder.labs.kinds.function import a_tensor, function_question
from autograder.labs.kinds.value import count_question, shape_question
from autograder.labs.lab4 import drawn_strokes
from autograder.labs.lab4.networks import SIMPLE
from autograder.labs.questions import Aspect, Given, Question, judge

# --- correlate --------------------------------------------------------------------------------------------------------


def _correlated(id: str, image: tuple[int, int], kernel: tuple[int, int], hint: str) -> Question:
    """What `correlate` returns for an image and a kernel of these sizes, with negative numbers in both."""

    def arguments(seed: int) -> dict[str, np.ndarray]:
        draw = probes.generator(seed, id)
        return {name: draw.normal(0, 1, size).astype(np.float32) for name, size in sizes.items()}

    sizes = {"image": image, "kernel": kernel}
    return function_question(
        id,
        "correlate",
        "correlate",
        arguments,
        check="same-numbers",
        differs=lambda got, want: (
            f"For an image of {shape_text(image)} and a kernel of {shape_text(kernel)} pixels, the numbers are not the"
            f" sums of the products; they differ by up to {np.abs(got - want).max():.2g}."
        ),
        hint=hint,
    )


CORRELATE = (
    _correlated("correlate", (7, 6), (3, 3), "Work out one window by hand: which nine products make its sum?"),
    _correlated("correlate-wide", (6, 9), (2, 4), "The kernel is not square: which of its sides is its height?"),
    _correlated("correlate-whole", (4, 3), (4, 3), "The kernel is as large as the image: how many windows are there?"),
)


@pytest.mark.task("correlate")
@pytest.mark.public
@pytest.mark.rests_on(function_procedures.call, "returned")
def test_same_numbers(examination: Examination) -> None:
    """`correlate` returns the sum of the products for each place of the window."""
    judge(examination, *CORRELATE)


AT_LEAST = 1.05  # times any other answer; notebook 4.1 says so


def _kernel(answer: Any) -> np.ndarray | None:
    """The kernel (5, 5), its largest weight 1 or -1; None where it is none that can be tried on strokes."""
    if answer["returned"] is None:
        return None
    kernel = array(answer["returned"], "What `stroke_kernel` returned").astype(np.float64)
    return kernel / (np.abs(kernel).max() or 1) if kernel.shape == (5, 5) else None


def _strengths(answer: Any, given: Given) -> dict[str, float] | None:
    """The weakest answer to a horizontal stroke, and the strongest to each other kind of image."""
    kernel = _kernel(answer)
    if kernel is None:
        return None
    found = drawn_strokes.answers(kernel)
    wanted = found.pop("horizontal")
    return {"horizontal": float(wanted.min()), **{kind: float(values.max()) for kind, values in found.items()}}


def _rivals(strengths: dict[str, float]) -> list[str]:
    """The kinds of image whose answer is too strong, the strongest first."""
    others = sorted((kind for kind in strengths if kind != "horizontal"), key=lambda kind: -strengths[kind])
    wanted = strengths["horizontal"]
    return [kind for kind in others if wanted <= 0 or wanted < AT_LEAST * strengths[kind]]


def _looks(answer: Any, given: Given) -> str | None:
    """What of a kernel keeps it from being right, if that can be seen without any stroke."""
    kernel = _kernel(answer)
    if kernel is None:
        return None
    if kernel.min() == kernel.max():
        return "all weights are equal" if kernel.any() else "all weights are zero"
    if np.count_nonzero(kernel) == 1 or kernel.min() >= 0:
        return "one weight" if np.count_nonzero(kernel) == 1 else "no negative weight"
    strongest = max(float(values.max()) for kind, values in drawn_strokes.answers(kernel).items())
    return "other" if strongest > 1e-6 else f"no answer, middle row {np.sign(kernel[2].sum()):+.0f}"


def _stroke_said(strengths: dict[str, float], _: None) -> str:
    rival = _rivals(strengths)[0]
    name = "an image that is all ink" if rival == drawn_strokes.INK else f"a {rival} stroke"
    return (
        f"The answer to each horizontal stroke should be at least {AT_LEAST - 1:.0%} larger than that to any other"
        " image. With the kernel scaled so that its largest weight is 1, the smallest answer to a horizontal stroke is"
        f" {strengths['horizontal']:.3g}, and the largest to {name} is {strengths[rival]:.3g}."
    )


def _stroke_hint(strengths: dict[str, float], _: None) -> str:
    if _rivals(strengths)[0] == drawn_strokes.INK:
        return "For an image that is all ink, the answer is the sum of the weights. What would make that sum smaller?"
    return "Lay the kernel over both strokes: where is ink in the one and none in the other?"


STROKE = Question(
    id="stroke-kernel",
    task="correlate",
    procedure=function_procedures.call,
    uses=("stroke_kernel",),
    given=lambda ask, seed: {"function": "stroke_kernel", "arguments": {}},
    aspects=(
        Aspect(
            "kind",
            lambda answer, given: answer["kind"] if answer["returned"] is None else None,
            check="stroke",
            right=None,
            say="`stroke_kernel` should return a tensor, but returned {got}.",
            names=True,
        ),
        Aspect(
            "shape",
            lambda answer, given: None if answer["returned"] is None else shape_text(answer["returned"].shape),
            check="stroke",
            right=shape_text((5, 5)),
            say="`stroke_kernel` should return a kernel of shape {want}, but its shape is {got}.",
            names=True,
        ),
        Aspect("looks", _looks),
        Aspect(
            "rivals",
            lambda answer, given: None if (found := _strengths(answer, given)) is None else ", ".join(_rivals(found)),
        ),
        Aspect(
            "strengths",
            _strengths,
            check="stroke",
            right=None,
            alike=lambda got, _: not _rivals(got),
            say=_stroke_said,
            hint=_stroke_hint,
        ),
        a_tensor("stroke_kernel", "stroke"),
    ),
)


@pytest.mark.task("correlate")
@pytest.mark.public
@pytest.mark.rests_on(function_procedures.call, "returned")
def test_stroke(examination: Examination) -> None:
    """The kernel of `stroke_kernel` answers more strongly to a horizontal stroke than to any other."""
    judge(examination, STROKE)


# --- simple-cnn -------------------------------------------------------------------------------------------------------


@pytest.mark.task("simple-cnn")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
@pytest.mark.rests_on(network_procedures.plain_outputs, "answer")
def test_layer_shapes(examination: Examination) -> None:
    """SimpleCNN has the task's layers and returns ten logits for each image."""
    SIMPLE.layer_shapes(examination, output=[2, 10])


@pytest.mark.task("simple-cnn")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
def test_same_function(examination: Examination) -> None:
    """With the same weights, SimpleCNN computes the same as the task's network."""
    SIMPLE.same_function(examination)


@pytest.mark.task("simple-cnn")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.dropout_samples, "train", "eval")
def test_dropout(examination: Examination) -> None:
    """SimpleCNN applies dropout at the task's rate, in the right place, and only in training mode."""
    SIMPLE.dropout_place(examination)


# --- train-evaluate ---------------------------------------------------------------------------------------------------


@pytest.mark.task("train-evaluate")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.train_small, "state")
def test_history(examination: Examination) -> None:
    """`train` returns its history: one dictionary for each epoch, with loss and accuracy."""
    judge(examination, training.TRAIN, training.TRAIN_ONCE, training.TRAIN_MEANS)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.train_small, "state")
def test_loss_falls(examination: Examination) -> None:
    """`train` trains: the loss on the training images falls."""
    judge(examination, training.LOSS_FALLS)


@pytest.mark.task("train-evaluate")
@pytest.mark.hidden
@pytest.mark.needs("loss-falls")
@pytest.mark.rests_on(training_procedures.train_small, "state")
def test_same_training(examination: Examination) -> None:
    """`train` uses cross-entropy, Adam and the learning rate that it is given."""
    judge(examination, training.ENDED)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.evaluate_small, "accuracy")
def test_evaluate_counts(examination: Examination) -> None:
    """`evaluate` returns the fraction of the images that the model gets right."""
    training.judge_accuracy_returned(examination)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.evaluate_small, "accuracy")
def test_eval_mode(examination: Examination) -> None:
    """`evaluate` leaves the model in evaluation mode."""
    training.judge_mode(examination)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.train_small, "state")
@pytest.mark.rests_on(training_procedures.evaluate_small, "accuracy")
def test_device(examination: Examination) -> None:
    """`train` and `evaluate` run on the device that they are given."""
    training.judge_device(examination)


# --- shapes -----------------------------------------------------------------------------------------------------------

FOUR = "The shape should have four numbers: batch, channels, height, width."
CONV1 = shape_question(
    "conv1_output_shape",
    "shapes",
    4,
    "Batch, channels, height, width. How many pixels does a 5×5 kernel take off without padding?",
    FOUR,
)
CONV1_7X3 = shape_question(
    "conv1_7x3_output_shape",
    "shapes",
    4,
    "Batch, channels, height, width. Work out the last two separately: the kernel's first number is its height, its"
    " second its width, and there is no padding.",
    FOUR,
)
PARAMETERS = count_question("simple_cnn_parameters", "shapes", "Count the weights and the biases of every layer.")


@pytest.mark.task("shapes")
@pytest.mark.public
@pytest.mark.rests_on(value_procedures.values, "answer")
def test_conv1_output(examination: Examination) -> None:
    """The shape of the first convolution's output for a batch of 128 images."""
    judge(examination, CONV1)


@pytest.mark.task("shapes")
@pytest.mark.public
@pytest.mark.rests_on(value_procedures.values, "answer")
def test_conv1_7x3_output(examination: Examination) -> None:
    """The shape of that output with 7×3 kernels."""
    judge(examination, CONV1_7X3)


@pytest.mark.task("shapes")
@pytest.mark.public
@pytest.mark.rests_on(value_procedures.values, "answer")
def test_parameters(examination: Examination) -> None:
    """The number of parameters of SimpleCNN."""
    judge(examination, PARAMETERS)


ASKED = (
    *(*CORRELATE, STROKE, SIMPLE, CONV1, CONV1_7X3, PARAMETERS),
    *(training.TRAIN, training.WHERE_TO, training.ENDED, training.EVALUATE, training.DEVICE),
)
