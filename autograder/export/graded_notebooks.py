"""What formgrader shows of a submission: its notebooks as data, never run, with nothing that a browser runs.

formgrader puts a notebook's HTML into a page that may do everything its marker may. So nothing is copied: each notebook
is written anew from the student's text, the outputs that are text or plain pictures, and the gradebook's own record of
which cell is marked for how much.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.submission.source import NOTEBOOK_LIMIT

PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
LONGEST_OUTPUT = 20_000  # characters
MOST_CELLS = 2_000
LARGEST_PICTURE = 4 * 2**20  # bytes
JOINER = "\u2060"
ACTIVE = (
    re.compile(r"<(?=[A-Za-z/!?])"),  # a tag, a comment, an address
    re.compile(
        r"\](?=\()(?!\((?:https?://[^\s()<>&]*|#?[\w./-]+)\))"
    ),  # a link, but to the web or to a plain file name
    re.compile(r"\](?=:)"),  # where a link's address is defined
    # commands by which MathJax makes links and attributes, or loads more of itself
    re.compile(r"\\(?=\s*(?:href|url|style|class|cssId|data|require|mmlToken|unicode|csname)(?![A-Za-z]))"),
)
"""What markdown and formulas become more than text by, up to the character after which it is broken."""


@dataclass(frozen=True)
class GradedCell:
    """A cell as the gradebook knows it."""

    name: str
    cell_type: str
    source: str
    locked: bool
    checksum: str | None
    points: float | None
    """None for a cell that is not marked."""
    solution: bool
    task: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """The `nbgrader` metadata that formgrader goes by."""
        marked: dict[str, Any] = {
            "grade": self.points is not None and not self.task,
            "grade_id": self.name,
            "locked": self.locked,
            "schema_version": 3,
            "cell_type": self.cell_type,
            "solution": self.solution,
            "task": self.task,
        }
        if self.points is not None:
            marked["points"] = self.points
        if self.checksum:
            marked["checksum"] = self.checksum
        return marked


@dataclass
class GradedPage:
    """A notebook for formgrader, and which of its written cells hold nothing of the student's."""

    notebook: Any
    unanswered: set[str] = field(default_factory=set)


def cells_of(notebook: Any) -> list[GradedCell]:
    """The cells of a notebook of the gradebook (`nbgrader.api.Notebook`), in the order that it has them."""
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    return [
        GradedCell(
            cell.name,
            cell.cell_type,
            cell.source or "",
            bool(cell.locked),
            cell.checksum,
            points.get(cell.name),
            cell.name in solutions,
            cell.name in tasks,
        )
        for cell in notebook.source_cells
    ]


def read_notebooks(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The cells of each notebook below `folder`, by its path without the ending. What can't be read has no cells."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.rglob("*.ipynb")):
        cells: list[dict[str, Any]] = []
        try:
            if path.stat().st_size <= NOTEBOOK_LIMIT:
                value = json.loads(path.read_text(encoding="utf-8-sig"))
                listed = value.get("cells") if isinstance(value, dict) else None
                if isinstance(listed, list):
                    cells = [cell for cell in listed[:MOST_CELLS] if isinstance(cell, dict)]
        except (OSError, ValueError, RecursionError):
            pass
        found[path.relative_to(folder).with_suffix("").as_posix()] = cells
    return found


def page(
    name: str, graded: list[GradedCell], handed_in: dict[str, list[dict[str, Any]]], names: set[str]
) -> GradedPage | None:
    """The page of the notebook `name`, or None where nothing was handed in that it could be.

    It is the notebook of that name; else those, of other names than `names`, that hold its cells or its name; else all
    of other names. Its test cells read as they were handed out; cells that are missing stand at the end.
    """

    taken = _sources(name, graded, handed_in, names)
    if not taken:
        return None
    known = {cell.name: cell for cell in graded}
    written: list[Any] = []
    seen: set[str] = set()
    unanswered: set[str] = set()
    if taken != [name]:
        listed = _text(", ".join(taken))
        written.append(_markdown(_plain(f"From {listed}: no notebook called {name} was handed in.")))
    for source in taken:
        for cell in handed_in[source]:
            made = _cell(cell, known, seen)
            if made is not None:
                written.append(made)
    for own in graded:
        if own.name not in seen and own.points is not None:
            written.append(_markdown(_plain(f"The cell {own.name} is missing from what was handed in.")))
            written.append(_graded(own, own.source if own.locked else ""))
    for made in written:
        answer = known.get(made.metadata.get("nbgrader", {}).get("grade_id", ""))
        marked = answer is not None and answer.solution and answer.points is not None
        if answer is not None and marked and made.source.strip() == _plain(answer.source).strip():
            unanswered.add(answer.name)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    for number, made in enumerate(written):
        made["id"] = f"cell-{number}"
    return GradedPage(_node(cells=written, metadata={"kernelspec": kernel}, nbformat=4, nbformat_minor=5), unanswered)


def write_pages(pages: Iterable[tuple[str, GradedPage]], folder: Path, timestamp: str) -> None:
    """Writes the pages of one submission to `folder`, in the place of what was there."""
    import nbformat

    unfinished = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, one in pages:
        nbformat.write(one.notebook, unfinished / f"{name}.ipynb")
    if timestamp:
        (unfinished / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def _sources(
    name: str, graded: list[GradedCell], handed_in: dict[str, list[dict[str, Any]]], names: set[str]
) -> list[str]:
    if name in handed_in:
        return [name]
    strays = [one for one in handed_in if one not in names]
    own = {cell.name for cell in graded}
    fitting = [
        one for one in strays if name.casefold() in one.casefold() or own & {_grade_id(cell) for cell in handed_in[one]}
    ]
    return fitting or strays


def _cell(cell: dict[str, Any], known: dict[str, GradedCell], seen: set[str]) -> Any:
    """A student's cell written anew; None for one that is neither code nor text."""

    text = _text(cell.get("source", cell.get("input", "")))
    own = known.get(_grade_id(cell))
    if own is not None and own.name not in seen:
        seen.add(own.name)
        made = _graded(own, own.source if own.locked else text)
    elif cell.get("cell_type") == "code":
        made = _code(text)
    elif cell.get("cell_type") in ("markdown", "raw"):
        return _markdown(_plain(text))
    else:
        return None
    if made.cell_type == "code":
        count = cell.get("execution_count")
        made.execution_count = count if isinstance(count, int) and not isinstance(count, bool) else None
        outputs = cell.get("outputs")
        made.outputs = [
            output for one in (outputs if isinstance(outputs, list) else [])[:100] for output in _output(one)
        ]
    return made


def _graded(own: GradedCell, text: str) -> Any:

    code = own.cell_type == "code"
    made = _code(text) if code else _markdown(_plain(text))
    made.metadata["nbgrader"] = own.metadata
    return made


def _markdown(text: str) -> Any:
    return _node(cell_type="markdown", metadata={}, source=text)


def _code(text: str) -> Any:
    return _node(cell_type="code", metadata={}, source=text, execution_count=None, outputs=[])


def _node(**content: Any) -> Any:
    """A part of a notebook. Its form is checked once, when all is written; `nbformat.v4.new_…` checks each part."""
    import nbformat

    return nbformat.from_dict(content)


def _output(output: Any) -> Iterable[Any]:
    """An output as text or as a plain picture: no HTML, no script, no SVG, no widget."""

    if not isinstance(output, dict):
        return
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        yield _node(output_type="stream", name=name, text=_short(_text(output.get("text", ""))))
    elif kind == "error":
        trace = output.get("traceback")
        lines = [str(line) for line in trace] if isinstance(trace, list) else []
        text = "\n".join(lines) or f"{output.get('ename', '')}: {output.get('evalue', '')}"
        yield _node(output_type="stream", name="stderr", text=_short(re.sub(r"\x1b\[[0-9;]*m", "", text)))
    elif kind in ("display_data", "execute_result", "pyout"):
        data = output.get("data")
        data = data if isinstance(data, dict) else {}
        for mime in PICTURES:
            picture = _picture(mime, data.get(mime))
            if picture:
                yield _node(output_type="display_data", metadata={}, data={mime: picture})
                return
        if "text/plain" in data:
            text = _short(_text(data["text/plain"]))
            yield _node(output_type="display_data", metadata={}, data={"text/plain": text})


def _picture(mime: str, value: Any) -> str | None:
    """The picture in base64, if it is one of its kind and not too large."""
    text = _text(value)
    if len(text) > LARGEST_PICTURE * 4 // 3:
        return None
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(data).decode() if data.startswith(PICTURES[mime]) else None


def _plain(text: str) -> str:
    """Markdown in which nothing is HTML, no link is a script, and no formula makes one.

    What could be is broken by a sign of no width (WORD JOINER), so that it reads as the student wrote it.
    """
    for pattern in ACTIVE:
        text = pattern.sub(f"\\g<0>{JOINER}", text)
    return text


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(str(part) for part in value)
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _short(text: str) -> str:
    cut = len(text) - LONGEST_OUTPUT
    return f"{text[:LONGEST_OUTPUT]}\n… ({cut} more characters)" if cut > 0 else text


def _metadata(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _grade_id(cell: dict[str, Any]) -> str:
    marked = _metadata(cell).get("nbgrader")
    grade_id = marked.get("grade_id") if isinstance(marked, dict) else None
    return grade_id if isinstance(grade_id, str) else ""
