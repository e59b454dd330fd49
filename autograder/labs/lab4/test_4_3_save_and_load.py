"""Checks of notebook 4_3_save_and_load."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograder.judge import probes
from autograder.judge.compare import array
from autograder.judge.verdict import Blocked, Failed
from autograder.labs.examination import Examination
from autograder.labs.lab4 import asking, small

# --- save-load --------------------------------------------------------------------------------------------------------


LARGEST = 2_000_000  # numbers in a network of this lab


def weights(examination: Examination) -> list[tuple[str, np.ndarray]]:
    """The grader's weights for the student's own BetterCNN: whether that is right is another task's matter."""
    own = [(str(name), list(shape)) for name, shape in examination.ask("own_shapes", ["load_model"])]
    if not own or sum(math.prod(shape) for _, shape in own) > LARGEST:
        raise Blocked("Waits for a BetterCNN with the task's layers.")
    return probes.weights(own, examination.oracle.seed)


def round_trip(examination: Examination) -> dict[str, Any]:
    """What comes back when a BetterCNN with the grader's weights is saved, spoilt and loaded."""
    answer = asking.ask(examination, asking.ROUND_TRIP, state=weights(examination))
    if not answer["fits"]:
        raise Blocked("Waits for a BetterCNN with the task's layers.")
    if not answer["written"]:
        facts = "`save_model(model, path)` wrote no file to the path that it was given."
        raise asking.mistake(examination, facts, recognised(examination, answer))
    return answer


def recognised(examination: Examination, answer: dict[str, Any], *aspects: str) -> str | None:
    """The known mistake that saves and loads like this."""
    return asking.named(examination, asking.ROUND_TRIP, answer, *aspects, state=weights(examination))


def judge_loaded(examination: Examination, answer: dict[str, Any]) -> None:
    """A loaded model is what was saved; a known mistake is named."""
    try:
        judge_model(examination, answer)
    except Failed as failed:
        name = recognised(examination, answer) or recognised(examination, answer, "loaded")
        raise asking.mistake(examination, failed.message, name, failed.hint) from None


def judge_model(examination: Examination, answer: dict[str, Any]) -> None:
    """A loaded model is a BetterCNN on the CPU, in evaluation mode, with the saved weights bit for bit."""
    if not answer["module"]:
        raise Failed(
            f"`load_model` was asked for a BetterCNN; it returned {answer['kind']}.", hint="Is the model returned?"
        )
    if not answer["better"]:
        raise Failed(f"`load_model` was asked for a BetterCNN; it returned a {answer['kind']}.")
    saved = weights(examination)
    loaded = [array(value, f"The loaded weight {name}") for name, value in answer["state"]]
    if sorted(value.tobytes() for value in loaded) != sorted(value.tobytes() for _, value in saved):
        raise Failed(
            "The loaded model's weights are not the saved ones, bit for bit.",
            hint="Does `load_model` read the file that `path` names, and give it to the model that it returns?",
        )
    if answer["training"] is not False:
        raise Failed(
            "The loaded model was to be in evaluation mode; it, or a part of it, is in training mode.",
            hint="What does `model.eval()` do?",
        )
    if [str(device) for device in answer["devices"]] != ["cpu"]:
        raise Failed(f"The loaded model was to be on the CPU; it is on {', '.join(map(str, answer['devices']))}.")


@pytest.mark.task("save-load")
@pytest.mark.public
def test_round_trip(examination: Examination) -> None:
    """A saved and loaded model has the same weights bit for bit, on the CPU, in evaluation mode."""
    judge_loaded(examination, round_trip(examination))


@pytest.mark.task("save-load")
@pytest.mark.public
def test_state_dict(examination: Examination) -> None:
    """The file holds a state dict, not a whole module."""
    answer = round_trip(examination)
    try:
        judge_file(examination, array(answer["file"], "The file").astype(np.uint8))
    except Failed as failed:
        name = recognised(examination, answer) or recognised(examination, answer, "held")
        raise asking.mistake(examination, failed.message, name, failed.hint) from None


def judge_file(examination: Examination, content: np.ndarray) -> None:
    """A file's bytes are a state dict with the saved weights, bit for bit."""
    arrays = examination.read_weights(content, "The file")
    saved = weights(examination)
    if sorted(value.shape for _, value in arrays) != sorted(value.shape for _, value in saved):
        raise Failed("The file's state dict has other tensors than the model's parameters.")
    if sorted(value.tobytes() for _, value in arrays) != sorted(value.tobytes() for _, value in saved):
        raise Failed(
            "The file's state dict does not hold the weights that the model had when it was saved.",
            hint="Is it the state dict of the model that was passed in?",
        )


@pytest.mark.task("save-load")
@pytest.mark.public
@pytest.mark.needs("round-trip")
def test_from_gpu(examination: Examination) -> None:
    """What was saved on a machine with a GPU loads on one without."""
    file = round_trip(examination)["file"]
    answer = asking.ask(examination, asking.FROM_GPU, afresh=True, state=[], file=file)
    judge_loaded(examination, answer)


@pytest.mark.task("save-load")
@pytest.mark.hidden
@pytest.mark.needs("round-trip")
def test_fresh_process(examination: Examination) -> None:
    """What one process saved, another one loads."""
    file = round_trip(examination)["file"]
    judge_loaded(examination, examination.ask_afresh("load_file", ["load_model"], file=file))


# --- resume -----------------------------------------------------------------------------------------------------------

BEFORE, AFTER = asking.BEFORE, asking.AFTER


def resumed(examination: Examination) -> dict[str, Any]:
    """What a trial on the grader's little network is after it was saved, resumed and run to the end."""
    answer = asking.ask(examination, asking.RESUME)
    if not answer["written"]:
        facts = "`save_trial(trial, path)` wrote no file to the path that it was given."
        raise asking.mistake(examination, facts, known(examination, answer))
    if not answer["trial"]:
        facts = f"`resume_trial` was asked for the trial; it returned {answer['kind']}."
        raise asking.mistake(examination, facts, known(examination, answer))
    return answer


def known(examination: Examination, answer: dict[str, Any]) -> str | None:
    """The known mistake that resumes like this, from such a file: the file decides which function's it is."""
    return asking.named(examination, asking.RESUME, answer)


@pytest.mark.task("resume")
@pytest.mark.public
def test_continues(examination: Examination) -> None:
    """A training that was saved and resumed ends where an uninterrupted one ends."""
    answer = resumed(examination)
    seed = examination.oracle.seed
    images, labels = probes.classes(asking.IMAGES, seed)
    ended = small.returned(answer["state"], "`resume_trial`")
    if small.distance(ended, small.trained(seed, images, labels, AFTER)) <= 0.1:
        return
    if small.distance(ended, small.trained(seed, images, labels, BEFORE)) <= 0.1:
        facts = "The resumed trial has the saved weights, but `run` did not go on training."
        raise asking.mistake(examination, facts, known(examination, answer))
    if small.distance(ended, small.trained(seed, images, labels, BEFORE + AFTER)) <= 0.1:
        raise asking.mistake(
            examination,
            f"The saved trial had {BEFORE} epochs behind it; told to run to {AFTER}, the resumed one ran {AFTER} more.",
            known(examination, answer),
            hint="A trial counts the epochs in its history: does `save_trial` write that too, and does `resume_trial`"
            " load all that was written?",
        )
    raise asking.mistake(
        examination,
        f"{BEFORE} epochs, saved, resumed and run to {AFTER}: the weights are not those of {AFTER} epochs in one go.",
        known(examination, answer),
        hint="Weights alone are not the whole state: what does Adam remember between steps? Does `save_trial` write"
        " that, and does `resume_trial` load it?",
    )


@pytest.mark.task("resume")
@pytest.mark.public
def test_history(examination: Examination) -> None:
    """The resumed trial knows the epochs that lie behind it."""
    answer = resumed(examination)
    if answer["before"] != BEFORE:
        raise asking.mistake(
            examination,
            f"The saved trial's history had {BEFORE} epochs; after `resume_trial` it has {answer['before']}.",
            known(examination, answer),
            hint="`Trial.state_dict()` holds the history too: is it in the file, and is all of the file loaded?",
        )
    if answer["after"] != AFTER:
        facts = f"Run on to {AFTER} epochs, the trial's history has {answer['after']} entries."
        raise asking.mistake(examination, facts, known(examination, answer))
