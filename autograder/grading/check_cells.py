"""Finds the released check cells that a submission has edited or deleted; renamed or moved ones count as unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from autograder.course import CourseError
from autograder.submission.excerpt import digest, grade_id
from autograder.submission.source import code_cells

CheckCells = dict[str, tuple[tuple[str, str], ...]]


@cache
def check_cells(release: Path) -> CheckCells:
    """For each released notebook (its name without suffix), the name and digest of each of its check cells."""
    found: CheckCells = {}
    for path in sorted(release.glob("*.ipynb")):
        cells = []
        try:
            found_cells = list(code_cells(path))
        except ValueError as error:
            raise CourseError(f"{path}: {error}") from error
        for _, cell, text in found_cells:
            marked = cell.get("metadata", {}).get("nbgrader", {})
            if marked.get("grade") and not marked.get("solution"):
                cells.append((grade_id(cell), digest(text)))
        found[path.stem] = tuple(cells)
    return found


def state(release: Path) -> str:
    """A digest of all released check cells."""
    return hashlib.sha256(json.dumps(check_cells(release), sort_keys=True).encode()).hexdigest()


def cell_flags(released: CheckCells, handed_in: Mapping[str, Iterable[tuple[str, str]]]) -> list[str]:
    """A sentence for each notebook whose check cells were edited or deleted.

    `handed_in` has the name and digest of all code cells, for each of the submission's notebooks. A notebook without
    any check cell left was not handed in, or not as a notebook, and is not flagged.
    """
    cells = [cell for found in handed_in.values() for cell in found]
    names = {name for name, _ in cells if name}
    sources = {source for _, source in cells}
    flags = []
    for notebook, wanted in released.items():
        gone = [name for name, source in wanted if source not in sources]
        edited = [name for name in gone if name in names]
        deleted = [name for name in gone if name not in names]
        if len(deleted) == len(wanted):
            continue
        changes = [f"edited: {', '.join(edited)}"] if edited else []
        changes += [f"deleted: {', '.join(deleted)}"] if deleted else []
        if changes:
            flags.append(f"{notebook}: check cells {'; '.join(changes)}. These marks do not depend on check cells.")
    return flags
