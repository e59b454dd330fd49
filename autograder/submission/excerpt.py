"""What a person wants to see of a submission: the code of each task, and which code cells it has."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from autograder.submission.definitions import Definitions, Unit
from autograder.submission.effective import effective
from autograder.submission.source import code_cells, find_code

CODE_LIMIT = 20_000  # characters of one task
COMPARED_LIMIT = 100_000  # the same, of what is compared
CELLS_LIMIT = 5_000  # code cells of one submission


def code_of(
    definitions: Definitions,
    names: Sequence[str],
    notebook: str = "",
    others: Collection[str] = (),
    limit: int = CODE_LIMIT,
) -> str:
    """The source of the definitions `names` and of what they need, without imports, as it stands in the files.

    Each stretch has a first line that says where it stands. `others` are names that have an excerpt of their own. What
    nobody has touched is left out. Runs nothing.
    """
    wanted = _wanted(definitions, names, notebook, others)
    text = "\n\n".join(part for unit, chosen in wanted for part in _stretches(unit, chosen))
    return text if len(text) <= limit else f"{text[:limit]}\n# … ({len(text) - limit} more characters)"


def compared_code(
    definitions: Definitions, names: Sequence[str], notebook: str = "", others: Collection[str] = ()
) -> str:
    """The same code without what has no effect, to be compared with others'."""
    found, left = [], COMPARED_LIMIT
    for unit, chosen in _wanted(definitions, names, notebook, others):
        for index in sorted(chosen):
            node = unit.statements[index].node
            if left > 0 and not isinstance(node, (ast.Import, ast.ImportFrom)):
                found.append(effective(node)[:left])
                left -= len(found[-1]) + 1
    return "\n".join(filter(None, found))


def _wanted(
    definitions: Definitions, names: Sequence[str], notebook: str, others: Collection[str]
) -> list[tuple[Unit, set[int]]]:
    """The files that the definitions `names` stand in or need, and which of their statements."""
    others = set(others) - set(names)
    wanted: dict[str, tuple[Unit, set[int]]] = {}
    open_names = [(name, notebook) for name in names if not definitions.untouched(name, notebook)]
    seen = {name for name, _ in open_names}
    while open_names:
        name, where = open_names.pop(0)
        found = definitions.where(name, where)
        if not found:
            continue
        unit = found[0]
        chosen, elsewhere = unit.needed([name], others)
        wanted.setdefault(unit.name, (unit, set()))[1].update(set(chosen) - unit.sets_up)
        imported = [part for index in chosen for part in definitions.handed_in(unit.statements[index].node)]
        renamed = {alias.name: script.stem for script, alias in imported if alias.asname not in (None, alias.name)}
        sources = dict.fromkeys(sorted(elsewhere), "") | renamed
        for other, stem in sources.items():
            if other not in seen and other not in others:
                seen.add(other)
                open_names.append((other, stem))
    return list(wanted.values())


def cells_of(folder: Path) -> dict[str, list[list[str]]]:
    """For each notebook in `folder`, by its relative path, `[grade_id or "", digest of the source]` of code cells."""
    left = CELLS_LIMIT
    found: dict[str, list[list[str]]] = {}
    for path, name, kind in find_code(folder):
        if kind == "script":
            continue
        cells = found.setdefault(name, [])
        try:
            for _, cell, text in code_cells(path):
                if left == 0:
                    return found
                left -= 1
                cells.append([grade_id(cell), digest(text)])
        except (OSError, ValueError, RecursionError):
            continue  # the sentence about it stands among the submission's problems
    return found


def grade_id(cell: dict) -> str:
    """The name that nbgrader gave to a cell; empty if there is none."""
    metadata = cell.get("metadata")
    marked = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marked.get("grade_id") if isinstance(marked, dict) else None
    return name[:100] if isinstance(name, str) else ""


def digest(text: str) -> str:
    """What identifies a cell's source; blanks at the ends of lines and empty lines do not count."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _stretches(unit: Unit, chosen: Collection[int]) -> list[str]:
    """The lines of the chosen statements, cell by cell, with the comments right above them."""
    parts = []
    by_cell: dict[str, list[int]] = {}
    for index in sorted(chosen):
        if not isinstance(unit.statements[index].node, (ast.Import, ast.ImportFrom)):
            by_cell.setdefault(unit.statements[index].cell.place, []).append(index)
    for place, indices in by_cell.items():
        cell = unit.statements[indices[0]].cell
        written, python = (re.split(r"\r\n|\r|\n", text) for text in (cell.text, cell.python))
        # Magics as they were written; other lines without prompts and what the whole cell is indented by.
        lines = [
            line if not now.strip() or "get_ipython()" in now else now
            for line, now in zip(written, python, strict=False)
        ]
        kept: set[int] = set()
        for index in indices:
            node = unit.statements[index].node
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
            last = node.end_lineno or first
            while last < len(lines) and lines[last].strip() and not python[last].strip():
                last += 1  # a magic goes on there
            kept |= set(range(first, last + 1))
            while first > 1 and lines[first - 2].lstrip().startswith("#"):
                first -= 1
                kept.add(first)
        shown = [f"# {place}"]
        before = min(kept)
        for number in sorted(kept):
            if number > before + 1:
                shown.append("")
            shown.append(lines[number - 1].rstrip() if number <= len(lines) else "")
            before = number
        parts.append("\n".join(shown))
    return parts
