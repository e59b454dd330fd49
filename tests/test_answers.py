"""Can an answer make a check raise anything but a verdict? Then a student could withhold their own mark."""

from __future__ import annotations

import copy
import inspect
import itertools
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from autograder.course import check_id
from autograder.judge.verdict import Verdict
from autograder.labs import forms
from autograder.labs.context import Context
from autograder.labs.examination import Examination
from autograder.labs.file_procedures import weights_file
from autograder.labs.findings import Findings
from autograder.labs.lab4 import (
    test_4_1_simple_cnn,
    test_4_2_better_cnn,
    test_4_3_save_and_load,
    test_4_4_own_image,
    test_4_5_visualise,
    test_4_6_branches,
)
from autograder.labs.respondents import Respondents
from autograder.results import CheckResult
from autograder.sandbox.respondent import Procedure, StudentError
from tests.conftest import ROOT
from tests.floor import Recorder, recorded

FILES = (
    test_4_1_simple_cnn,
    test_4_2_better_cnn,
    test_4_3_save_and_load,
    test_4_4_own_image,
    test_4_5_visualise,
    test_4_6_branches,
)
CHECKS = [check for file in FILES for name, check in vars(file).items() if name.startswith("test_")]
NASTY: list[Any] = [
    *(None, True, 0, -1, 10**400, float("nan"), float("inf"), "", "x", "9" * 4500, "\ud800", [], [[]], {}, {"a": 1}),
    *(np.zeros(0, np.float32), np.array(1.0, np.float32), np.array([1, 2], np.int64), np.zeros((2, 2), bool)),
    *(np.full((3, 3), 255, np.uint8), np.zeros((1, 0), np.float32)),
]
# Of these, each form that is not made of others has one at least.
LEAVES: list[Any] = [
    *(True, False, None, 0, 1, 7, 2**53, 1.5, float("nan"), "", "x", "cpu", [], [1] * 8, {}, {"loss": 1.0}),
    *(np.zeros(0, np.float32), np.zeros(1, np.uint8), np.ones((1, 2, 3), np.float32), np.full((1, 28, 28), np.nan)),
    *(np.zeros((1,) * 64, np.float32), np.zeros((2, 10), np.float32)),
]
# How many mutations of each answer are tried, and how many answers of the right form with nothing of the right one;
# another draw each time would be another test.
ON_PUSH, ON_DEMAND = (3, 1), (40, 20)


class Liar(Recorder):
    """Answers as was recorded, but for one question."""

    lie: tuple[int, Any] | None = None
    asked = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.known: dict[bytes, Any] = {}
        self.said: list[tuple[Procedure, Any]] = []

    def ask(self, procedure: Procedure, uses: Any, notebooks: Any, arguments: dict[str, Any]) -> Any:
        if procedure is weights_file:
            return super().ask(procedure, uses, notebooks, arguments)
        self.asked += 1
        if self.lie is not None and self.lie[0] == self.asked - 1:
            return self.lie[1]
        key = self.key(procedure, arguments)
        if key not in self.known:
            try:
                self.known[key] = super().ask(procedure, uses, notebooks, arguments)
            except Exception as error:  # as a student process tells it
                raise StudentError(StudentError.RAISED, f"{type(error).__name__}: {error}") from None
        self.said.append((procedure, self.known[key]))
        return self.known[key]


@pytest.fixture(scope="module")
def liar() -> Iterator[tuple[Liar, Context]]:
    torch.set_num_threads(1)
    with recorded("digits", Liar) as (respondent, context, _):
        assert isinstance(respondent, Liar)
        yield respondent, context


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """All places in plain data, of lists the first two."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*at, key))


def mutated(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    changed = copy.copy(value)
    changed[at[0]] = mutated(value[at[0]], at[1:], new)
    return changed


def reached(value: Any, at: tuple[Any, ...]) -> Any:
    for key in at:
        value = value[key]
    return value


def well_formed(form: forms.Form, draw: random.Random) -> Any:
    """Some value of a form: what a process may answer that returns whatever passes as an answer."""
    if not isinstance(form, forms.Composite):
        allowed = inspect.getclosurevars(form).nonlocals.get("allowed", ())  # of `one_of`
        return draw.choice([value for value in (*LEAVES, *allowed) if form(value)])
    parts = form.parts
    if form.kind == "either":
        return well_formed(draw.choice(parts), draw)
    if form.kind == "both":
        first, second = parts
        assert not isinstance(second, forms.Composite)
        return next(value for _ in range(1000) if second(value := well_formed(first, draw)))
    if form.kind == "record":
        return {name: well_formed(part, draw) for name, part in zip(form.names, parts, strict=True)}
    if form.kind == "pair":
        return [well_formed(part, draw) for part in parts]
    return [well_formed(parts[0], draw) for _ in range(draw.choice([0, 1, 3]) if form.length is None else form.length)]


def lies(answer: Any, count: int, draw: random.Random) -> Iterator[Any]:
    places = list(paths(answer))
    for _ in range(count):
        at = draw.choice(places)
        old = reached(answer, at)
        new = draw.choice(NASTY)
        if isinstance(old, np.ndarray) and draw.random() < 0.5:
            new = draw.choice([old[None], old.reshape(-1), old.astype(np.float64), old.astype(np.int64), old[:1]])
        elif isinstance(old, list) and draw.random() < 0.3:
            new = draw.choice([old + old, old[:1], old[1:], old * 30, [1] * 70, [2**40] * 3])
        elif isinstance(old, bool) and draw.random() < 0.5:
            new = not old
        elif isinstance(old, dict) and old and draw.random() < 0.5:
            new = {key: item for key, item in old.items() if key != draw.choice(list(old))}
        yield mutated(answer, at, new)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.__module__[-14:]}.{check.__name__}")
@pytest.mark.parametrize("drawn", [ON_PUSH, pytest.param(ON_DEMAND, marks=pytest.mark.slow)], ids=["few", "many"])
def test_a_lie_ends_in_a_verdict(check: Any, drawn: tuple[int, int], liar: tuple[Liar, Context]) -> None:
    respondent, context = liar
    names = {mark.name for mark in check.pytestmark}
    task = next(mark.args[0] for mark in check.pytestmark if mark.name == "task")

    def run(lie: tuple[int, Any] | None) -> None:
        respondent.lie, respondent.asked, respondent.said = lie, 0, []
        asked = Respondents(context.lab, respondent, lambda: respondent)
        name = check_id(check.__name__)
        oracle = context.oracle
        check(Examination(context, oracle, Findings(), asked, task, name, "hidden" in names, oracle))

    run(None)
    draw = random.Random(check.__name__)
    for number, (procedure, answer) in enumerate(list(respondent.said)):
        formed = [well_formed(forms.form_of(procedure), draw) for _ in range(drawn[1])]
        for lie in itertools.chain(lies(answer, drawn[0], draw), formed):
            try:
                run((number, lie))
            except Verdict as verdict:
                CheckResult(
                    id="a",
                    status="failed",
                    score=0,
                    max_score=1,
                    public=True,
                    message=verdict.message,
                    hint=verdict.hint,
                ).model_dump_json()
            except StudentError:
                pytest.fail("a student's error is no verdict")


def test_there_are_as_many_checks_as_course_yml_says() -> None:
    from autograder.course import read_course

    _, assignment = read_course(ROOT / "course.yml").assignment("lab4")
    assert len(CHECKS) == sum(len(task.checks) for task in assignment.tasks)
