"""Remembers in a gradebook what its points were given for, so that they do not count for other answers.

nbgrader has no field for it. So the assignment of the hidden checks has one more cell, and each student's comment on it
holds digests: of the whole submission, and of what formgrader showed of each answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

HIDDEN = "{assignment}-hidden"
NOTEBOOK = "hidden"
CELL = "handed-in"


@dataclass
class Remembered:
    """What the last export with `--submissions` put before the marker."""

    submission: str = ""
    """The digest of the student's files; empty if it is not known."""
    texts: dict[str, str] = field(default_factory=dict)
    """A digest for each written answer, by `notebook/cell`; that of a notebook's code is at `notebook/`."""


def add_cell(gradebook: Any, hidden: str) -> None:
    """Adds the cell to the assignment, and a comment on it to the submissions that are there already."""
    from nbgrader.api import Comment, MissingEntry

    try:
        gradebook.find_solution_cell(CELL, NOTEBOOK, hidden)
    except MissingEntry:
        cell = gradebook.add_solution_cell(CELL, NOTEBOOK, hidden)
        for submitted in cell.notebook.submissions:
            gradebook.db.add(Comment(cell_id=cell.id, notebook=submitted))


def remembered(submission: Any) -> Remembered:
    """What is remembered in a student's submission of the hidden assignment; nothing if it has no such comment."""
    try:
        return Remembered(**json.loads(_comment(submission).auto_comment))
    except (AttributeError, TypeError, ValueError):
        return Remembered()


def remember(submission: Any, shown: Remembered) -> None:
    """Replaces what is remembered."""
    _comment(submission).auto_comment = json.dumps(asdict(shown))


def texts_of(pages: dict[str, Any]) -> dict[str, str]:
    """The digests of these notebooks' pages, as `Remembered.texts` has them; None stands for what was not handed in."""
    found = {}
    for name, page in pages.items():
        code = []
        for cell in page.notebook.cells if page is not None else ():
            marked = cell.metadata.get("nbgrader", {}).get("grade_id")
            if cell.cell_type == "code":
                code.append(cell.source)
            elif marked:
                found[f"{name}/{marked}"] = _digest(cell.source)
        found[f"{name}/"] = _digest("\n".join(code))
    return found


def _comment(submission: Any) -> Any:
    own = (comment for notebook in submission.notebooks for comment in notebook.comments if comment.name == CELL)
    return next(own, None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()[:16]
