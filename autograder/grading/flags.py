"""Flags for the marker: weights and code that others have too, accuracies too good to be true, errors of the grader.

A flag costs nobody a point.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.likeness import groups, near_equal, near_weights
from autograder.results import AGAIN, BEFORE_THEY_COUNT, CheckResult, OwnDigit, StudentResult, TaskResult
from autograder.submission.definitions import Definitions
from autograder.submission.effective import effective
from autograder.submission.excerpt import compared_code
from autograder.submission.names import listed
from autograder.submission.reach import GRADER, PACKAGE, TEXT, Finding
from autograder.submission.source import code_cells

REFERENCE = ""  # its name among the students, whose names are never empty
REACHES = {
    GRADER: "Reaches for what the grader works with",
    TEXT: "Runs code, or may run code, that it holds as text",
    PACKAGE: "Has the package do what the task asks for",
}
SAME_SEED = "Training the same network with the same seed on the same kind of machine gives that as well."


def flagged(
    students: Iterable[StudentResult],
    reference: Path | None,
    assignment: Assignment | None = None,
    release: Path | None = None,
    data: str = "mnist",
) -> list[StudentResult]:
    """The students with the flags that come from comparing them with each other and with the reference's code.

    Flags that they have already, about their submission alone, are kept. `release` has the code that all were given;
    on `data`, they were marked.
    """
    students = list(students)
    owners = _owners(students)
    alike = _alike(students, reference_code(reference, assignment) if reference and assignment else {}, release)
    found = []
    for student in students:
        flags = [*student.flags, *_flags(student, owners, data), *alike.get(student.student, []), *_errors(student)]
        found.append(student.model_copy(update={"flags": list(dict.fromkeys(flags))}))
    return found


def flags_of_weights(tasks: Iterable[TaskResult], reference: Path | None) -> list[str]:
    """Flags for tasks whose weights are the reference's own, or did not come through. Imports torch."""
    from autograder.judge.weights_file import is_lost

    tasks = list(tasks)
    known = reference_fingerprints(reference) if reference is not None else {}
    lost = [
        f"{task.id}: {check.message.splitlines()[0]} Ask for the file {AGAIN}."
        for task in tasks
        for check in task.checks
        if check.status == "failed" and is_lost(check.message)
    ]
    return list(dict.fromkeys(lost)) + [
        f"{task.id}: these weights are the reference's ({name}), or nearly so. {SAME_SEED}"
        for task in tasks
        for check in task.checks
        for mark, name in known.items()
        if near_weights(check.fingerprint, mark)
    ]


def flags_of_files(tasks: Iterable[TaskResult], lost: Iterable[str]) -> list[str]:
    """A flag for each file of which nothing could be read, where a task seems not to be attempted: it may be in there.

    `lost` has a sentence for each of these files.
    """
    if not any(check.status == "not attempted" for task in tasks for check in task.checks):
        return []
    what = [re.split(r"(?<=[.!?]) (?=[A-Z])", words)[0] for words in lost]  # what to do about it is for the student
    return [f"{words.rstrip('.')}. Ask for it {AGAIN}." for words in what]


def flags_of_reach(found: Iterable[Finding]) -> list[str]:
    """A flag for each kind of thing that the code reaches for, though honest work has no use for it."""
    places: dict[str, dict[str, list[str]]] = {}
    for kind, what, place in found:
        places.setdefault(kind, {}).setdefault(what, []).append(place)
    return [
        f"{REACHES[kind]}: {listed([f'{_code(what)} ({listed(where)})' for what, where in each.items()])}."
        for kind, each in places.items()
        if kind in REACHES
    ]


def flags_of_digits(digits: Iterable[OwnDigit]) -> list[str]:
    """A flag where the reference's network reads none of several own pictures as its name says. It may be wrong."""
    read = [digit for digit in digits if digit.read is not None]
    if len(read) < 2 or any(digit.read == digit.label for digit in read):
        return []
    names = listed([f"{digit.file} ({digit.read})" for digit in read], 4)
    return [
        f"The reference's network reads other digits in all of the own pictures: {names}. See whether they show any."
    ]


def flags_of_rivals(rivals: Iterable[tuple[str, str, str]]) -> list[str]:
    """A flag for each two files that may be versions of one notebook: both define what counts in one of them alone."""
    files: dict[tuple[str, str], list[str]] = {}
    for name, other, counts in rivals:
        files.setdefault((other, counts), []).append(f"`{name}`")
    return [
        f"{other} and {counts} may be two versions of one notebook. The {listed(names)} that"
        f" {'counts is that' if len(names) == 1 else 'count are those'} of {counts}. See whether"
        f" {'it is the right one' if len(names) == 1 else 'they are the right ones'}."
        for (other, counts), names in files.items()
    ]


def _code(what: str) -> str:
    return what if " " in what else f"`{what}`"


def _flags(student: StudentResult, owners: Mapping[str, list[str]], data: str) -> Iterator[str]:
    for task, check in student.checks:
        same = owners.get(check.fingerprint, [])
        if len(same) > 1:
            yield f"{task.id}: {listed(same)} handed in the same weights, or nearly the same. {SAME_SEED}"
        if data == "mnist" and _perfect(check):  # the few hundred digits of the small data set are no feat
            yield f"{task.id}: right on every hidden image (100.0 %); even the best known networks get some wrong."


def _owners(students: Iterable[StudentResult]) -> dict[str, list[str]]:
    """For each fingerprint, the students who handed in these weights or nearly these, sorted."""
    found: dict[str, set[str]] = {}
    for student in students:
        for _, check in student.checks:
            if check.fingerprint:
                found.setdefault(check.fingerprint, set()).add(student.student)
    near = {mark: [other for other in found if near_weights(mark, other)] for mark in found}
    return {mark: sorted(set().union(*(found[other] for other in others))) for mark, others in near.items()}


def _alike(
    students: Iterable[StudentResult], reference: Mapping[str, str], release: Path | None
) -> dict[str, list[str]]:
    """For each student whose code is nearly equal to others', a sentence that is the same for all of them."""
    codes = {student.student: _compared(student) for student in students}
    codes[REFERENCE] = dict(reference)
    given = released_code(release) if release is not None else ()
    found: dict[str, list[str]] = {}
    for group in groups(near_equal(codes, given)):
        members = sorted({name for pair in group for name in (pair.first, pair.second)} - {REFERENCE})
        everybody = {pair.first for pair in group} | {pair.second for pair in group}
        names = listed([*members, *(["the reference"] if REFERENCE in everybody else [])])
        low, high = (f"{pick(pair.share for pair in group):.0%}" for pick in (min, max))
        shares = high if low == high else f"{low} to {high}"
        alike = [task for task in codes[members[0]] if all(task in pair.tasks for pair in group)]
        whole = all(len(pair.tasks) == len(codes[pair.second or pair.first]) for pair in group)
        where = "in every task" if whole else f"mostly in {', '.join(alike)}" if alike else "each in other tasks"
        sentence = f"Nearly the same code, apart from names: {names} share {shares} of it, {where}."
        found |= {name: [sentence] for name in members}
    return found


def _compared(student: StudentResult) -> dict[str, str]:
    """What is compared of each task's code."""
    return {task.id: text for task in student.tasks if (text := task.compared or task.code)}


def _errors(student: StudentResult) -> Iterator[str]:
    checks = list(student.checks)
    for task, check in checks:
        if check.unjudged:
            points = f"{check.score:g} of {check.max_score:g} points"
            yield f"{task.id}/{check.id} ({points}): the grader failed {check.unjudged}. {BEFORE_THEY_COUNT}."
    failed = [f"{task.id}/{check.id}" for task, check in checks if check.status == "error"]
    if failed and len(failed) == len(checks):
        yield "The grader failed on the whole submission: its mark is withheld."
    elif failed:
        yield f"The grader failed on {', '.join(failed)}: the mark is withheld until it works, or until you decide."


def _perfect(check: CheckResult) -> bool:
    return check.measured is not None and check.measured >= 1


@cache
def reference_fingerprints(reference: Path) -> dict[str, str]:
    """The fingerprints of the reference's weights files, and their paths: `digits/better_cnn.pt`."""
    import torch

    from autograder.judge.weights_file import fingerprint

    found = {}
    for path in sorted((reference / "weights").glob("*/*.pt")):
        state = torch.load(path, map_location="cpu", weights_only=True)
        arrays = [(name, value.numpy()) for name, value in state.items() if value.is_floating_point()]
        found[fingerprint(arrays)] = f"{path.parent.name}/{path.name}"
    return found


@cache
def released_code(release: Path) -> tuple[str, ...]:
    """The code of the released notebooks: as it stands there, and as it is compared."""
    raw = tuple(text for path in sorted(release.glob("*.ipynb")) for _, _, text in code_cells(path))
    parts = (effective(statement.node) for unit in Definitions(release).units for statement in unit.statements)
    return raw + tuple(parts)


def reference_code(reference: Path, assignment: Assignment) -> dict[str, str]:
    """The reference's code of each task, as it is compared."""
    definitions = Definitions(reference)
    names = {name for task in assignment.tasks for name in task.definitions}
    return {task.id: compared_code(definitions, task.definitions, task.notebook, names) for task in assignment.tasks}
