"""What an export format is, and which there are: every module `to_*.py` of this folder."""

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
    """An export can't be written, and nothing was; the message names the file and the line, and says what to do."""


@dataclass(frozen=True)
class Request:
    """What is exported, where to, and what was asked for beside it. A format lists the options that it `takes`."""

    results: Results
    marks: tuple[Mark, ...]
    """The students who were asked for, withheld ones included."""
    folder: Path
    """The MARKS folder that the results come from."""
    output: str
    """A file, a folder or, for a gradebook, a database URL."""
    title: str
    """The assignment's title, as people know it."""
    worksheet: Path | None = None
    column: str | None = None
    new_column: bool = False
    id_field: str | None = None
    submissions: Path | None = None
    notebooks: Path | None = None
    unsafe_no_sandbox: bool = False

    @property
    def path(self) -> Path:
        """The output as a path."""
        return Path(self.output)


@dataclass
class Exported:
    """What was written: the files, how many students' marks are in them, who was left out and why, and remarks."""

    files: list[Path | str]
    count: int
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """Student and reason."""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Format:
    """One export format."""

    name: str
    summary: str
    """One line for the list of formats."""
    output: str
    """Where it goes if nothing is said."""
    write: Callable[[Request], Exported]
    takes: frozenset[str] = frozenset()
    """Options beside the general ones: `worksheet`, `column`, `new-column`, `id`, `submissions`, `notebooks`,
    `unsafe-no-sandbox`."""
    totals: bool = True
    """Whether it holds one number a student, that is, whether written answers and `--out-of` make a difference."""


def formats() -> dict[str, Format]:
    """All formats by name, in the order of their names."""
    found = {}
    for module in pkgutil.iter_modules(autograder.export.__path__):
        if module.name.startswith("to_"):
            one: Format = importlib.import_module(f"autograder.export.{module.name}").FORMAT
            found[one.name] = one
    return dict(sorted(found.items()))


def split(marks: Iterable[Mark]) -> tuple[list[Mark], list[tuple[str, str]]]:
    """The marks that have a total, and for those that have none the student and the reason."""
    marks = list(marks)
    return (
        [mark for mark in marks if mark.total is not None],
        [(mark.student, mark.missing) for mark in marks if mark.total is None],
    )
