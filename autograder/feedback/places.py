"""Where a task stands in a student's files: the notebook, and the line of its JSON, that an annotation points at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import NamedTuple

from autograder.results import CheckResult, TaskResult
from autograder.submission.definitions import Definitions

IN_MESSAGE = re.compile(r"^\s*(?P<file>[^\n]+?)(?:, cell (?P<cell>\d+))?, line (?P<line>\d+)\b")


class Place(NamedTuple):
    """A file, relative to the student's folder, and a line in it, counted from 1."""

    file: str
    line: int


class Places:
    """Finds places in the files below `folder`, which are read and not run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._definitions = Definitions(folder)
        self._cells: dict[str, list[tuple[int, list[int]]]] = {}

    def of(self, task: TaskResult, names: Sequence[str], check: CheckResult | None = None) -> Place | None:
        """The line that a check's message names, else the task's definition or check cell; None without a file."""
        for line in reversed(check.message.splitlines() if check is not None else []):
            if (found := self.named(line)) is not None:
                return found
        for name in names:
            for unit in self._definitions.where(name, task.notebook)[:1]:
                for index in reversed(range(len(unit.statements))):
                    if name in unit.binds[index]:
                        statement = unit.statements[index]
                        cell = re.search(r", cell (\d+)$", statement.cell.place)
                        return self._place(unit.name, int(cell[1]) if cell else None, statement.node.lineno)
        return self._check_cell(task)

    def named(self, line: str) -> Place | None:
        """The place that a line of a message begins with: "4_1.ipynb, cell 7, line 3: …"; None where it names none."""
        found = IN_MESSAGE.match(line)
        if found is None or "\0" in found["file"] or not self._inside(found["file"]):
            return None
        return self._place(found["file"], int(found["cell"]) if found["cell"] else None, int(found["line"]))

    def _inside(self, name: str) -> bool:
        path = self.folder / name
        try:
            return path.resolve().is_relative_to(self.folder.resolve()) and path.is_file()
        except OSError:
            return False

    def _place(self, file: str, cell: int | None, line: int) -> Place:
        if cell is None:
            return Place(file, line)
        cells = self.cells(file)
        if not 1 <= cell <= len(cells):
            return Place(file, 1)
        start, lines = cells[cell - 1]
        return Place(file, lines[min(line, len(lines)) - 1] if lines else start)

    def _check_cell(self, task: TaskResult) -> Place | None:
        file = f"{task.notebook}.ipynb"
        if not self._inside(file):
            return None
        try:
            cells = json.loads((self.folder / file).read_text(encoding="utf-8-sig"))["cells"]
            for number, cell in enumerate(cells, start=1):
                if re.search(rf"""check\(\s*["']{re.escape(task.id)}["']""", "".join(cell["source"])):
                    return self._place(file, number, 1)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        return Place(file, 1)

    def cells(self, file: str) -> list[tuple[int, list[int]]]:
        """For each cell of a notebook: the line where it begins in the JSON, and that of each line of its source."""
        if file not in self._cells:
            try:
                text = (self.folder / file).read_text(encoding="utf-8-sig")
                self._cells[file] = list(_cells(text))
            except (OSError, ValueError, RecursionError, StopIteration):
                self._cells[file] = []
        return self._cells[file]


def _cells(text: str) -> Iterator[tuple[int, list[int]]]:
    ends = [match.end() for match in re.finditer("\n", text)]

    def line_at(offset: int) -> int:
        from bisect import bisect_right

        return bisect_right(ends, offset) + 1

    for key, start in _members(text, _skip(text, 0)):
        if key != "cells":
            continue
        for cell in _elements(text, start):
            sources = [at for name, at in _members(text, cell) if name == "source"]
            lines: list[int] = []
            if sources and text[sources[-1]] == "[":
                for part in _elements(text, sources[-1]):
                    value, _ = json.JSONDecoder().raw_decode(text, part)
                    # An element is a line of source as a rule, and may be several.
                    whole = str(value)
                    count = whole.count("\n") + (0 if whole.endswith("\n") else 1)
                    lines += [line_at(part)] * max(1, count)
            elif sources:
                value, _ = json.JSONDecoder().raw_decode(text, sources[-1])
                lines = [line_at(sources[-1])] * (str(value).count("\n") + 1)
            yield line_at(cell), lines


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The keys of the JSON object at `at`, each with the offset of its value; nothing for any other value."""
    decode = json.JSONDecoder().raw_decode
    if text[at : at + 1] != "{":
        return
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1, True)
        at = _skip(text, _skip(text, at) + 1)  # the colon
        yield key, at
        _, at = decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _elements(text: str, at: int) -> Iterator[int]:
    """The offsets of the elements of the JSON array at `at`; nothing for any other value."""
    decode = json.JSONDecoder().raw_decode
    if text[at : at + 1] != "[":
        return
    at = _skip(text, at + 1)
    while text[at] != "]":
        yield at
        _, at = decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
