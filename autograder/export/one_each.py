"""Exports of a file for each student: where it goes, and what it says of each check."""

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
"""Characters of what one check says; the systems that read it have limits for the whole."""


def places(request: Request, file: str) -> Iterator[tuple[Mark, Path]]:
    """Each student who has a mark, and where the file goes: `OUTPUT/<student>/<file>`, or OUTPUT for one alone.

    The folder is the one of the student's page, `MARKS/students/<student>`.
    """
    single = request.path.suffix == Path(file).suffix and not request.path.is_dir()
    if single and len(request.marks) != 1:
        raise ExportError(
            f"{request.output}: is one file, but these are {len(request.marks)} students; name a folder with -o, or one"
            " student with --student"
        )
    for mark in request.marks:
        if mark.automatic is not None:
            yield mark, request.path if single else request.path / folder_name(mark.student) / file


def write_json(path: Path, data: Any) -> Path:
    """Writes `data` as JSON in UTF-8 without a byte order mark."""
    return write_whole(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def name_of(task: TaskResult, check: CheckResult) -> str:
    """What a check is called: its task's title and its sentence, or its ids where there are none."""
    return f"{task.title or task.id}: {check.title or check.id}"


def words_of(check: CheckResult) -> str:
    """What a check tells the student, as text."""
    parts = [check.message, f"Hint: {check.hint}" if check.hint else "", *check.notes]
    if check.override is not None:
        parts.append(f"Decided by a marker: {check.override.reason}")
    text = "\n".join(part for part in parts if part)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
