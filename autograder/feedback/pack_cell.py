"""What `pack` shows below its cell: what is in submission.zip, what is missing, what was left out."""

from __future__ import annotations

from autograder.feedback.notebook_output import render_for_cell
from autograder.states import AMBER, GREEN, NOT_STARTED, RED, Badge
from autograder.submission.packing import Packed, RowStatus, size_in_words

BADGES: dict[RowStatus, Badge] = {
    "included": Badge("✓", "included", *GREEN),
    "missing": Badge("✗", "missing", *RED),
    "warning": Badge("!", "warning", *AMBER),
    "not started": NOT_STARTED,
}


def packed_as_text(packed: Packed) -> str:
    """The rows as lines of text."""
    widest = max(len(row.what) for row in packed.rows)
    lines = [f"  {BADGES[row.status].sign} {row.what:<{widest}}  {row.words}" for row in packed.rows]
    return "\n".join([headline(packed), *lines])


def packed_as_html(packed: Packed) -> str:
    """The rows as a small table."""
    badge = BADGES["included" if packed.complete else "warning"]
    rows = [(BADGES[row.status], row) for row in packed.rows]
    return render_for_cell("pack_cell.html.j2", colour=badge.colour, headline=headline(packed), rows=rows)


def headline(packed: Packed) -> str:
    """The first line: what was written, and whether it is all."""
    written = f"{packed.archive.name}: {len(packed.files)} files, {size_in_words(packed.size)}."
    return f"{written} {'Nothing is missing: hand it in.' if packed.complete else 'Check this before you hand it in:'}"
