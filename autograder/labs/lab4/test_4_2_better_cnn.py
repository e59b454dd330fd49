"""Checks of notebook 4_2_better_cnn."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judge import accuracy, probes, weights_file
from autograder.judge.compare import array
from autograder.judge.verdict import Failed, Partial
from autograder.labs.examination import Examination
from autograder.labs.kinds import saved_weights_procedures
from autograder.labs.kinds.saved_weights import ShapesOnly, weights_in
from autograder.labs.lab4.networks import BETTER
from autograder.labs.questions import known, mistake, partly

BETTER_FILE, BEST_FILE = "weights/better_cnn.pt", "weights/best_model.pt"
FILES = (BETTER_FILE, BEST_FILE)

# --- better-cnn -------------------------------------------------------------------------------------------------------


@pytest.mark.task("better-cnn")
@pytest.mark.public
def test_layer_shapes(examination: Examination) -> None:
    """BetterCNN has layers of the task's sizes and gives ten logits an image."""
    BETTER.layer_shapes(examination, output=[2, 10])


@pytest.mark.task("better-cnn")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
def test_same_function(examination: Examination) -> None:
    """With the same weights, BetterCNN computes what the task's network computes."""
    BETTER.same_function(examination)


@pytest.mark.task("better-cnn")
@pytest.mark.public
def test_dropout(examination: Examination) -> None:
    """BetterCNN drops values with the task's rate and place, and only in training mode."""
    BETTER.dropout_place(examination)


# --- better-cnn-accuracy ----------------------------------------------------------------------------------------------


@pytest.mark.task("better-cnn-accuracy")
@pytest.mark.public
def test_better__weights_fit(examination: Examination) -> None:
    """weights/better_cnn.pt holds the state dict of a trained BetterCNN."""
    arrays = weights_in(examination, BETTER_FILE, FILES)
    weights_file.fit_weights(arrays, ShapesOnly(BETTER.shapes(examination.oracle.ask)), BETTER_FILE)


@pytest.mark.task("better-cnn-accuracy")
@pytest.mark.hidden
@pytest.mark.needs("weights-fit")
def test_better__accuracy(examination: Examination) -> None:
    """Those weights, in the task's network, are right on images that nobody has seen."""
    arrays = weights_in(examination, BETTER_FILE, FILES)
    model = weights_file.fit_weights(arrays, examination.oracle.network("BetterCNN"), BETTER_FILE)
    images, labels, data = examination.context.hidden_images()
    logits = accuracy.logits_of(model, images, examination.context.device)
    reached = accuracy.accuracy_of(logits, labels, "BetterCNN")
    examination.measured(reached)
    accuracy.judge_accuracy(reached, examination.context.band("better-cnn-accuracy", data), "The trained BetterCNN")


# --- best-model -------------------------------------------------------------------------------------------------------


GUESSING = 0.25  # of ten digits, one is right by chance


def best_logits(examination: Examination, images: np.ndarray) -> np.ndarray:
    """What the student's best model says of images of bytes (N, 28, 28)."""
    weights_in(examination, BEST_FILE, FILES)  # a readable state dict of sensible size
    file, make = examination.content_of(BEST_FILE), "best_model"
    answer = examination.ask(saved_weights_procedures.logits, [make], make=make, file=file, images=images)
    if not answer["fits"] and not answer["module"]:
        raise Failed(
            f"`best_model()` was asked for a network, an `nn.Module`; it returned something of the type"
            f" {answer['kind']}.",
            hint="Is it the network itself that is returned, made and ready to be called?",
        )
    if not answer["fits"]:
        facts = f"The weights in {BEST_FILE} do not fit the network that `best_model()` returns."
        raise mistake(examination, facts, known(examination, "weights-of-another-network"))
    return array(answer["outputs"], "What the best model returned")


@pytest.mark.task("best-model")
@pytest.mark.public
def test_best__weights_fit(examination: Examination) -> None:
    """`best_model()` takes the weights of weights/best_model.pt and gives ten logits an image."""
    images = (probes.images(3, examination.oracle.seed)[:, 0] * 255).round().astype(np.uint8)
    logits = best_logits(examination, images)
    if logits.shape != (3, 10):
        raise Failed(f"The best model was asked for logits of shape (3, 10); it returned {logits.shape}.")
    if logits.min() >= 0 and np.abs(logits.sum(1) - 1).max() < 1e-3:
        facts = "The best model was asked for logits; it returned probabilities, which add up to 1 for each image."
        if np.isin(logits, (0, 1)).all():
            raise Partial(0.5, facts)
        raise partly(examination, 0.5, facts, known(examination, "best-model-ends-in-softmax"))


@pytest.mark.task("best-model")
@pytest.mark.hidden
@pytest.mark.needs("weights-fit")
def test_best__accuracy(examination: Examination) -> None:
    """The best model is right on images that nobody has seen."""
    images, labels, data = examination.context.hidden_images()
    reached = accuracy.accuracy_of(best_logits(examination, images), labels, "The best model")
    examination.measured(reached)
    try:
        accuracy.judge_accuracy(reached, examination.context.band("best-model", data), "The best model")
    except Failed as failed:
        guessing = reached < GUESSING and known(examination, "no-better-than-guessing")
        raise mistake(examination, failed.message, guessing or None, failed.hint) from None


ASKED = (BETTER,)
