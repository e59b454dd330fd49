"""How `make docs` builds the documentation: Sphinx with MyST (Markdown) and the theme Furo, all of it offline."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

project = "Lab 4 autograder"
author = "the course's teachers"
extensions = ["myst_parser"]
exclude_patterns: list[str] = []
source_suffix = {".md": "markdown"}
root_doc = "index"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3  # headings can be linked to, and a link to one that is not there is an error
nitpicky = True

html_theme = "furo"
html_title = "Lab 4 autograder"
html_static_path = ["static"]
html_css_files = ["width.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
smartquotes = False  # or `--option` in a help text becomes a dash
pygments_style = "friendly"
pygments_dark_style = "monokai"


def write_commands(app: Any) -> None:
    """Writes `commands.md`, a section a verb, from the command line's own help."""
    import typer
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from autograder.cli import program

    command = get_command(program())
    context = typer.Context(command, info_name="autograder")
    text = get_docs_for_click(obj=command, ctx=context, name="autograder", title="Every command")
    start, end = text.index("**Commands**"), text.index("## `autograder ")  # a list of cut sentences
    verbs = [
        f"| [`autograder {name}`](#autograder-{name}) | {' '.join((verb.help or '').split(chr(10) * 2)[0].split())} |\n"
        for name, verb in command.commands.items()
    ]
    listed = "".join(["| command | what it does |\n|---|---|\n", *verbs, "\n"])
    text = _plain(text[:start] + listed + text[end:])
    (HERE / "commands.md").write_text(text, encoding="utf-8")


def _plain(text: str) -> str:
    """Help texts in which `<student>` is no HTML."""
    parts = re.split(r"(```.*?```|`[^`\n]*`)", text, flags=re.DOTALL)
    return "".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("builder-inited", write_commands)
