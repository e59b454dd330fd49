"""Checks of notebook 4_1_simple_cnn."""

from __future__ import annotations

import pytest

from autograder.labs.examination import Examination
from autograder.labs.kinds import training
from autograder.labs.kinds.value import ShortAnswer
from autograder.labs.lab4.networks import SIMPLE
from autograder.labs.questions import judge

# --- simple-cnn -------------------------------------------------------------------------------------------------------


@pytest.mark.task("simple-cnn")
@pytest.mark.public
def test_layer_shapes(examination: Examination) -> None:
    """SimpleCNN has layers of the task's sizes and gives ten logits an image."""
    SIMPLE.layer_shapes(examination, output=[2, 10])


@pytest.mark.task("simple-cnn")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
def test_same_function(examination: Examination) -> None:
    """With the same weights, SimpleCNN computes what the task's network computes."""
    SIMPLE.same_function(examination)


@pytest.mark.task("simple-cnn")
@pytest.mark.public
def test_dropout(examination: Examination) -> None:
    """SimpleCNN drops values with the task's rate and place, and only in training mode."""
    SIMPLE.dropout_place(examination)


# --- train-evaluate ---------------------------------------------------------------------------------------------------


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_history(examination: Examination) -> None:
    """`train` returns its history: one dictionary an epoch, with the loss and the accuracy."""
    judge(examination, training.TRAIN, training.TRAIN_ONCE, training.TRAIN_MEANS)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_loss_falls(examination: Examination) -> None:
    """`train` trains: the loss on the training images falls."""
    judge(examination, training.LOSS_FALLS)


@pytest.mark.task("train-evaluate")
@pytest.mark.hidden
@pytest.mark.needs("loss-falls")
def test_same_training(examination: Examination) -> None:
    """`train` uses cross-entropy, Adam and the learning rate that it is given."""
    judge(examination, training.ENDED)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_evaluate_counts(examination: Examination) -> None:
    """`evaluate` returns the fraction of the images that the model gets right."""
    judge(examination, training.EVALUATE)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_eval_mode(examination: Examination) -> None:
    """`evaluate` leaves the model in evaluation mode."""
    judge(examination, training.EVALUATE)


@pytest.mark.task("train-evaluate")
@pytest.mark.public
def test_device(examination: Examination) -> None:
    """`train` and `evaluate` compute on the device that they are told."""
    judge(examination, training.DEVICE)


# --- shapes -----------------------------------------------------------------------------------------------------------

CONV1 = ShortAnswer("conv1_output_shape", "shapes")
CONV1_7X3 = ShortAnswer("conv1_7x3_output_shape", "shapes")
PARAMETERS = ShortAnswer("simple_cnn_parameters", "shapes")
FOUR = "Four numbers were asked for: batch, channels, height, width."


@pytest.mark.task("shapes")
@pytest.mark.public
def test_conv1_output(examination: Examination) -> None:
    """The shape of what the first convolution makes of a batch of 128 images."""
    hint = "Batch, channels, height, width. Without padding, what does 5×5 take?"
    CONV1.judge_shape(examination, 4, hint, FOUR)


@pytest.mark.task("shapes")
@pytest.mark.public
def test_conv1_7x3_output(examination: Examination) -> None:
    """The shape of what the first convolution makes of them with kernels of 7×3."""
    hint = (
        "Batch, channels, height, width. Work out the last two separately: the kernel's first number is its height, its"
        " second its width, and there is no padding."
    )
    CONV1_7X3.judge_shape(examination, 4, hint, FOUR)


@pytest.mark.task("shapes")
@pytest.mark.public
def test_parameters(examination: Examination) -> None:
    """The number of parameters of SimpleCNN."""
    PARAMETERS.judge_count(examination, "Weights and biases of every layer.")


ASKED = (
    *(SIMPLE, CONV1, CONV1_7X3, PARAMETERS),
    *(training.TRAIN, training.WHERE_TO, training.ENDED, training.EVALUATE, training.DEVICE),
)
