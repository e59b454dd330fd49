"""What exports with a file for each student share: its path, its JSON, and the texts about checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.export.formats import ExportError, Request
from autograder.export.marks import Mark
from autograder.results import CheckResult, TaskResult, folder_name
from autograder.storage import write_whole

LONGEST = 4_000
"""Characters of the text about one check; the systems that read it have limits for the whole."""


def places(request: Request, file: str) -> Iterator[tuple[Mark, Path]]:
    """Each mark with the path of its file: `OUTPUT/<student>/<file>`, or OUTPUT itself for a single student.

    `<student>` is the same as in `MARKS/students/<student>`. Withheld marks are left out. Raises `ExportError`.
    """
    single = request.path.suffix == Path(file).suffix and not request.path.is_dir()
    if single and len(request.marks) != 1:
        raise ExportError(
            f"{request.output}: is one file, but there are {len(request.marks)} students; choose a folder with -o, or"
            " one student with --student"
        )
    for mark in request.marks:
        if mark.automatic is not None:
            yield mark, request.path if single else request.path / folder_name(mark.student) / file


def write_json(path: Path, data: Any) -> Path:
    """Writes `data` as JSON in UTF-8 without a byte order mark."""
    return write_whole(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def name_of(task: TaskResult, check: CheckResult) -> str:
    """A check's name for people: its task's title and its own, or their ids."""
    return f"{task.title or task.id}: {check.title or check.id}"


def words_of(check: CheckResult) -> str:
    """What a check tells the student, as plain text."""
    parts = [check.message, f"Hint: {check.hint}" if check.hint else "", *check.notes]
    if check.override is not None:
        parts.append(f"Decided by a marker: {check.override.reason}")
    text = "\n".join(part for part in parts if part)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
