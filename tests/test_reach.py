"""Is code that reaches for the grader pointed out to the marker, and is honest code left in peace?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.grading.flags import flags_of_reach
from autograder.submission.definitions import Definitions
from autograder.submission.reach import FOUND_LIMIT, reaches
from tests.conftest import ROOT
from tests.judging import LAB, REFERENCE

TASKS: list[dict[str, Any]] = [{"definitions": list(task.definitions)} for task in LAB.assignment.tasks]


def flags(folder: Path) -> list[str]:
    return flags_of_reach(reaches(Definitions(folder), TASKS))


def flags_of(code: str, folder: Path) -> list[str]:
    (folder / "work.py").write_text(code, encoding="utf-8")
    return flags(folder)


@pytest.mark.parametrize(
    "folder", sorted((ROOT / "tests" / "submissions").glob("*/lab4")), ids=lambda path: path.parent.name
)
def test_the_sample_class_reaches_for_nothing(folder: Path) -> None:
    assert flags(folder) == []


def test_the_reference_and_right_answers_reach_for_nothing(tmp_path: Path) -> None:
    assert flags(REFERENCE) == []
    assert flags(ROOT / "release" / "lab4") == []
    answers = sorted((ROOT / "tests" / "accepted").glob("*/*.py"))
    assert len(answers) > 20
    for path in answers:
        assert flags_of(path.read_text(encoding="utf-8"), tmp_path) == [], path


HONEST = f"""
import gc, importlib, inspect, re, sys
import torch
from re import compile
from autograder.training.recipes import fit, accuracy, predict
import my_helpers
importlib.reload(my_helpers)
gc.collect()
print(inspect.getsource(fit), sys.version)
"{"an old attempt " * 300}"
def train(model, loader, epochs, device="cpu", lr=1e-3):
    {'"' * 3}{"What it does. " * 300}{'"' * 3}
    eval = torch.stack([one for one in model.modules()])
    return eval.mean()
def evaluate(model, loader, device="cpu"):
    model.eval()
    return torch.compile(model)
pattern = compile("x")
history = fit(model, data, recipe)
print(accuracy(model, images, labels))
"""


def test_what_looks_like_it_and_is_honest_is_left_in_peace(tmp_path: Path) -> None:
    assert flags_of(HONEST, tmp_path) == []


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("import sys\ndef train(): return sys._getframe(1)", "`sys._getframe` (work.py)"),
        ("import sys as s\ndef train(): return getattr(s, '_getframe')", "`_getframe` (work.py)"),
        ("from sys import _getframe as look\ndef train(): return look()", "`sys._getframe`"),
        ("from sys import *\nprint(modules)", "`sys.modules`"),
        ("import gc\nfor one in gc.get_objects(): pass", "`gc.get_objects`"),
        ("import inspect\nx = inspect.stack()", "`inspect.stack`"),
        ("def train(): return evaluate.__code__", "`evaluate.__code__`"),
        ("from autograder import judge", "`autograder.judge`"),
        ("import autograder.labs.run", "`autograder.labs.run`"),
        ("__import__('autograder.sandbox.wire')", "`autograder.sandbox.wire`"),
        ("def train():\n    import ctypes", "`ctypes`"),
    ],
)
def test_what_reaches_for_the_grader_is_named_with_its_place(code: str, named: str, tmp_path: Path) -> None:
    (flag,) = flags_of(code, tmp_path)
    assert flag.startswith("Reaches for what the grader works with: ")
    assert named in flag


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("import base64\nspace = {}\nexec(base64.b64decode('eA=='), space)", "`exec` (work.py)"),
        ("run = eval\nrun('1')", "`eval`"),
        ("import builtins as b\nb.compile('1', '', 'eval')", "`compile`"),
        ("import importlib\nimportlib.import_module('my' + 'module')", "`importlib.import_module`"),
        (f"code = '{'x' * 2001}'", "a text of 2,001 characters (work.py)"),
    ],
)
def test_code_held_as_text_is_named(code: str, named: str, tmp_path: Path) -> None:
    (flag,) = flags_of(code, tmp_path)
    assert flag.startswith("Runs code, or may run code, that it holds as text: ")
    assert named in flag


@pytest.mark.parametrize(
    "code",
    [
        "from autograder.training import recipes\ndef evaluate(m, l): return recipes.accuracy(m, l)",
        "from autograder.training.recipes import fit as f\ndef helper(m): return f(m)\ndef train(m): return helper(m)",
        "from autograder.training.recipes import *\ntrain = fit",
    ],
)
def test_a_task_that_is_left_to_the_package_is_named(code: str, tmp_path: Path) -> None:
    (flag,) = flags_of(code, tmp_path)
    assert flag.startswith("Has the package do what the task asks for: `autograder.training.recipes.")


def test_findings_are_few_and_short(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("\n".join(f"{'x' * 999}{i}.__code__" for i in range(100)), encoding="utf-8")
    found = reaches(Definitions(tmp_path), TASKS)
    assert 0 < len(found) <= FOUND_LIMIT
    assert all(len(what) <= 100 for _, what, _ in found)
