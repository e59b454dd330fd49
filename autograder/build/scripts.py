"""Checks the reference's scripts before anything is built from them: each breach has its line, and what to do."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from autograder.build.source_notebooks import SOLUTION_BEGIN, SOLUTION_END
from autograder.course import line_of
from autograder.judge.bank import BankError
from autograder.labs.catalogue import Check, bound, public_points
from autograder.labs.lab import Lab
from autograder.submission.wanted import meant


@dataclass
class ScriptCell:
    """A cell of a script: the number of its `# %%` line (from 1), that line, and the lines below it."""

    line: int
    header: str
    lines: list[str] = field(default_factory=list)

    @property
    def nbgrader(self) -> dict[str, Any]:
        """nbgrader's metadata; empty if there are none. Raises `json.JSONDecodeError`."""
        start = self.header.find("nbgrader={")
        if start < 0:
            return {}
        found, _ = json.JSONDecoder().raw_decode(self.header[start + len("nbgrader=") :])
        return dict(found)


def script_breaches(lab: Lab, checks: list[Check]) -> list[str]:
    """Everything that is wrong with the reference's scripts, and with the known mistakes that change them."""
    assert lab.reference is not None
    expected = {f"{task}-check": points for task, points in public_points(lab.assignment, checks).items()}
    expected |= {question.id: question.points for question in lab.assignment.written}
    found: list[str] = []
    for name in lab.assignment.notebooks:
        script = lab.reference / f"{name}.py"
        if not script.is_file():
            found.append(f"{script}: is missing, but course.yml has tasks in this notebook")
            continue
        text = script.read_text(encoding="utf-8")
        found += [f"{script}, line {line}: {what}" for line, what in sorted(_in_script(text, expected))]
    found = found or list(_undefined(lab))
    return found or [*_in_bank(lab)]


def _undefined(lab: Lab) -> Iterator[str]:
    """The names that course.yml asks for, but that the reference does not define."""
    assert lab.reference is not None
    defined: dict[str, str] = {}
    for notebook in lab.assignment.notebooks:
        script = lab.reference / f"{notebook}.py"
        for node in ast.parse(script.read_text(encoding="utf-8")).body:
            defined |= dict.fromkeys(bound(node), script.name)
    for place, task in enumerate(lab.assignment.tasks):
        for name in task.definitions:
            if name not in defined:
                line = line_of(lab.course_file, "assignments", lab.name, "tasks", place, "definitions")
                facts = f"the task {task.id!r} asks for {name!r}, which no notebook of the reference defines."
                yield f"{lab.course_file}, line {line}: {facts} {meant(name, defined)}".rstrip()


def place_of(lab: Lab, notebook: str, cell_id: str) -> str:
    """Where a cell begins: the script, and the line if the cell is found."""
    assert lab.reference is not None
    script = lab.reference / f"{notebook}.py"
    lines = script.read_text(encoding="utf-8").splitlines() if script.is_file() else []
    for number, line in enumerate(lines, start=1):
        if line.startswith("# %%") and f'"grade_id": "{cell_id}"' in line:
            return f"{script}, line {number}"
    return str(script)


def _in_script(text: str, expected: dict[str, float]) -> Iterator[tuple[int, str]]:
    try:
        ast.parse(text)
    except SyntaxError as error:
        yield error.lineno or 1, f"this is not valid Python: {error.msg}"
    seen: dict[str, int] = {}
    for cell in _cells(text):
        try:
            marked = cell.nbgrader
        except json.JSONDecodeError as error:
            yield cell.line, f"the cell's nbgrader={{…}} is not valid JSON ({error.msg})"
            continue
        name = marked.get("grade_id")
        if name in seen:
            yield cell.line, f"the grade_id {name!r} is used twice (first on line {seen[name]}); give each cell its own"
        elif name:
            seen[name] = cell.line
        if marked.get("grade") and name in expected and marked.get("points") != expected[name]:
            yield (
                cell.line,
                f'the cell {name!r} has "points": {marked.get("points")}, but course.yml gives it'
                f" {expected[name]:g} (for a task: its public checks); make them the same",
            )
        yield from _marks(cell, bool(marked.get("solution")))
        yield from _notebook_code(cell)


def _marks(cell: ScriptCell, solution: bool) -> Iterator[tuple[int, str]]:
    """Solution marks that are not in pairs, or that nbgrader would ignore."""
    opened = 0
    for number, line in enumerate(cell.lines, start=cell.line + 1):
        mark = line.strip().removeprefix("# ").strip()
        if mark == SOLUTION_BEGIN:
            if opened:
                yield number, f"`{SOLUTION_BEGIN}` again, but the one on line {opened} has no `{SOLUTION_END}` yet"
            opened = number
            if not solution:
                yield (
                    cell.line,
                    f"the cell has a solution (line {number}), but its header lacks"
                    ' nbgrader={…, "grade_id": …, "solution": true}; see the cells of other tasks',
                )
        elif mark == SOLUTION_END:
            if not opened:
                yield number, f"`{SOLUTION_END}` without a `{SOLUTION_BEGIN}` before it in the same cell"
            opened = 0
    if opened:
        yield opened, f"`{SOLUTION_BEGIN}` has no `{SOLUTION_END}` after it in the same cell"


def _notebook_code(cell: ScriptCell) -> Iterator[tuple[int, str]]:
    """Syntax errors in cells that only the notebook runs, whose code is in comments."""
    from IPython.core.inputtransformer2 import TransformerManager

    if "active-ipynb" not in cell.header or "[markdown]" in cell.header:
        return
    code = "\n".join(re.sub(r"^# ?", "", line) for line in cell.lines)
    try:
        ast.parse(TransformerManager().transform_cell(code))
    except SyntaxError as error:
        yield cell.line + (error.lineno or 1), f"this cell of the notebook is not valid Python: {error.msg}"


def _cells(text: str) -> list[ScriptCell]:
    cells: list[ScriptCell] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("# %%"):
            cells.append(ScriptCell(number, line))
        elif cells:
            cells[-1].lines.append(line)
    return cells


def _in_bank(lab: Lab) -> Iterator[str]:
    """Known mistakes that cannot be read, or that do not fit the reference."""
    assert lab.reference is not None
    for task in lab.mistakes:
        if task not in lab.assignment.ids:
            yield f"{lab.folder / 'mistakes' / task}.yml: course.yml has no task with this name"
            continue
        try:
            known = lab.mistakes[task]
        except BankError as error:
            yield str(error)
            continue
        for mistake in known.values():
            try:
                mistake.applied(lab.reference / f"{lab.assignment.task(task).notebook}.py")
            except BankError as error:
                yield f"{error}; copy the line from the reference as it is now, or more of it, so that it occurs once"
