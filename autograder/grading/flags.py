"""Flags for the marker: equal weights, near-equal code, accuracies that are too good to be true, errors of the grader.

A flag costs nobody a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from autograder.course import Assignment
from autograder.grading.likeness import near_equal
from autograder.results import CheckResult, StudentResult, TaskResult
from autograder.submission.definitions import Definitions
from autograder.submission.excerpt import code_of
from autograder.submission.source import code_cells

REFERENCE = ""  # its name among the students, whose names are never empty
NAMED = 5  # at most so many students are named in a flag


def flagged(
    students: Iterable[StudentResult],
    reference: Path | None,
    assignment: Assignment | None = None,
    release: Path | None = None,
) -> list[StudentResult]:
    """The students with the flags that come from comparing them with each other and with the reference's code.

    Flags that they have already, about their submission alone, are kept. `release` has the code that all were given.
    """
    students = list(students)
    owners: dict[str, list[str]] = {}
    for student in students:
        for _, check in student.checks:
            if check.fingerprint:
                owners.setdefault(check.fingerprint, []).append(student.student)
    alike = _alike(students, reference_code(reference, assignment) if reference and assignment else {}, release)
    found = []
    for student in students:
        flags = [*student.flags, *_flags(student, owners), *alike.get(student.student, []), *_errors(student)]
        found.append(student.model_copy(update={"flags": list(dict.fromkeys(flags))}))
    return found


def flags_of_weights(tasks: Iterable[TaskResult], reference: Path | None) -> list[str]:
    """Flags for tasks whose weights are the reference's own, or did not come through. Imports torch."""
    from autograder.judge.weights_file import is_lost

    tasks = list(tasks)
    known = reference_fingerprints(reference) if reference is not None else {}
    lost = [
        f"{task.id}: {check.message.splitlines()[0]} Ask for the file again before the 0 counts."
        for task in tasks
        for check in task.checks
        if check.status == "failed" and is_lost(check.message)
    ]
    return list(dict.fromkeys(lost)) + [
        f"{task.id}: these weights are exactly the reference's ({known[check.fingerprint]})."
        for task in tasks
        for check in task.checks
        if check.fingerprint in known
    ]


def _flags(student: StudentResult, owners: Mapping[str, list[str]]) -> Iterator[str]:
    for task, check in student.checks:
        others = sorted(set(owners.get(check.fingerprint, [])) - {student.student})
        if others:
            yield f"{task.id}: {', '.join(others)} handed in exactly the same weights."
        if _perfect(check):
            yield f"{task.id}: right on every hidden image (100.0 %); even the best known networks get some wrong."


def _alike(
    students: Iterable[StudentResult], reference: Mapping[str, str], release: Path | None
) -> dict[str, list[str]]:
    """For each student whose code is nearly equal to others', a sentence that names these, the closest first."""
    codes = {student.student: {task.id: task.code for task in student.tasks if task.code} for student in students}
    codes[REFERENCE] = dict(reference)
    given = released_code(release) if release is not None else ()
    partners: dict[str, list[tuple[float, str, tuple[str, ...]]]] = {}
    for pair in near_equal(codes, given, crowdless=[REFERENCE]):
        partners.setdefault(pair.first, []).append((pair.share, pair.second, pair.tasks))
        partners.setdefault(pair.second, []).append((pair.share, pair.first, pair.tasks))
    partners.pop(REFERENCE, None)
    found = {}
    for student, others in partners.items():
        others.sort(key=lambda partner: (-partner[0], partner[1]))
        named = [f"{share:.0%} with {other or 'the reference'}" for share, other, _ in others[:NAMED]]
        more = f" and with {len(others) - NAMED} more" if len(others) > NAMED else ""
        tasks = others[0][2]
        where = "in every task" if len(tasks) == len(codes[student]) else f"mostly in {', '.join(tasks)}"
        found[student] = [f"Nearly the same code, apart from names: shares {', '.join(named)}{more}; {where}."]
    return found


def _errors(student: StudentResult) -> Iterator[str]:
    checks = list(student.checks)
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
    """The code cells of the released notebooks."""
    return tuple(text for path in sorted(release.glob("*.ipynb")) for _, _, text in code_cells(path))


def reference_code(reference: Path, assignment: Assignment) -> dict[str, str]:
    """The reference's code of each task."""
    definitions = Definitions(reference)
    names = {name for task in assignment.tasks for name in task.definitions}
    return {task.id: code_of(definitions, task.definitions, task.notebook, names) for task in assignment.tasks}
