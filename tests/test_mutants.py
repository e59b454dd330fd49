"""The mutation score: changes are made where they belong, and an unlisted survivor is not overlooked."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.judging import LAB, REFERENCE
from tests.mutants import (
    ERROR,
    KILLED,
    LEFT_OUT,
    SURVIVED,
    TIMED_OUT,
    Key,
    Mutant,
    Outcome,
    apart,
    automatic,
    key_of,
    known_mistakes,
    read_listed,
    report,
    run,
)
from tests.mutations import Mutation, mutations_of, solution_lines, tidy

SCRIPTS = sorted(REFERENCE.glob("[0-9]*.py"))
FIXTURE = Path(__file__).parent / "fixtures" / "mutations" / "task.py"


@pytest.fixture(scope="module")
def small() -> list[Mutation]:
    return list(mutations_of(FIXTURE))


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("operator", "total = total + value", "total = total - value"),
        ("operator", "return -total", "return +total"),
        ("constant", "total = 0", "total = 1"),
        ("comparison", "if value > limit:", "if value >= limit:"),
        ("boolean", "skip = False", "skip = True"),
        ("boolean", "if value > limit:", "if not value > limit:"),
        ("loop", "for value in sorted(values, reverse=skip):", "for value in []:"),
        ("deleted statement", "total = total + value", "pass"),
        ("deleted statement", "if value > limit: …", "pass"),
        ("deleted argument", "for value in sorted(values, reverse=skip):", "for value in sorted(values):"),
        ("deleted context", "with contextlib.suppress(KeyError):", "if True:"),
    ],
)
def test_each_kind_of_change_is_made(small: list[Mutation], kind: str, old: str, new: str) -> None:
    assert (kind, old, new) in [(one.kind, one.old, one.new) for one in small]


def test_docstrings_annotations_and_what_is_given_stay(small: list[Mutation]) -> None:
    lines = FIXTURE.read_text(encoding="utf-8").splitlines()
    changed = {lines[one.line - 1].strip() for one in small}
    assert not [line for line in changed if line.startswith(('"""', "def ", "given =", "limit: int"))]
    assert [one.kind for one in small if one.definition == "helper"] == ["deleted statement"]
    assert {one.definition for one in small} == {"asked", "helper", "answer"}
    assert {one.definition for one in mutations_of(FIXTURE, frozenset({"asked"}))} == {"helper", "answer"}


@pytest.fixture(scope="module")
def made() -> list[Mutant]:
    return list(automatic())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda one: one.stem)
def test_only_solutions_are_changed(script: Path, made: list[Mutant]) -> None:
    text = script.read_text(encoding="utf-8")
    lines, allowed = text.splitlines(), solution_lines(text)
    for one in (mutant for mutant in made if mutant.notebook == script.stem):
        (change,) = one.change.replace
        assert text.count(change.old) == 1
        assert one.line in allowed, one
        after = text.replace(change.old, change.new).splitlines()
        same = next(n for n, (a, b) in enumerate(zip(lines, after, strict=False)) if a != b)
        rest = next(n for n, (a, b) in enumerate(zip(lines[::-1], after[::-1], strict=False)) if a != b)
        assert set(range(same + 1, len(lines) - rest + 1)) <= allowed, one


def test_every_definition_that_has_checks_is_changed(made: list[Mutant]) -> None:
    asked = {name for task in LAB.assignment.tasks for name in task.definitions}
    assert asked - LEFT_OUT <= {one.definition for one in made}
    helper = next(one for one in made if one.definition == "grey_values")
    assert helper.tasks == ("load-image", "classify")
    assert {one.task for one in known_mistakes()} >= {one.task for one in made}


@pytest.fixture(scope="module")
def two(made: list[Mutant]) -> list[Mutant]:
    return made[:2]


def finished(mutants: list[Mutant], survivor: Mutant | None, listed: dict[Key, str]) -> tuple[Outcome, str]:
    """A run with a judge that lets one survive, and what it prints."""
    out = Console(file=io.StringIO(), width=200)
    judge = [(one, SURVIVED if one is survivor else KILLED, "") for one in mutants]
    outcome = run(mutants, iter(judge), listed, out)
    report(outcome, out)
    return outcome, out.file.getvalue()


def test_an_unlisted_survivor_makes_the_run_fail(two: list[Mutant]) -> None:
    outcome, said = finished(two, two[1], {})
    assert outcome.failed
    assert f"{two[1].notebook}.py:{two[1].line}" in said
    assert f"+ {two[1].new}" in said
    assert "50.0%" in said


def test_a_listed_survivor_does_not_and_costs_nothing(two: list[Mutant]) -> None:
    outcome, said = finished(two, two[1], {key_of(two[1]): "as good as the other"})
    assert not outcome.failed
    assert "as good as the other" in said
    assert "100.0%" in said


def test_an_entry_that_no_longer_survives_makes_the_run_fail(two: list[Mutant]) -> None:
    outcome, said = finished(two, None, {key_of(two[1]): "as good as the other"})
    assert outcome.failed
    assert "no longer survives" in said
    elsewhere = ("4_9_other", "something", "a", "b")  # not among the tasks of this run
    assert not finished(two, None, {elsewhere: "as good as the other"})[0].failed


@pytest.mark.processes
def test_who_hangs_or_dies_or_breaks_the_grader_is_told_apart(two: list[Mutant]) -> None:
    def judge(mutant: Mutant) -> tuple[str, str]:
        if mutant is two[0]:
            time.sleep(60)
        raise RuntimeError("the grader's own fault")

    outcomes: Iterator[tuple[Mutant, str, str]] = apart(two, judge, jobs=2, seconds=2)
    assert {id(mutant): outcome for mutant, outcome, _ in outcomes} == {id(two[0]): TIMED_OUT, id(two[1]): ERROR}


def test_every_listed_line_stands_in_the_reference_with_a_reason(made: list[Mutant]) -> None:
    keys = set(map(key_of, made))
    lines = {
        script.stem: {tidy(line) for line in script.read_text(encoding="utf-8").splitlines()} for script in SCRIPTS
    }
    for (notebook, definition, old, new), reason in read_listed().items():
        assert old.removesuffix(" …") in lines[notebook], f"{definition}: {old}"
        assert (notebook, definition, old, new) in keys, f"{definition}: no such change: {new}"
        assert len(reason.split()) > 5, f"{definition}: {old}"
