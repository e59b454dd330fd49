"""Defines what an export format is, and finds them: every module `to_*.py` of this folder has one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import autograder.export
from autograder.export.marks import Mark
from autograder.results import Results


class ExportError(Exception):
    """The export could not be written, and nothing was. The message names file and line, and says what to do."""


@dataclass(frozen=True)
class Request:
    """What to export, where to, and with which options. A format lists the options that it `takes`."""

    results: Results
    marks: tuple[Mark, ...]
    """The marks of all students to be exported, including withheld ones."""
    folder: Path
    """The MARKS folder that the results come from."""
    output: str
    """A file, a folder or, for a gradebook, a database URL."""
    title: str
    """The assignment's title."""
    worksheet: Path | None = None
    column: str | None = None
    new_column: bool = False
    id_field: str | None = None
    submissions: Path | None = None
    notebooks: Path | None = None
    unsafe_no_sandbox: bool = False
    writing: Callable[[str], object] = lambda student: None
    """Is told whose marks are being written, by formats that take their time."""

    @property
    def path(self) -> Path:
        """The output as a path."""
        return Path(self.output)


@dataclass
class Exported:
    """What was written: the files, the number of students in them, who was left out and why, and remarks."""

    files: list[Path | str]
    count: int
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Students and reasons."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Format:
    """One export format."""

    name: str
    summary: str
    """One line, for the list of formats."""
    output: str
    """The default for `--output`."""
    write: Callable[[Request], Exported]
    takes: frozenset[str] = frozenset()
    """The options that it uses, of `worksheet`, `column`, `new-column`, `id`, `submissions`, `notebooks` and
    `unsafe-no-sandbox`."""
    totals: bool = True
    """Whether it has one total for each student, so that written answers and `--out-of` make a difference."""


def formats() -> dict[str, Format]:
    """All formats by name, sorted."""
    found = {}
    for module in pkgutil.iter_modules(autograder.export.__path__):
        if module.name.startswith("to_"):
            known: Format = importlib.import_module(f"autograder.export.{module.name}").FORMAT
            found[known.name] = known
    return dict(sorted(found.items()))


def split(marks: Iterable[Mark]) -> tuple[list[Mark], list[tuple[str, str]]]:
    """The marks that have a total; and for those without, the student and the reason."""
    marks = list(marks)
    return (
        [mark for mark in marks if mark.total is not None],
        [(mark.student, mark.missing) for mark in marks if mark.total is None],
    )
