"""Checks of notebook 4_3_save_and_load."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checks.examination import Examination
from autograder.checks.lab4 import asking, inputs, small
from autograder.judge import probes
from autograder.judge.compare import array
from autograder.judge.verdict import Blocked, Failed

# --- save-load --------------------------------------------------------------------------------------------------------


def round_trip(examination: Examination) -> dict[str, Any]:
    """What comes back when a BetterCNN with the examiner's weights is saved, spoilt and loaded."""
    answer = examination.ask(
        "round_trip",
        ["save_model", "load_model"],
        state=asking.made_up_weights(examination, inputs.BETTER),
    )
    if not answer["fits"]:
        raise Blocked("Waits for a BetterCNN with the task's layers.")
    if not answer["written"]:
        raise Failed(
            "`save_model(model, path)` wrote no file to the path that it was given.",
            hint="Is the argument `path` used, or a fixed name?",
            diagnosis="path-ignored",
        )
    return answer


def judge_loaded(examination: Examination, answer: dict[str, Any]) -> None:
    """A loaded model is a BetterCNN on the CPU, in evaluation mode, with the saved weights bit for bit."""
    if not answer["module"]:
        raise Failed(
            f"`load_model` was asked for a BetterCNN; it returned {answer['kind']}.", hint="Is the model returned?"
        )
    if not answer["better"]:
        raise Failed(f"`load_model` was asked for a BetterCNN; it returned a {answer['kind']}.")
    saved = asking.made_up_weights(examination, inputs.BETTER)
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
            diagnosis="loaded-in-training-mode",
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
    content = array(round_trip(examination)["file"], "The file").astype(np.uint8)
    arrays = examination.read_weights(content, "The file")
    saved = asking.made_up_weights(examination, inputs.BETTER)
    if sorted(value.shape for _, value in arrays) != sorted(value.shape for _, value in saved):
        raise Failed("The file's state dict has other tensors than the model's parameters.")
    if sorted(value.tobytes() for _, value in arrays) != sorted(value.tobytes() for _, value in saved):
        raise Failed(
            "The file's state dict does not hold the weights that the model had when it was saved.",
            hint="Is it the state dict of the model that was passed in?",
        )


@pytest.mark.task("save-load")
@pytest.mark.hidden
@pytest.mark.needs("round-trip")
def test_fresh_process(examination: Examination) -> None:
    """What one process saved, another one loads."""
    file = round_trip(examination)["file"]
    judge_loaded(examination, examination.ask_afresh("load_file", ["load_model"], file=file))


# --- resume -----------------------------------------------------------------------------------------------------------

BEFORE, AFTER, IMAGES = 2, 4, 160


def resumed(examination: Examination) -> dict[str, Any]:
    """What a trial on the examiner's little network is after it was saved, resumed and run to the end."""
    images, labels = probes.classes(IMAGES, examination.oracle.seed)
    answer = examination.ask(
        "resume_small",
        ["save_trial", "resume_trial"],
        state=small.start(examination.oracle.seed),
        images=images,
        labels=labels,
        batch=small.BATCH,
        lr=small.LEARNING_RATE,
        epochs=[BEFORE, AFTER],
    )
    if not answer["written"]:
        raise Failed(
            "`save_trial(trial, path)` wrote no file to the path that it was given.",
            hint="Is the argument `path` used, or a fixed name?",
            diagnosis="path-ignored",
        )
    if not answer["trial"]:
        raise Failed(f"`resume_trial` was asked for the trial; it returned {answer['kind']}.")
    return answer


@pytest.mark.task("resume")
@pytest.mark.public
def test_continues(examination: Examination) -> None:
    """A training that was saved and resumed ends where an uninterrupted one ends."""
    answer = resumed(examination)
    seed = examination.oracle.seed
    images, labels = probes.classes(IMAGES, seed)
    ended = small.returned(answer["state"], "`resume_trial`")
    if small.distance(ended, small.trained(seed, images, labels, AFTER)) <= 0.1:
        return
    if small.distance(ended, small.trained(seed, images, labels, BEFORE)) <= 0.1:
        raise Failed("The resumed trial has the saved weights, but `run` did not go on training.")
    if small.distance(ended, small.trained(seed, images, labels, BEFORE + AFTER)) <= 0.1:
        raise Failed(
            f"The saved trial had {BEFORE} epochs behind it; told to run to {AFTER}, the resumed one ran {AFTER} more.",
            hint="A trial counts the epochs in its history: is that loaded too?",
            diagnosis="history-forgotten",
        )
    raise Failed(
        f"{BEFORE} epochs, saved, resumed and run to {AFTER}: the weights are not those of {AFTER} epochs in one go.",
        hint="Weights alone are not the whole state: what does Adam remember between steps?",
        diagnosis="optimiser-state-forgotten",
    )


@pytest.mark.task("resume")
@pytest.mark.public
def test_history(examination: Examination) -> None:
    """The resumed trial knows the epochs that lie behind it."""
    answer = resumed(examination)
    if answer["before"] != BEFORE:
        raise Failed(
            f"The saved trial's history had {BEFORE} epochs; after `resume_trial` it has {answer['before']}.",
            hint="`Trial.state_dict()` holds the history too.",
            diagnosis="history-forgotten",
        )
    if answer["after"] != AFTER:
        raise Failed(f"Run on to {AFTER} epochs, the trial's history has {answer['after']} entries.")
