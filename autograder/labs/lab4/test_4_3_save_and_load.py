"""Checks of notebook 4_3_save_and_load."""

from __future__ import annotations

import pytest

from autograder.labs.examination import Examination
from autograder.labs.kinds import saved_weights_procedures, training, training_procedures
from autograder.labs.kinds.saved_weights import judge_file, saving_questions
from autograder.labs.lab4.networks import BETTER
from autograder.labs.questions import judge

# --- save-load --------------------------------------------------------------------------------------------------------

ROUND_TRIP, FROM_GPU, ELSEWHERE = saving_questions(
    "save-load", "save_model", "load_model", "BetterCNN", (1, 28, 28), BETTER.weights
)


@pytest.mark.task("save-load")
@pytest.mark.public
@pytest.mark.rests_on(saved_weights_procedures.load_file, "state")
def test_round_trip(examination: Examination) -> None:
    """A saved and loaded model has the same weights bit for bit, on the CPU, in evaluation mode."""
    judge(examination, ROUND_TRIP, ELSEWHERE)


@pytest.mark.task("save-load")
@pytest.mark.public
@pytest.mark.rests_on(saved_weights_procedures.round_trip, "file")
def test_state_dict(examination: Examination) -> None:
    """The file holds a state dict, not a whole module."""
    judge_file(examination, ROUND_TRIP)


@pytest.mark.task("save-load")
@pytest.mark.public
@pytest.mark.needs("round-trip")
@pytest.mark.rests_on(saved_weights_procedures.load_file, "state")
def test_from_gpu(examination: Examination) -> None:
    """Weights that were saved on a GPU can be loaded on a machine without one."""
    judge(examination, ROUND_TRIP, FROM_GPU)


@pytest.mark.task("save-load")
@pytest.mark.hidden
@pytest.mark.needs("round-trip")
@pytest.mark.rests_on(saved_weights_procedures.load_file, "state")
def test_fresh_process(examination: Examination) -> None:
    """A model that one process saved can be loaded by another."""
    judge(examination, ROUND_TRIP, ELSEWHERE)


# --- resume -----------------------------------------------------------------------------------------------------------


@pytest.mark.task("resume")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.resume_small, "state")
def test_continues(examination: Examination) -> None:
    """Training that was saved and resumed ends where uninterrupted training ends."""
    judge(examination, training.RESUME, training.RESUME_ELSEWHERE)


@pytest.mark.task("resume")
@pytest.mark.public
@pytest.mark.rests_on(training_procedures.resume_small, "history")
def test_history(examination: Examination) -> None:
    """The resumed trial knows the epochs that it has already run."""
    judge(examination, training.RESUME, training.RESUME_ELSEWHERE)


ASKED = (ROUND_TRIP, FROM_GPU, training.RESUME)
