"""Checks of notebook 4_2_better_cnn."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judge import accuracy, probes, weights_file
from autograder.judge.compare import array, same
from autograder.judge.verdict import Blocked, Failed, Partial, Verdict
from autograder.labs.examination import Examination
from autograder.labs.kinds import network_procedures, saved_weights_procedures, value_procedures
from autograder.labs.kinds.saved_weights import ShapesOnly, weights_in
from autograder.labs.lab4 import experiment_log
from autograder.labs.lab4.networks import BETTER

BETTER_FILE, BEST_FILE = "weights/better_cnn.pt", "weights/best_model.pt"
FILES = (BETTER_FILE, BEST_FILE)
A_SLIP = 0.25  # of the points: for the right weights in a form that later notebooks cannot read

# --- better-cnn -------------------------------------------------------------------------------------------------------


@pytest.mark.task("better-cnn")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
@pytest.mark.rests_on(network_procedures.plain_outputs, "answer")
def test_layer_shapes(examination: Examination) -> None:
    """BetterCNN has the task's layers and returns ten logits for each image."""
    BETTER.layer_shapes(examination, output=[2, 10])


@pytest.mark.task("better-cnn")
@pytest.mark.public
@pytest.mark.needs("layer-shapes")
@pytest.mark.rests_on(network_procedures.outputs, "outputs")
def test_same_function(examination: Examination) -> None:
    """With the same weights, BetterCNN computes the same as the task's network."""
    BETTER.same_function(examination)


@pytest.mark.task("better-cnn")
@pytest.mark.public
@pytest.mark.rests_on(network_procedures.dropout_samples, "train", "eval")
def test_dropout(examination: Examination) -> None:
    """BetterCNN applies dropout at the task's rate, in the right place, and only in training mode."""
    BETTER.dropout_place(examination)


# --- better-cnn-accuracy ----------------------------------------------------------------------------------------------


@pytest.mark.task("better-cnn-accuracy")
@pytest.mark.public
@pytest.mark.rests_on("file")
@pytest.mark.rests_on(saved_weights_procedures.logits, "outputs")
def test_better__weights_fit(examination: Examination) -> None:
    """weights/better_cnn.pt holds a state dict that fits BetterCNN."""
    arrays = weights_in(examination, BETTER_FILE, FILES)
    fits_the_task_s = True
    try:
        weights_file.fit_weights(arrays, ShapesOnly(BETTER.shapes(examination.oracle.ask)), BETTER_FILE)
    except Failed as failed:
        fits_the_task_s = False
        own, halved = (own_logits(examination, few_images(examination), half) for half in (False, True))
        if own is None or halved is None or same(own, halved):  # that they fit is only said, unless it shows
            raise failed from None
    if not any(np.ptp(value) for _, value in arrays if value.ndim > 1):
        raise Failed(f"The weights in {BETTER_FILE} are all the same number: this network was never trained.")
    if fits_the_task_s and examination.wraps(examination.content_of(BETTER_FILE)):
        raise Partial(
            f"{BETTER_FILE} holds a dictionary in which the state dict is only one entry. Notebooks 4.4 to 4.6 read the"
            " file as a state dict, and can't read this one.",
            hint="Save the state dict itself: what does `torch.save` get?",
            fraction=1 - A_SLIP,
        )


def own_logits(examination: Examination, images: np.ndarray, half: bool = False) -> np.ndarray | None:
    """The logits (N, 10) of the student's own BetterCNN with the weights that were handed in, or `half` as large, for
    bytes (N, 28, 28).

    None where it does not run with them. What is wrong with the class costs points in its own task.
    """
    make = "BetterCNN"
    if half:
        file = weights_file.halved(weights_in(examination, BETTER_FILE, FILES))
    else:
        file = examination.content_of(BETTER_FILE)
    try:
        answer = examination.ask(saved_weights_procedures.logits, [make], make=make, file=file, images=images)
    except Verdict:
        return None
    if not answer["fits"]:
        return None
    outputs = np.asarray(answer["outputs"])
    return outputs if outputs.shape == (len(images), 10) and np.isfinite(outputs).all() else None


def computes(examination: Examination, logits: np.ndarray | None) -> bool:
    """Whether the student's own BetterCNN gives these logits for a few images, or does not run."""
    own = own_logits(examination, few_images(examination))
    return own is None or (logits is not None and same(own, logits))


def few_images(examination: Examination) -> np.ndarray:
    """Three images as bytes (3, 28, 28)."""
    return (probes.images(3, examination.oracle.seed)[:, 0] * 255).round().astype(np.uint8)


@pytest.mark.task("better-cnn-accuracy")
@pytest.mark.hidden
@pytest.mark.needs("weights-fit")
@pytest.mark.rests_on("file")
def test_better__accuracy(examination: Examination) -> None:
    """With those weights, the task's network gets unseen images right; or your own, if yours is another."""
    arrays = weights_in(examination, BETTER_FILE, FILES)
    images, labels, data = examination.context.hidden_images()
    band = examination.context.band("better-cnn-accuracy", data)
    reached, what, few = 0.0, "The trained BetterCNN", None
    try:
        model = weights_file.fit_weights(arrays, examination.oracle.network("BetterCNN"), BETTER_FILE)
        few = accuracy.logits_of(model, few_images(examination), examination.context.device)
        logits = accuracy.logits_of(model, images, examination.context.device)
        reached = accuracy.accuracy_of(logits, labels, "BetterCNN")
    except Failed:  # the public check has seen that they fit the student's own
        pass
    if reached < band.full and not computes(examination, few):  # they may have been trained in another network
        own = own_logits(examination, images)
        of_own = 0.0 if own is None else accuracy.accuracy_of(own, labels, "Your BetterCNN")
        if of_own > reached:
            reached = of_own
            what = "Your own BetterCNN, which is not the task's network but the one that these weights were trained in,"
    examination.measured(reached)
    accuracy.judge_accuracy(reached, band, what)


# --- best-model -------------------------------------------------------------------------------------------------------


def best_logits(examination: Examination, images: np.ndarray, half: bool = False) -> np.ndarray:
    """The logits of the student's best model, perhaps with its weights `half` as large, for bytes (N, 28, 28)."""
    arrays = weights_in(examination, BEST_FILE, FILES)  # a readable state dict of sensible size
    file, make = weights_file.halved(arrays) if half else examination.content_of(BEST_FILE), "best_model"
    answer = examination.ask(saved_weights_procedures.logits, [make], make=make, file=file, images=images)
    if not answer["fits"] and not answer["module"]:
        raise Failed(
            f"`best_model()` should return a network, an `nn.Module`, but returned an object of type {answer['kind']}.",
            hint="Do you return an instance, not the class or a function?",
        )
    if not answer["fits"]:
        facts = f"The weights in {BEST_FILE} do not fit the network that `best_model()` returns."
        raise examination.verdict(facts, "weights-of-another-network")
    return array(answer["outputs"], "What the best model returned")


@pytest.mark.task("best-model")
@pytest.mark.public
@pytest.mark.rests_on(saved_weights_procedures.logits, "outputs")
def test_best__weights_fit(examination: Examination) -> None:
    """`best_model()` takes the weights of weights/best_model.pt and returns ten logits for each image."""
    logits = best_logits(examination, few_images(examination))
    if logits.shape != (3, 10):
        raise Failed(
            f"For three images, the best model should return logits of shape (3, 10), but returned {logits.shape}."
        )
    if logits.min() >= 0 and np.abs(logits.sum(1) - 1).max() < 1e-3:
        facts = "The best model should return logits, but returned probabilities: they add up to 1 for each image."
        if np.isin(logits, (0, 1)).all():
            raise Partial(facts, fraction=0.5)
        raise examination.verdict(facts, "best-model-ends-in-softmax", fraction=0.5)
    if same(best_logits(examination, few_images(examination), half=True), logits):
        raise Failed(f"What the best model returns does not depend on the weights in {BEST_FILE}.")


@pytest.mark.task("best-model")
@pytest.mark.hidden
@pytest.mark.needs("weights-fit")
@pytest.mark.rests_on(saved_weights_procedures.logits, "outputs")
def test_best__accuracy(examination: Examination) -> None:
    """The best model gets unseen images right."""
    images, labels, data = examination.context.hidden_images()
    reached = accuracy.accuracy_of(best_logits(examination, images), labels, "The best model")
    examination.measured(reached)
    try:
        accuracy.judge_accuracy(reached, examination.context.band("best-model", data), "The best model")
    except Failed as failed:
        guessing = reached < accuracy.GUESSING and "no-better-than-guessing"
        raise examination.verdict(failed.message, guessing or None, failed.hint) from None


@pytest.mark.task("best-model")
@pytest.mark.public
@pytest.mark.rests_on(value_procedures.values, "answer")
@pytest.mark.rests_on(saved_weights_procedures.logits, "outputs")
def test_log(examination: Examination) -> None:
    """`experiments` tells of three experiments with two seeds each, and one of them is the model handed in."""
    name = experiment_log.NAME
    log = experiment_log.read_log(examination.ask(value_procedures.values, [name], name=name))
    fault = log.fault
    if fault is not None and fault.fatal:
        raise examination.verdict(fault.facts, fault.mistake, fault.hint)
    validation = examination.context.validation_images(examination.oracle.seed)
    if validation is not None:
        images, labels = validation
        try:
            reached = accuracy.accuracy_of(best_logits(examination, images), labels, "The best model")
        except Verdict:  # which costs the points of another check
            found = f"{fault.facts}\n" if fault is not None else ""
            raise Blocked(
                f"{found}Blocked until the weights in {BEST_FILE} fit: the log is compared with them."
            ) from None
        if reached < accuracy.GUESSING:  # near which a claim proves nothing
            raise Blocked("Blocked until the best model is better than guessing: the log is compared with it.")
        claim = min(log.claims, key=lambda claim: abs(claim - reached))
        if not experiment_log.agrees(claim, round(reached * len(labels)), len(labels)):
            facts = (
                f"With the weights in {BEST_FILE}, {reached:.2%} of {len(labels):,} validation images of"
                f" {examination.context.data_called} are right, but"
                f" the nearest accuracy in `{name}` is {claim:.2%}."
            )
            raise examination.verdict(facts, "log-of-another-model")
    if fault is not None:
        raise examination.verdict(fault.facts, fault.mistake, fault.hint, fraction=0.5)


ASKED = (BETTER,)
