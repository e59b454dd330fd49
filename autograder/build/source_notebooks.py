"""Turns the reference's scripts into nbgrader's source notebooks, and these into the students' notebooks."""

from __future__ import annotations

import base64
import logging
import re
import shutil
from pathlib import Path
from typing import Any

SOLUTION_BEGIN, SOLUTION_END = "### BEGIN SOLUTION", "### END SOLUTION"
PICTURE = re.compile(r"(!\[[^\]]*\]\()([^():]+\.png)\)")  # ![what it shows](a file beside the script)
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class BuildError(Exception):
    """The build failed; the message names the file and says what to do."""


def source_notebook(script: Path) -> Any:
    """The notebook for a literate script, without outputs. The same script gives the same bytes."""
    import jupytext
    import nbformat

    notebook = jupytext.read(script)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"{script.stem.replace('_', '-')}-{number:02}"[:64]  # jupytext makes random ids
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = PICTURE.sub(lambda found: found[1] + _embedded(script, found[2]) + ")", cell.source)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def _embedded(script: Path, picture: str) -> str:
    """The address that holds the picture itself: a notebook is often opened alone.

    Not a cell's attachment, which Google Colab does not show. Raises `BuildError` if there is no such picture.
    """
    path = script.parent / picture
    if not path.is_file():
        raise BuildError(f"{script}: its text shows {picture}, which is not in {script.parent}")
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def write_notebook(notebook: Any, path: Path) -> None:
    """Writes a notebook as Jupyter does."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(notebook, version=4).rstrip("\n") + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def generate_release(source: Path, course_root: Path, assignment: str) -> Path:
    """Runs nbgrader's `generate_assignment` on the notebooks in `source`; returns the folder with the students'."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    shutil.copytree(source, course_root / "source" / assignment)
    config = Config()
    config.CourseDirectory.root = str(course_root)
    config.CourseDirectory.assignment_id = assignment
    config.SaveCells.enabled = False  # in nbgrader's gradebook, of which the notebooks need nothing
    config.Application.log_level = logging.WARNING
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    converter.force = True
    converter.no_database = True
    log = logging.getLogger("traitlets")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        converter.start()
    except (SystemExit, NbGraderException) as error:
        why = error.__context__ or error  # nbgrader's own message only refers to a log
        raise BuildError(f"nbgrader's generate_assignment failed: {why}") from error
    finally:
        log.setLevel(level)
    return course_root / "release" / assignment


def script_lines(script: Path) -> tuple[set[str], set[str]]:
    """The lines of a script inside its solution marks, and the other lines, which students see.

    They are stripped, and without the `#` of text cells and of cells that only notebooks run.
    """
    within: set[str] = set()
    without: set[str] = set()
    inside = False
    for line in script.read_text(encoding="utf-8").splitlines():
        text = line.strip().removeprefix("# ").strip()
        if text in (SOLUTION_BEGIN, SOLUTION_END):
            inside = text == SOLUTION_BEGIN
        else:
            (within if inside else without).add(text)
    return within, without
