"""Makes the notebooks that formgrader shows of a submission: without anything that a browser could run.

formgrader puts a notebook's HTML into a page with all rights of the marker. So nothing is copied. Each notebook is
written anew from the student's text, from outputs that are text or plain pictures, and from the gradebook's own record
of the cells and their points. Nothing of it is run.
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
    ),  # a link, unless it is to the web or to a plain file name
    re.compile(r"\](?=:)"),  # where a link's address is defined
    # commands by which MathJax makes links and attributes, or loads extensions
    re.compile(r"\\(?=\s*(?:href|url|style|class|cssId|data|require|mmlToken|unicode|csname)(?![A-Za-z]))"),
)
"""What makes markdown or formulas more than text, up to the character after which `JOINER` is inserted."""


HandedIn = dict[str, "list[dict[str, Any]] | None"]


@dataclass(frozen=True)
class GradedCell:
    """A cell as the gradebook knows it."""

    name: str
    cell_type: str
    source: str
    locked: bool
    checksum: str | None
    points: float | None
    """None for a cell without a mark."""
    solution: bool
    task: bool = False

    @property
    def metadata(self) -> dict[str, Any]:
        """The `nbgrader` metadata that formgrader needs."""
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
    """A notebook for formgrader, and the written cells that the student left as they were."""

    notebook: Any
    unanswered: set[str] = field(default_factory=set)


def cells_of(notebook: Any) -> list[GradedCell]:
    """The cells of a notebook in the gradebook (`nbgrader.api.Notebook`), in its order."""
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


def read_notebooks(folder: Path) -> HandedIn:
    """The cells of each notebook below `folder`, by its path without `.ipynb`; None for one that cannot be read."""
    found: HandedIn = {}
    for path in sorted(folder.rglob("*.ipynb")):
        cells = None
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


def page(name: str, graded: list[GradedCell], handed_in: HandedIn, names: set[str]) -> GradedPage | None:
    """The page of the notebook `name`, or None if nothing was handed in that could be it.

    It is made from the notebook with that name. Without one, it is made from those whose names are not in `names` and
    that have its cells or its name in theirs; without these, from all whose names are not in `names`. Test cells are
    shown as released; missing cells are at the end.
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
        written.append(_markdown(_plain(f"No notebook called {name} was handed in; this is from {listed}.")))
    unread = [f"{source}.ipynb" for source in taken if handed_in[source] is None]
    if unread:
        listed = _text(", ".join(unread))
        written.append(_markdown(_plain(f"{listed} could not be read, so its cells are not shown. Ask for it again.")))
    for source in taken:
        for cell in handed_in[source] or ():
            made = _cell(cell, known, seen)
            if made is not None:
                written.append(made)
    for own in graded:
        if own.name not in seen and own.points is not None:
            if not unread:
                written.append(_markdown(_plain(f"The cell {own.name} is missing in what was handed in.")))
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
    """Writes the pages of one submission to `folder`, and replaces what was there."""
    import nbformat

    unfinished = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, page in pages:
        nbformat.write(page.notebook, unfinished / f"{name}.ipynb")
    if timestamp:
        (unfinished / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)


def _sources(name: str, graded: list[GradedCell], handed_in: HandedIn, names: set[str]) -> list[str]:
    if name in handed_in:
        return [name]
    others = [other for other in handed_in if other not in names]
    own = {cell.name for cell in graded}
    fitting = [
        other
        for other in others
        if name.casefold() in other.casefold() or own & {_grade_id(cell) for cell in handed_in[other] or ()}
    ]
    return fitting or others


def _cell(cell: dict[str, Any], known: dict[str, GradedCell], seen: set[str]) -> Any:
    """A student's cell, written anew; None if it is neither code nor text."""
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
        listed = outputs[:100] if isinstance(outputs, list) else []
        made.outputs = [safe for output in listed for safe in _output(output)]
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
    """A part of a notebook. (`nbformat.v4.new_…` would validate each part; the whole is validated when written.)"""
    import nbformat

    return nbformat.from_dict(content)


def _output(output: Any) -> Iterable[Any]:
    """An output as text or as a plain picture, without HTML, scripts, SVG and widgets."""
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
    """The picture in base64; None if it is not of its kind, or too large."""
    text = _text(value)
    if len(text) > LARGEST_PICTURE * 4 // 3:
        return None
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return base64.b64encode(data).decode() if data.startswith(PICTURES[mime]) else None


def _plain(text: str) -> str:
    """Markdown without HTML, links to scripts, or formulas that make them.

    A character without width (WORD JOINER) breaks what could be one, so that it looks as the student wrote it.
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
