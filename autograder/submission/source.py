"""Reads notebooks and scripts as statements of plain Python, and says of each file and cell that it cannot, why."""

from __future__ import annotations

import ast
import codecs
import io
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.submission.jupyter import LeftOut, own_magics, read_cell, read_script

NOTEBOOK_LIMIT = 32 * 2**20
CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)


class Unreadable(ValueError):
    """The file is not what its name says; the text goes on from the file's name: "is empty"."""


@dataclass(frozen=True)
class Cell:
    """A stretch of Python with the place that messages name."""

    place: str  # "4_1_simple_cnn.ipynb, cell 7" or "model.py"
    text: str  # as the student wrote it
    python: str  # what runs of it, line by line


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
        cells = _notebook(path, name, problems) if path.suffix == ".ipynb" else _script(path, name, problems)
        for cell, body in cells:
            statements += [Statement(node, cell) for node in body]
    except Unreadable as error:
        problems.append(f"{name} {error}")
    except (OSError, ValueError, RecursionError) as error:
        problems.append(f"{name}: cannot be read ({error})")
    return statements, problems


def _notebook(path: Path, name: str, problems: list[str]) -> Iterator[tuple[Cell, list[ast.stmt]]]:
    cells = list(code_cells(path))
    own = own_magics([text for _, _, text in cells])
    for number, _, text in cells:
        place = f"{name}, cell {number}"
        try:
            python, body = read_cell(text, own)
        except LeftOut as error:
            problems.append(f"{place}: left out, it begins with {error}")
        except SyntaxError as error:
            problems.append(_no_python(place, "cell", text, error))
        except (ValueError, RecursionError, MemoryError) as error:
            problems.append(f"{place}: cannot be parsed, the cell was left out ({error})")
        else:
            yield Cell(place, text, python), body


def _script(path: Path, name: str, problems: list[str]) -> Iterator[tuple[Cell, list[ast.stmt]]]:
    text = _script_text(path)
    try:
        body, left_out = read_script(text)
    except SyntaxError as error:
        problems.append(_no_python(name, "script", text, error))
    except (ValueError, RecursionError, MemoryError) as error:
        problems.append(f"{name}: cannot be parsed, the script was left out ({error})")
    else:
        problems += [f"{name}, line {line}: left out, it begins with {magic}" for line, magic in left_out]
        yield Cell(name, text, text), body


def _no_python(place: str, what: str, text: str, error: SyntaxError) -> str:
    conflict = CONFLICT.search(text)
    if conflict:
        return f"{place}, line {_line(text, conflict.start())}: merge conflict markers, the {what} was left out"
    return f"{place}, line {error.lineno}: a syntax error, the {what} was left out ({error.msg})"


def _script_text(path: Path) -> str:
    """A script as Python decodes it: by its coding line or byte order mark, else as UTF-8."""
    _bounded(path)
    data = path.read_bytes()
    try:
        tokenize.detect_encoding(io.BytesIO(data).readline)
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError):
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise Unreadable("is UTF-16 text: save it as UTF-8") from None
        raise Unreadable(_undecodable(data) or "declares the wrong encoding: save it as UTF-8") from None


def _undecodable(data: bytes) -> str:
    """Where bytes stand that are no UTF-8; empty where there are none."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 text (line {_line(data, error.start)}): save it as UTF-8"
    return ""


def code_cells(path: Path) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each code cell of a notebook: its number among all cells (from 1), the cell, and its source as it stands there.

    Raises `OSError`, and `Unreadable` for what is no notebook.
    """
    _bounded(path)
    for number, cell in enumerate(_cells(_notebook_json(path)), start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", cell.get("input", ""))  # nbformat 3 calls it "input"
        yield number, cell, "".join(map(str, source)) if isinstance(source, list) else str(source)


def _notebook_json(path: Path) -> Any:
    data = path.read_bytes()
    if data.startswith(b"PK\x03\x04"):
        raise Unreadable("is a zip archive, not a notebook")
    try:  # JSON in UTF-16, as some Windows tools save it, is read as well
        text = data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else json.detect_encoding(data))
    except UnicodeDecodeError:
        raise Unreadable(_undecodable(data) or "is damaged: its bytes are no text") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(_what_is_wrong(text, error)) from error
    except RecursionError as error:
        raise Unreadable("is damaged: lists within lists without end") from error


def _what_is_wrong(text: str, error: json.JSONDecodeError) -> str:
    """What a file that should hold JSON is, from its name on."""
    start = text.lstrip()
    conflict = CONFLICT.search(text)
    if not start:
        return "is empty"
    if conflict:
        return f"has merge conflict markers (line {_line(text, conflict.start())})"
    if start.startswith("version https://git-lfs"):
        return "is a git-lfs pointer, not the notebook itself"
    if start.startswith("<"):
        return "is a web page, not a notebook"
    if not start.startswith("{"):
        return "is not a notebook"
    # A string that is cut off is told by where it begins.
    if error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()):
        return f"is cut off (line {_line(text, len(text.rstrip()))})"
    return f"is damaged (line {error.lineno}: {error.msg})"


def _cells(notebook: Any) -> list[Any]:
    """The cells of a notebook; those of all sheets of an old one (nbformat 2 and 3).

    nbformat itself would take seconds to import in each student process, and refuses what lacks anything.
    """
    if not isinstance(notebook, dict):
        raise Unreadable("is not a notebook")
    sheets = notebook.get("worksheets")
    if isinstance(sheets, list) and "cells" not in notebook:
        found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in found if isinstance(cells, list) for cell in cells]
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("is not a notebook: it has no list of cells")
    return cells


def _bounded(path: Path) -> None:
    if path.stat().st_size > NOTEBOOK_LIMIT:
        raise Unreadable(f"is larger than {NOTEBOOK_LIMIT // 2**20} MB")


def _line(text: str | bytes, offset: int) -> int:
    before = text[:offset]
    return (before.count("\n") if isinstance(before, str) else before.count(b"\n")) + 1
