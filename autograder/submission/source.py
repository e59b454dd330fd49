"""Reads notebooks and scripts as cells of plain Python: without magics, shell lines or anything that is not code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTEBOOK_LIMIT = 32 * 2**20
# Cell magics whose body is Python that defines things.
TRANSPARENT = {"time", "timeit", "capture", "prun", "writefile"}


@dataclass(frozen=True)
class Cell:
    """A stretch of Python with the place that messages name."""

    place: str  # "4_1_simple_cnn.ipynb, cell 7" or "model.py"
    text: str


@dataclass(frozen=True)
class Statement:
    """One top-level statement and where it stands."""

    node: ast.stmt
    cell: Cell

    @property
    def place(self) -> str:
        return f"{self.cell.place}, line {self.node.lineno}"


def read_statements(path: Path, name: str) -> tuple[list[Statement], list[str]]:
    """The top-level statements of a notebook or script, and a sentence for each thing that could not be read."""
    problems: list[str] = []
    statements: list[Statement] = []
    try:
        cells = list(_notebook_cells(path, name) if path.suffix == ".ipynb" else [_script(path, name)])
    except (OSError, ValueError, RecursionError) as error:
        return [], [f"{name}: cannot be read ({error})"]
    for cell in cells:
        try:
            body = ast.parse(cell.text).body
        except SyntaxError as error:
            problems.append(f"{cell.place}, line {error.lineno}: a syntax error, the cell was left out ({error.msg})")
        except (ValueError, RecursionError, MemoryError) as error:
            problems.append(f"{cell.place}: cannot be parsed, the cell was left out ({error})")
        else:
            if path.suffix == ".ipynb":  # where a kernel runs it
                body = [_InKernel().visit(node) for node in body]
            statements += [Statement(node, cell) for node in body]
    return statements, problems


class _InKernel(ast.NodeTransformer):
    """In a notebook `__name__` is "__main__"."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == "__name__" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant("__main__"), node)
        return node


def python_of(text: str) -> str:
    """`text` of a notebook cell as plain Python, with the same number of lines.

    Magics (`%…`), shell lines (`!…`) and help (`…?`) become `pass`; a cell magic such as `%%bash` empties its cell.
    """
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines and lines[first].lstrip().startswith("%%"):
        magic = re.match(r"\s*%%(\w+)", lines[first])
        if magic is None or magic[1] not in TRANSPARENT:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    inside = _inside_strings(lines)
    for index, line in enumerate(lines):
        stripped = line.strip()
        if index in inside or not stripped:
            continue
        indent = line[: len(line) - len(line.lstrip())]
        assigned = re.match(r"^([\w ,]+)=\s*[!%]", stripped)
        if stripped[0] in "%!?" or (stripped.endswith("?") and "#" not in stripped):
            lines[index] = f"{indent}pass"
        elif assigned:
            lines[index] = f"{indent}{assigned[1]}= None"
    return "\n".join(lines)


def _inside_strings(lines: list[str]) -> set[int]:
    """The lines that go on an earlier one, within a bracket, a string or after `\\`: a `%` there is no magic."""
    inside: set[int] = set()
    depth, quote = 0, ""
    for index, line in enumerate(lines):
        if depth > 0 or quote:
            inside.add(index)
        at = 0
        while at < len(line):
            if quote:
                if line[at] == "\\":
                    at += 1
                elif line.startswith(quote, at):
                    at += len(quote) - 1
                    quote = ""
            elif line[at] == "#":
                break
            elif line[at] in "\"'":
                quote = line[at] * 3 if line.startswith(line[at] * 3, at) else line[at]
                at += len(quote) - 1
            elif line[at] in "([{":
                depth += 1
            elif line[at] in ")]}":
                depth -= 1
            at += 1
        if line.endswith("\\"):
            inside.add(index + 1)
        elif len(quote) == 1:
            quote = ""  # a plain string ends with its line
    return inside


def code_cells(path: Path) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each code cell of a notebook: its number among all cells (from 1), the cell, and its source as it stands there.

    Raises `OSError` and `ValueError` for what is no notebook.
    """
    if path.stat().st_size > NOTEBOOK_LIMIT:
        raise ValueError(f"larger than {NOTEBOOK_LIMIT // 2**20} MB")
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: no valid notebook, {error.msg}") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict):  # nbformat 3
        sheets = notebook.get("worksheets")
        cells = sheets[0].get("cells") if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict) else None
    if not isinstance(cells, list):
        raise ValueError("no valid notebook, it has no list of cells")
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", cell.get("input", ""))
        yield number, cell, "".join(map(str, source)) if isinstance(source, list) else str(source)


def _notebook_cells(path: Path, name: str) -> Iterator[Cell]:
    for number, _, text in code_cells(path):
        yield Cell(f"{name}, cell {number}", python_of(text))


def _script(path: Path, name: str) -> Cell:
    if path.stat().st_size > NOTEBOOK_LIMIT:
        raise ValueError(f"larger than {NOTEBOOK_LIMIT // 2**20} MB")
    return Cell(name, path.read_text(encoding="utf-8-sig"))
