"""Reads notebooks and scripts as statements of plain Python, and says of each file and cell that it cannot, why."""

from __future__ import annotations

import ast
import codecs
import io
import json
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.submission.jupyter import LeftOut, own_magics, read_cell, read_script, script_written_by, unknown_magic
from autograder.submission.not_source import AGAIN, CONFLICT, Unreadable, what_it_is

NOTEBOOK_LIMIT = 32 * 2**20
TEXT_LIMIT = 2**20  # bytes of a text that may hold a definition by mistake
TEXTS = (".txt", ".md")
# What browsers and chats make of a notebook's ending: "x.ipynb.json", "x.ipynb.txt", "x.ipynb.download", "x.ipynb (1)".
NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:json|txt|html?|download|part|crdownload)| ?\(\d+\))?$", re.IGNORECASE)
# What browsers, JupyterLab, Drive and file managers make of the name of a second copy.
COPY_OF = re.compile(r"^(?:(?:cop(?:y|ie|ia)|cópia|kopi[ea]) (?:of|de|di|von|van|av) )+", re.IGNORECASE)
A_COPY = re.compile(
    r"(?: ?\(\d+\)|-\d+|-Copy\d+|(?: -)? (?:copy|kopie)(?: \d+)?| \((?:copy|kopie)(?: \d+)?\))$", re.IGNORECASE
)
SCRIPT = re.compile(r"\.pyw?(?:\.txt)?$", re.IGNORECASE)
PERHAPS = re.compile(r"(?:\.json|\.txt|/[^./]+|^[^./]+)$", re.IGNORECASE)
MARKUP = {"markdown": "a Markdown cell", "raw": "a raw cell", "heading": "a heading"}
SYNTAX_ERROR, MEND = "has a syntax error, so that none of it runs", "Correct it, run it, and save it."
MAKE_CODE = "Make it a code cell, run it, and save the notebook."


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


@dataclass(frozen=True)
class Aside:
    """Text that does not run, but may hold a definition that was meant to."""

    place: str
    why: str  # "is a Markdown cell"
    cure: str  # a sentence
    text: str
    misplaced: bool = False
    """Whether it would run if it stood elsewhere: nothing is wrong with the text itself."""

    def holding(self, name: str) -> str:
        """A sentence that points at the definition of `name` in this text; empty where there is none."""
        own = re.escape(name)
        defined = rf"^[ \t>\"]*(?:((?:async +def|def|class) +{own})\b|({own}) *(?::[^=\n]+)?=(?!=))"
        found = re.search(defined, self.text, re.MULTILINE)
        return f"{self.place} {self.why}: it holds `{found[1] or found[2]}`. {self.cure}" if found else ""


@dataclass
class CodeFile:
    """A notebook or script as it was read."""

    name: str  # relative to the submission
    stem: str
    is_script: bool
    statements: list[Statement] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """A sentence for each thing that could not be read."""
    remarks: list[str] = field(default_factory=list)
    """A sentence for what was read though it is not as it should be."""
    asides: list[Aside] = field(default_factory=list)
    lost: str = ""
    """The sentence that says why nothing of the file could be read."""


def find_code(folder: Path) -> list[tuple[Path, str, str]]:
    """The notebooks, then the scripts below `folder`: path, relative name, and "notebook" or "script".

    They are known by what they are, whatever the case of their endings, or what a browser has added to them.
    """
    found: list[tuple[str, str, Path]] = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_symlink() and path.is_file() and not path.name.startswith("._"):  # macOS keeps attributes there
            kind = _kind(path, name)
            if kind:
                found.append((kind, name, path))
    return [(path, name, kind) for kind, name, path in sorted(found)]


def _kind(path: Path, name: str) -> str:
    """ "notebook", "script", or nothing for any other file."""
    by_name = "script" if SCRIPT.search(name) else "notebook" if NOTEBOOK.search(name) else ""
    if not by_name and not PERHAPS.search(name):
        return ""
    try:
        with path.open("rb") as file:
            start = file.read(200).removeprefix(codecs.BOM_UTF8).lstrip()
            if by_name == "notebook":
                return by_name if start.startswith(b"{") or not _is_script(path) else "script"
            if not start.startswith(b"{"):
                return by_name
            whole = start + file.read(NOTEBOOK_LIMIT)
    except OSError:
        return by_name
    return "notebook" if b'"cell_type"' in whole and re.search(rb'"(?:cells|worksheets)"', whole) else by_name


def _is_script(path: Path) -> bool:
    """Whether a file that is called a notebook holds Python that defines something."""
    try:
        body = ast.parse(_script_text(path)).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)) for node in body)


def texts(folder: Path) -> list[Aside]:
    """What stands in files that are neither notebooks nor scripts."""
    code = {path for path, *_ in find_code(folder)}
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in TEXTS and path not in code and path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                text = file.read(TEXT_LIMIT).decode("utf-8", "replace")
            name = path.relative_to(folder).as_posix()
            found.append(Aside(name, "is neither a notebook nor a script", "Hand it in as one.", text, misplaced=True))
    return found


def read_code(path: Path, name: str, kind: str = "notebook") -> list[CodeFile]:
    """A notebook or script, and the scripts that the notebook's cells write with `%%writefile`."""
    script = kind == "script"
    read = CodeFile(name, _stem(name), script)
    files = [read]
    try:
        for cell, body in _script(path, read) if script else _notebook(path, files):
            read.statements += [Statement(node, cell) for node in body]
    except Unreadable as error:
        read.lost = f"{name} {error}"
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        read.lost = f"{name}: cannot be read ({error})"
    if read.lost:
        read.problems.append(read.lost)
    if read.lost and not read.asides:
        with path.open("rb") as file:
            text = file.read(NOTEBOOK_LIMIT).decode("utf-8", "replace").replace("\0", "")
        read.asides.append(Aside(name, "could not be read", read.lost, text))
    if not read.lost and not name.lower().endswith((".py", ".pyw") if script else ".ipynb"):
        ending = ".py" if script else ".ipynb"
        read.remarks.append(f"{name} was read as a {kind}, since it is one; its name should end in {ending}.")
    return files


def originals(stem: str) -> Iterator[str]:
    """A file's name without its ending, and the names of what it may be a copy of, down to the shortest."""
    yield stem
    if COPY_OF.match(stem):
        yield (stem := COPY_OF.sub("", stem))
    while mark := A_COPY.search(stem):
        yield (stem := stem[: mark.start()])


def _stem(name: str) -> str:
    """`4_1_simple_cnn` of all that a notebook or script of this name may be called."""
    last = name.rpartition("/")[2]
    stem = SCRIPT.sub("", NOTEBOOK.sub("", last))
    return stem if stem != last else last.rpartition(".")[0] or last


def _notebook(path: Path, files: list[CodeFile]) -> Iterator[tuple[Cell, list[ast.stmt]]]:
    read = files[0]
    cells = list(sources_of_cells(path))
    if not any(text.strip() for *_, text in cells):
        raise Unreadable(f"has no cell with anything in it. {AGAIN}")
    own = own_magics([text for _, kind, _, text in cells if kind == "code"])
    for number, kind, _, text in cells:
        place = f"{read.name}, cell {number}"
        if kind != "code":
            read.asides.append(Aside(place, f"is {MARKUP.get(kind, 'no code cell')}", MAKE_CODE, text, misplaced=True))
            continue
        written = script_written_by(text)
        if written is not None:
            files.append(_written_script(place, text, *written))
            continue
        try:
            python, body = read_cell(text, own)
        except LeftOut as error:
            why = f"begins with {error}, so that the notebook has nothing of it"
            read.asides.append(Aside(place, why, f"Take out {error}.", text, misplaced=True))
            read.problems.append(f"{place}: left out, it begins with {error}")
        except SyntaxError as error:
            read.asides.append(Aside(f"{place}, line {error.lineno}", SYNTAX_ERROR, MEND, text))
            read.problems.append(_no_python(place, "cell", text, error))
        except (ValueError, RecursionError, MemoryError) as error:
            read.problems.append(f"{place}: cannot be parsed, the cell was left out ({error})")
        else:
            if magic := unknown_magic(text, own):
                read.remarks.append(f"{place}: read as Python, though {magic} is not known here")
            yield Cell(place, text, python), _compiled(body, place, read.problems)


def _written_script(place: str, text: str, name: str, python: str) -> CodeFile:
    """The script that a cell writes."""
    read = CodeFile(name, _stem(name), True)
    try:
        body, _ = read_script(python)
    except SyntaxError as error:
        read.problems.append(_no_python(place, f"script {name} that it writes", text, error))
        read.asides.append(Aside(f"{place}, line {error.lineno}", SYNTAX_ERROR, MEND, text))
    except (ValueError, RecursionError, MemoryError) as error:
        read.problems.append(f"{place}: the script {name} that it writes cannot be parsed ({error})")
    else:
        cell = Cell(place, text, python)
        read.statements += [Statement(node, cell) for node in _compiled(body, place, read.problems)]
    return read


def _script(path: Path, read: CodeFile) -> Iterator[tuple[Cell, list[ast.stmt]]]:
    name, text = read.name, _script_text(path)
    try:
        body, left_out = read_script(text)
    except (SyntaxError, ValueError) as error:
        if what := what_it_is(text):
            raise Unreadable(what) from None
        line = getattr(error, "lineno", None) or 1
        read.asides.append(Aside(f"{name}, line {line}", SYNTAX_ERROR, MEND, text))
        told = _no_python(name, "script", text, error) if isinstance(error, SyntaxError) else f"{name}: {error}"
        if CONFLICT.search(text):
            read.lost = told
        else:
            read.problems.append(told)
    else:
        read.problems += [f"{name}, line {line}: left out, it begins with {magic}" for line, magic in left_out]
        yield Cell(name, text, text), _compiled(body, name, read.problems)


def _compiled(body: list[ast.stmt], place: str, problems: list[str]) -> list[ast.stmt]:
    """The statements that Python compiles: `return` outside a function is found only then."""

    def compiles(statements: list[ast.stmt]) -> SyntaxError | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(ast.Module(statements, []), place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SyntaxError as error:
            return error
        return None

    if compiles(body) is None:
        return body
    found = []
    for node in body:
        if (error := compiles([node])) is None:
            found.append(node)
        else:
            problems.append(f"{place}, line {error.lineno}: a syntax error, the statement was left out ({error.msg})")
    return found


def _no_python(place: str, what: str, text: str, error: SyntaxError) -> str:
    conflict = CONFLICT.search(text)
    if conflict:
        line = text[: conflict.start()].count("\n") + 1
        return f"{place}, line {line}: merge conflict markers, the {what} was left out. Keep one of the two versions."
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
        raise Unreadable(what_it_is(data) or _badly_encoded(data)) from None


def _badly_encoded(data: bytes) -> str:
    """Why Python cannot decode a script."""
    first = b"\n".join(data.removeprefix(codecs.BOM_UTF8).split(b"\n")[:2])
    declared = re.search(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", first, re.MULTILINE)
    if declared is not None:
        return f"declares an encoding that is not its own ({declared[1].decode('ascii', 'replace')}): save it as UTF-8"
    cure = "save it as UTF-8, or name its encoding in its first line (`# -*- coding: latin-1 -*-`)"
    return f"{_not_utf8(data)}, and Python does not import it: {cure}"


def _not_utf8(data: bytes) -> str:
    """Where bytes stand that are no UTF-8; empty where there are none."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return f"is not UTF-8 text (line {line})"
    return ""


def code_cells(path: Path) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Each code cell of a notebook: its number among all cells (from 1), the cell, and its source as it stands there.

    Raises `OSError`, and `Unreadable` for what is no notebook.
    """
    return ((number, cell, text) for number, kind, cell, text in sources_of_cells(path) if kind == "code")


def sources_of_cells(path: Path) -> Iterator[tuple[int, str, dict[str, Any], str]]:
    """Each cell of a notebook, of any kind: number, kind, cell and source, as in `code_cells`."""
    _bounded(path)
    for number, cell in enumerate(_cells(_notebook_json(path)), start=1):
        if isinstance(cell, dict):
            source = cell.get("source", cell.get("input", ""))  # nbformat 3 calls it "input"
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield number, str(cell.get("cell_type")), cell, text


def _notebook_json(path: Path) -> Any:
    data = path.read_bytes()
    try:  # JSON in UTF-16, as some Windows tools save it, is read as well
        text = data.decode("utf-8-sig" if data.startswith(codecs.BOM_UTF8) else json.detect_encoding(data))
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(what_it_is(text, error)) from error
    except UnicodeDecodeError:
        what = what_it_is(data) or f"{_not_utf8(data) or 'is damaged: its bytes are no text'}: save it as UTF-8"
        raise Unreadable(what) from None
    except RecursionError as error:
        raise Unreadable("is damaged: lists within lists without end. Hand in an earlier copy.") from error


def _cells(notebook: Any) -> list[Any]:
    """The cells of a notebook; those of all sheets of an old one (nbformat 2 and 3).

    nbformat itself would take seconds to import in each student process, and refuses what lacks anything.
    """
    if not isinstance(notebook, dict):
        raise Unreadable("is not a notebook. Save the notebook from Jupyter, and hand in that file.")
    sheets = notebook.get("worksheets")
    if isinstance(sheets, list) and "cells" not in notebook:
        found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [cell for cells in found if isinstance(cells, list) for cell in cells]
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("is not a notebook: it has no list of cells. Save the notebook from Jupyter.")
    return cells


def _bounded(path: Path) -> None:
    if path.stat().st_size > NOTEBOOK_LIMIT:
        raise Unreadable(f"is larger than {NOTEBOOK_LIMIT // 2**20} MB. Clear its outputs, and save it again.")
