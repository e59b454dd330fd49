"""What a marker should look at: equal weights, accuracies too good to be true. A flag costs nobody a point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from autograder.judge.weights import fingerprint
from autograder.results import CheckResult, StudentResult


def flagged(students: Iterable[StudentResult], reference: Path | None) -> list[StudentResult]:
    """The same students, each with what is remarkable beside the others and the reference."""
    students = list(students)
    owners: dict[str, list[str]] = {}
    for student in students:
        for _, check in student.checks:
            if check.fingerprint:
                owners.setdefault(check.fingerprint, []).append(student.student)
    theirs = reference_fingerprints(reference) if reference is not None else {}
    return [
        student.model_copy(update={"flags": list(dict.fromkeys(_flags(student, owners, theirs)))})
        for student in students
    ]


def _flags(student: StudentResult, owners: Mapping[str, list[str]], reference: Mapping[str, str]) -> Iterator[str]:
    for task, check in student.checks:
        if check.fingerprint in reference:
            yield f"{task.id}: these weights are, bit for bit, the reference's ({reference[check.fingerprint]})."
        others = sorted(set(owners.get(check.fingerprint, [])) - {student.student})
        if others:
            yield f"{task.id}: these weights are, bit for bit, also those of {', '.join(others)}."
        if _perfect(check):
            yield f"{task.id}: right on every hidden image (100.0 %), where the best networks known are wrong on some."


def _perfect(check: CheckResult) -> bool:
    return check.measured is not None and check.measured >= 1


@cache
def reference_fingerprints(reference: Path) -> dict[str, str]:
    """The fingerprints of the reference's own weights files, and where they lie."""
    import torch

    found = {}
    for path in sorted((reference / "weights").glob("*/*.pt")):
        state = torch.load(path, map_location="cpu", weights_only=True)
        arrays = [(name, value.numpy()) for name, value in state.items() if value.is_floating_point()]
        found[fingerprint(arrays)] = f"{path.parent.name}/{path.name}"
    return found
