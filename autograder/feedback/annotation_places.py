"""Where a task is in a student's files: the notebook, and the line of its JSON, that an annotation points at."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from autograder.results import CheckResult, TaskResult
from autograder.submission.definitions import Definitions

IN_MESSAGE = re.compile(r"^\s*(?P<file>[^\n]+?)(?:, cell (?P<cell>\d+))?, line (?P<line>\d+)\b")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, which reads megabytes in a blink
# Half an emoji, as JSON may spell it; control characters; what YAML takes for the end of a line. Escaped backslashes
# are matched too, and kept: what follows them is no escape.
NOT_IN_YAML = re.compile(
    r"(\\\\)|\\u[dD][89a-fA-F]\w\w|[^\t\n\r -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029\ufeff]"
)


class Place(NamedTuple):
    """A file, relative to the student's folder, and a line in it, counted from 1."""

    file: str
    line: int


class CellLines(NamedTuple):
    """A cell of a notebook: the line of the JSON where it begins, its source, and the line of each line of it."""

    line: int
    source: str
    lines: list[int]


class Places:
    """Finds places in the files below `folder`, which are read and not run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._definitions = Definitions(folder)
        self._read: dict[str, list[CellLines]] = {}

    def of(self, task: TaskResult, names: Sequence[str], check: CheckResult | None = None) -> Place | None:
        """The line that a check's message names, else the task's definition or check cell; None without a file."""
        for line in reversed(check.message.splitlines() if check is not None else []):
            if (found := self.named(line)) is not None:
                return found
        for name in names:
            for unit in self._definitions.where(name, task.notebook)[:1]:
                for index in reversed(range(len(unit.statements))):
                    if name in unit.effects[index].binds:
                        statement = unit.statements[index]
                        file, _, cell = statement.cell.place.partition(", cell ")
                        return self._place(file, int(cell) if cell else None, statement.node.lineno)
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
        cells = self._cells(file)
        if not 1 <= cell <= len(cells):
            return Place(file, 1)
        found = cells[cell - 1]
        return Place(file, found.lines[min(line, len(found.lines)) - 1] if found.lines else found.line)

    def _check_cell(self, task: TaskResult) -> Place | None:
        file = f"{task.notebook}.ipynb"
        if not self._inside(file):
            return None
        for number, cell in enumerate(self._cells(file), start=1):
            if re.search(rf"""check\(\s*["']{re.escape(task.id)}["']""", cell.source):
                return self._place(file, number, 1)
        return Place(file, 1)

    def _cells(self, file: str) -> list[CellLines]:
        if file not in self._read:
            try:
                self._read[file] = cells_of((self.folder / file).read_text(encoding="utf-8-sig"))
            except (OSError, ValueError, RecursionError, yaml.YAMLError):
                self._read[file] = []
        return self._read[file]


def cells_of(notebook: str) -> list[CellLines]:
    """The cells of a notebook's JSON, which PyYAML reads too and, unlike `json`, says on which lines.

    Raises ValueError or RecursionError for what is not JSON or nested too deeply, YAMLError for what YAML cannot read.
    """
    json.loads(notebook)  # PyYAML would follow any depth until the process dies
    text = NOT_IN_YAML.sub(lambda found: found[1] or "?", notebook)
    root = yaml.compose(text, Loader=LOADER)
    return [_cell(node) for node in _elements(_member(root, "cells"))]


def _cell(node: yaml.Node) -> CellLines:
    source = _member(node, "source")
    # A source is a list, an element a line as a rule; or it is one text. An element may hold several lines.
    given = [source] if isinstance(source, yaml.ScalarNode) else _elements(source)
    parts = [part for part in given if isinstance(part, yaml.ScalarNode)]
    counts = [part.value.count("\n") + (not part.value.endswith("\n")) for part in parts]
    lines = [part.start_mark.line + 1 for part, count in zip(parts, counts, strict=True) for _ in range(count)]
    return CellLines(node.start_mark.line + 1, "".join(part.value for part in parts), lines)


def _member(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """The value of a mapping's key, the last one as in JSON; None where there is none."""
    members = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in reversed(members) if key.value == name), None)


def _elements(node: yaml.Node | None) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []
