"""Shows a result below a notebook's cell: HTML that is readable on light and dark pages, and text where there is none.

Jupyter drops style sheets from output that it does not trust, so each element carries its own style. Colours come from
the notebook's page, except for the badges, which are white on a dark ground in any theme.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from autograder.feedback.rendering import environment

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


def show(text: str, as_html: str) -> None:
    """Displays the HTML in a notebook, and prints the text elsewhere."""
    shell = None
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": as_html}, raw=True)


def render_for_cell(template: str, **view: Any) -> str:
    """A template's HTML with a `style` in the place of each `class`."""
    page = environment().get_template(template).render(**view)
    # Nothing that came from a student looks like an attribute here: its quotes are escaped.
    return re.sub(r' class="([^"]*)"(?: style="([^"]*)")?', _style, page)


def _style(found: re.Match[str]) -> str:
    styles = [*(STYLES[name] for name in found[1].split() if name in STYLES), *([found[2]] if found[2] else [])]
    return f' style="{";".join(styles)}"' if styles else ""
