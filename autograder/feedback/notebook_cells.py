"""What stands below a notebook's cell: a task's result below its check, and what was packed.

A task that is done is one line, else there is a line for each check and its message. Below a cell there is HTML that is
readable on light and dark pages, and text where there is none. Jupyter drops style sheets from output that it does not
trust, so each element carries its own style. Colours come from the notebook's page, except for the badges, which are
white on a dark ground in any theme.
"""

from __future__ import annotations

import re
from typing import Any

from autograder.feedback.check_as_text import first_messages
from autograder.feedback.rendering import environment
from autograder.results import TaskResult
from autograder.states import AMBER, GREEN, RED, TASK_BADGES, Badge
from autograder.submission.packing import Packed, RowStatus, size_in_words

TEMPLATES = environment()
FAINT = "opacity:.75"
MONO = "font-family:var(--jp-code-font-family, monospace);font-size:.92em"
CELL = "padding:.05em 1em .05em 0;text-align:left;vertical-align:top;border:0;white-space:normal"
STYLES = {  # what the classes of the templates look like in a cell
    "frame": "border-left:4px solid;padding:.1em 0 .2em .8em;margin:.2em 0;max-width:62em;line-height:1.45;"
    "text-align:left",
    "badge": "display:inline-block;color:#fff;border-radius:.7em;padding:0 .6em;font-size:.88em;white-space:nowrap",
    "points": f"{FAINT};white-space:nowrap",
    "head": "margin-top:.3em",
    "words": "margin:.1em 0 .3em 1.4em",
    "text": "white-space:pre-wrap",
    "code": MONO,
    "packed": "margin:.3em 0 0;border:0",
    "row": "background:none",
    "cell": CELL,
    "file": f"{CELL};{MONO}",
}
BADGES: dict[RowStatus, Badge] = {
    "included": Badge("✓", "included", *GREEN),
    "missing": Badge("✗", "missing", *RED),
    "warning": Badge("!", "warning", *AMBER),
    "not started": TASK_BADGES["not started"],
}


class Credit(float):
    """Points as a check cell's value: nbgrader finds the number in the cell's output, and nobody is shown it."""

    def _repr_html_(self) -> str:
        return ""


def task_as_html(task: TaskResult) -> str:
    """A task's checks as HTML; one line where nothing is left to say."""
    return render_for_cell(
        "check_cell.html.j2",
        task=task,
        task_badge=TASK_BADGES[task.state],
        messages=first_messages(task) if task.state == "not started" else [],
        checks=[] if task.state in ("done", "not started") else task.checks,
    )


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


def render_for_cell(template: str, **view: Any) -> str:
    """A template's HTML with a `style` in the place of each `class`."""
    page = TEMPLATES.get_template(template).render(**view)
    # Nothing that came from a student looks like an attribute here: its quotes are escaped.
    return re.sub(r' class="([^"]*)"(?: style="([^"]*)")?', _style, page)


def _style(found: re.Match[str]) -> str:
    styles = [*(STYLES[name] for name in found[1].split() if name in STYLES), *([found[2]] if found[2] else [])]
    return f' style="{";".join(styles)}"' if styles else ""
