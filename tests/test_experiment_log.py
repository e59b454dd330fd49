"""The log of experiments in `best-model`: every honest one gets its points, and what is wrong with another is told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder.labs.kinds.plain_data import plain
from autograder.labs.lab4.experiment_log import Log, agrees, read_log
from autograder.results import CheckResult
from tests.judging import definitions_of, judged, lay_out, live_oracle

TEXTS = {"change": "wider", "expect": "more", "conclude": "no"}


def row(*validation: Any, **other: Any) -> dict[str, Any]:
    return {**TEXTS, "validation": list(validation), **other}


ROWS = [row(0.95, 0.96), row(0.97, 0.96, change="deeper"), row(1.0, 0.995, change="both")]


def read(log: Any) -> Log:
    """As it comes out of a student's process."""
    return read_log(plain(log))


@pytest.mark.parametrize(
    "log",
    [
        ROWS,
        tuple(ROWS),
        [row(0.9, 0.8, 0.85), *ROWS, row(0.1, 0.12, change="much too large a rate")],
        [row(*np.float32([0.9, 0.91])), *ROWS[1:]],
        [row(torch.tensor(0.9), np.float64(0.91)), *ROWS[1:]],
        [{**TEXTS, "validation": np.array([0.9, 0.91])}, *ROWS[1:]],
        [{**TEXTS, "validation": torch.tensor([0.9, 0.91])}, *ROWS[1:]],
        [{**TEXTS, "validation": (0.9, 0.91)}, *ROWS[1:]],
        [{**TEXTS, "validation": {0: 0.9, 1: 0.91}}, *ROWS[1:]],
        [{"id": 1, **ROWS[0], "seeds": [0, 1], "minutes": 3.5}, *ROWS[1:]],
        [{key.title() + " ": part for key, part in ROWS[0].items()}, *ROWS[1:]],
        [row(0.9, 0.9), row(0.9, 0.9, change="deeper"), row(1, 0, change="by luck")],
        [row(0.9, 0.91, expect=0.95), *ROWS[1:]],
        [ROWS[0], ROWS[0], *ROWS[1:]],
    ],
)
def test_an_honest_log_has_nothing_wrong_with_it(log: Any) -> None:
    found = read(log)
    assert found.fault is None, found.fault
    assert {0.9, 0.95, 0.97} & {round(claim, 6) for claim in found.claims}


@pytest.mark.parametrize(
    ("log", "said", "fatal"),
    [
        (
            {"change": "wider"},
            "should be a list of dictionaries, one for each experiment, but is one dictionary.",
            True,
        ),
        ("none", "but is a text.", True),
        ([*ROWS, "and so on"], "but has a row that is none.", True),
        ([], "should have at least 3 different rows with accuracies, but has 0.", True),
        (ROWS[:2], "should have at least 3 different rows with accuracies, but has 2.", True),
        (2 * ROWS[:2], "but has 2. Row 3 is the same as row 1.", True),
        ([*ROWS[:2], row()], "but has 2. Row 3 of `experiments` should have accuracies of at least 2 seeds", True),
        ([*ROWS[:2], row(..., ...)], "but has 2.", True),
        ([*ROWS[:2], row("0.98", None)], "but has 2.", True),
        (
            [row(95.0, 96.0), *ROWS[1:]],
            "has 95 under `validation`, but an accuracy is a fraction, from 0 to 1: for 95 %, write 0.95.",
            False,
        ),
        (
            [row(0.9, 120.0), *ROWS[1:]],
            "has 120 under `validation`, but an accuracy is a fraction, from 0 to 1.",
            False,
        ),
        ([row(0.9, float("nan")), *ROWS[1:]], "has nan under `validation`", False),
        ([row(0.9, -0.1), *ROWS[1:]], "has -0.1 under `validation`", False),
        (
            [*ROWS[:2], row(0.99, change="both")],
            "Row 3 of `experiments` should have accuracies of at least 2 seeds under `validation`, but has 1.",
            False,
        ),
        (
            [{**TEXTS, "validation": 0.9}, *ROWS],
            "Row 1 of `experiments` should have accuracies of at least 2 seeds",
            False,
        ),
        (
            [ROWS[0], row(0.9, 0.91, expect=" … "), *ROWS[1:]],
            "Row 2 of `experiments` says nothing under `expect`.",
            False,
        ),
        ([ROWS[0], row(0.9, 0.91, conclude=""), *ROWS[1:]], "says nothing under `conclude`.", False),
        ([ROWS[0], row(0.9, 0.91, change=...), *ROWS[1:]], "says nothing under `change`.", False),
        (
            [{"change": "a", "expected": "b", "validation": [0.9, 0.9], "conclude": "c"}, *ROWS],
            "has no `expect`. Its keys are `change`, `expected`, `validation`, `conclude`.",
            False,
        ),
    ],
)
def test_what_is_wrong_with_a_log_is_told_with_its_row(log: Any, said: str, fatal: bool) -> None:
    fault = read(log).fault
    assert fault is not None
    assert said in fault.facts
    assert fault.fatal == fatal


def test_a_percentage_is_compared_as_what_it_stands_for() -> None:
    assert read([row(99.0, 0.98), *ROWS]).claims[:2] == [0.99, 0.98]


@pytest.mark.parametrize(
    ("claim", "right", "honest"),
    [
        (0.9906, 991, True),
        (0.9906, 975, True),  # its own seed, and images of its own
        (0.98, 1000, True),  # trained on all images in the end
        (0.9, 910, True),
        (0.95, 990, False),  # the row of the final model is missing
        (0.999, 950, False),
        (0.5, 100, False),
    ],
)
def test_an_honest_number_is_near_the_measured_one_and_a_made_up_one_is_not(
    claim: float, right: int, honest: bool
) -> None:
    assert agrees(claim, right, 1000) == honest


# --- in the task ------------------------------------------------------------------------------------------------------


def marked(folder: Path, **other: Any) -> dict[str, CheckResult]:
    definitions = {**definitions_of(live_oracle()._reference), **other}
    return judged("best-model", {name: value for name, value in definitions.items() if value is not None}, folder)


def test_who_has_a_model_and_no_log_loses_the_points_of_the_log_alone(tmp_path: Path) -> None:
    results = marked(lay_out(tmp_path / "in"), experiments=None)
    assert {name: (result.status, result.score) for name, result in results.items()} == {
        "weights-fit": ("passed", 1), "accuracy": ("passed", 5), "log": ("not attempted", 0),
    }  # fmt: skip


def test_a_log_without_a_model_is_blocked_and_says_what_is_wrong_with_it_all_the_same(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in")
    shutil.rmtree(folder / "weights")
    log = marked(folder, experiments=[row(95, 96), *ROWS])["log"]
    assert log.status == "blocked"
    assert "for 95 %, write 0.95." in log.message
    assert "Blocked until the weights in weights/best_model.pt fit" in log.message


def test_a_log_of_an_untrained_network_that_says_so_earns_nothing(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in")
    torch.manual_seed(0)
    torch.save(live_oracle().definition("best_model")().state_dict(), folder / "weights" / "best_model.pt")
    log = marked(folder, experiments=[row(0.1, 0.11), row(0.1, 0.09, change="deeper"), row(0.12, 0.1, change="both")])
    assert (log["weights-fit"].status, log["log"].status) == ("passed", "blocked")


def test_a_slip_costs_half_and_a_log_of_another_model_all(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "in")
    assert marked(folder, experiments=[*ROWS, row(0.9)])["log"].score == 1
    other = marked(folder, experiments=[row(0.9, 0.91), row(0.92, 0.9), row(0.8, 0.9)])["log"]
    assert other.score == 0
    assert "the nearest accuracy in `experiments` is 92.00%" in other.message
