"""Checks of notebook 4_1_simple_cnn."""

from __future__ import annotations

import pytest

from autograder.labs.examination import Examination
from autograder.labs.kinds import network_procedures, training, training_procedures, value_procedures
from autograder.labs.kinds.value import count_question, shape_question
from autograder.labs.lab4.networks import SIMPLE
from autograder.labs.questions import judge

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
    *(SIMPLE, CONV1, CONV1_7X3, PARAMETERS),
    *(training.TRAIN, training.WHERE_TO, training.ENDED, training.EVALUATE, training.DEVICE),
)
