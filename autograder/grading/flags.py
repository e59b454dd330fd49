"""What a marker should look at: equal weights, near-equal code, accuracies too good to be true, errors of the grader.

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

REFERENCE = ""  # among students, whose names are never empty
NAMED = 5  # students that one flag names


def flagged(
    students: Iterable[StudentResult],
    reference: Path | None,
    assignment: Assignment | None = None,
    release: Path | None = None,
) -> list[StudentResult]:
    """The same students, each with what is remarkable beside the others, the reference's code and what was given out.

    Flags that they have already, of their submission alone, stay.
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
    """The reference's own weights, handed in. Takes torch: for whoever marks, not for who has the class."""
    known = reference_fingerprints(reference) if reference is not None else {}
    return [
        f"{task.id}: these weights are, bit for bit, the reference's ({known[check.fingerprint]})."
        for task in tasks
        for check in task.checks
        if check.fingerprint in known
    ]


def _flags(student: StudentResult, owners: Mapping[str, list[str]]) -> Iterator[str]:
    for task, check in student.checks:
        others = sorted(set(owners.get(check.fingerprint, [])) - {student.student})
        if others:
            yield f"{task.id}: these weights are, bit for bit, also those of {', '.join(others)}."
        if _perfect(check):
            yield f"{task.id}: right on every hidden image (100.0 %), where the best networks known are wrong on some."


def _alike(
    students: Iterable[StudentResult], reference: Mapping[str, str], release: Path | None
) -> dict[str, list[str]]:
    """For each student whose code is near-equal to others', a sentence that names them, the closest first."""
    codes = {one.student: {task.id: task.code for task in one.tasks if task.code} for one in students}
    codes[REFERENCE] = dict(reference)
    given = released_code(release) if release is not None else ()
    partners: dict[str, list[tuple[float, str, tuple[str, ...]]]] = {}
    for pair in near_equal(codes, given, crowdless=[REFERENCE]):
        partners.setdefault(pair.one, []).append((pair.share, pair.other, pair.tasks))
        partners.setdefault(pair.other, []).append((pair.share, pair.one, pair.tasks))
    partners.pop(REFERENCE, None)
    found = {}
    for student, others in partners.items():
        others.sort(key=lambda one: (-one[0], one[1]))
        named = [f"{share:.0%} with {other or 'the reference'}" for share, other, _ in others[:NAMED]]
        more = f" and with {len(others) - NAMED} more" if len(others) > NAMED else ""
        tasks = others[0][2]
        where = "in every task" if len(tasks) == len(codes[student]) else f"above all in {', '.join(tasks)}"
        found[student] = [f"Near-equal code, whatever things are called: shares {', '.join(named)}{more}; {where}."]
    return found


def _errors(student: StudentResult) -> Iterator[str]:
    checks = list(student.checks)
    failed = [f"{task.id}/{check.id}" for task, check in checks if check.status == "error"]
    if failed and len(failed) == len(checks):
        yield "The grader failed on the whole submission: its mark is withheld."
    elif failed:
        yield f"The grader failed on {', '.join(failed)}: the mark is withheld until it works, or you decide."


def _perfect(check: CheckResult) -> bool:
    return check.measured is not None and check.measured >= 1


@cache
def reference_fingerprints(reference: Path) -> dict[str, str]:
    """The fingerprints of the reference's own weights files, and where they lie."""
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
    """The code cells that everybody was given."""
    return tuple(text for path in sorted(release.glob("*.ipynb")) for _, _, text in code_cells(path))


def reference_code(reference: Path, assignment: Assignment) -> dict[str, str]:
    """The reference's code of each task."""
    definitions = Definitions(reference)
    names = {name for task in assignment.tasks for name in task.definitions}
    return {task.id: code_of(definitions, task.definitions, task.notebook, names) for task in assignment.tasks}
