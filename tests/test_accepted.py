"""Honest variety: right answers, written as students write, get full marks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.sandbox.fork_server import ForkServer
from tests.judging import LAB, REFERENCE, in_processes, lay_out

ROOT = Path(__file__).resolve().parents[1]
ACCEPTED = sorted((ROOT / "tests" / "accepted").glob("*/*.py"))
# All of them on demand, every sixteenth on every push: each takes as long as a student's task.
SHARED_OUT = [
    pytest.param(one, marks=[pytest.mark.slow] if place % 16 != 5 else []) for place, one in enumerate(ACCEPTED)
]


def marked(fork_server: ForkServer, folder: Path, task: str) -> dict[str, str]:
    """The checks of a task that a submission's folder does not pass, and what they say."""
    results = in_processes(fork_server, folder, task)
    assert set(LAB.assignment.task(task).checks) == set(results)
    return {
        check: f"{result.status} {result.message}"
        for check, result in results.items()
        if result.score < result.max_score
    }


def handed_in(folder: Path, task: str = "", answer: Path | None = None) -> Path:
    """The reference's notebooks, weights and pictures; the task's notebook holds `answer` alone."""
    lay_out(folder)
    for path in sorted((ROOT / "source" / "lab4").glob("*.ipynb")):
        shutil.copyfile(path, folder / path.name)
    if answer is not None:
        import jupytext

        jupytext.write(jupytext.read(answer), folder / f"{LAB.assignment.task(task).notebook}.ipynb")
    return folder


@pytest.mark.processes
@pytest.mark.parametrize("answer", SHARED_OUT, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_right_answer_gets_full_marks(fork_server: ForkServer, tmp_path: Path, answer: Path) -> None:
    task = answer.parent.name
    assert marked(fork_server, handed_in(tmp_path, task, answer), task) == {}


@pytest.mark.processes
def test_a_hook_that_keeps_an_output_is_right_whatever_the_student_s_own_network_does_in_place(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    import jupytext

    folder = handed_in(tmp_path, "maximise", ROOT / "tests/accepted/maximise/adam-maximize.py")
    network = ROOT / "tests/accepted/better-cnn/blocks.py"  # `self.conv(x).relu_()`
    jupytext.write(jupytext.read(network), folder / "4_2_better_cnn.ipynb")
    assert marked(fork_server, folder, "maximise") == {}


def test_there_are_enough_of_them() -> None:
    assert len(ACCEPTED) >= 40
    written = {task.id for task in LAB.assignment.tasks if task.definitions}
    assert {path.parent.name for path in ACCEPTED} == written


State = dict[str, torch.Tensor]
FORMATS: dict[str, Callable[[State, Path], Any]] = {
    "older PyTorch": lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False),
    "DataParallel": lambda state, path: torch.save({f"module.{name}": one for name, one in state.items()}, path),
    "other names": lambda state, path: torch.save({f"layer.{n}": one for n, one in enumerate(state.values())}, path),
    "a plain dict of parameters": lambda state, path: torch.save(
        {name: torch.nn.Parameter(one) for name, one in state.items()}, path
    ),
    "not contiguous": lambda state, path: torch.save(
        {name: one.T.contiguous().T if one.ndim == 2 else one for name, one in state.items()}, path
    ),
}


@pytest.mark.processes
@pytest.mark.parametrize("form", FORMATS)
def test_weights_in_any_honest_form_fit(fork_server: ForkServer, tmp_path: Path, form: str) -> None:
    folder = handed_in(tmp_path / "in")
    state = torch.load(REFERENCE / "weights" / "digits" / "better_cnn.pt", weights_only=True)
    FORMATS[form](state, folder / "weights" / "better_cnn.pt")
    assert marked(fork_server, folder, "better-cnn-accuracy") == {}
