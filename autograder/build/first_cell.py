"""The first code cell of every notebook, and the badge above it: they make a notebook work wherever it is opened."""

from __future__ import annotations

from typing import Any

from autograder.labs.lab import Lab
from autograder.start import GITHUB, files_at

# `autograder.start` does the work. Where the package is not installed yet, it is imported from the wheel itself. The
# cell imports the same modules wherever it runs: a student's code may come to rely on them.
CELL = """\
# Run this first: it makes the notebook work on your computer, in Colab, in VS Code.
import glob
import sys
{imports}
try:
    import autograder.start
except ImportError:
{find}
    sys.path.insert(0, wheels[0])
    import autograder
    autograder.__path__ = [wheels[0] + "/autograder"]  # also where another package has this name
    import autograder.start
autograder.start.here("{lab}")"""
FROM_FOLDER = """\
    wheels = glob.glob("{pattern}")
    if not wheels and "google.colab" in str(get_ipython()):
        from google.colab import drive
        drive.mount("/content/drive")
        wheels = glob.glob("/content/drive/MyDrive/{lab}/{pattern}")
    if not wheels:
        raise FileNotFoundError("Put {wheel} beside this notebook; in Colab, into the folder {lab} of your Drive.")"""
FROM_ADDRESS = """\
    wheels = glob.glob("{pattern}") or [urlretrieve("{files}/{wheel}", "{wheel}")[0]]"""
BADGE = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"


def with_first_cell(notebook: Any, name: str, lab: Lab, wheel: str) -> Any:
    """The notebook `name` with the cell before its first code cell, and a badge if the release is at GitHub."""
    import nbformat

    address = lab.assignment.address or ""
    words = {"lab": lab.name, "pattern": f"{lab.name}_autograder-*.whl", "wheel": wheel, "files": files_at(address)}
    find = (FROM_ADDRESS if address else FROM_FOLDER).format(**words)
    slug = name.replace("_", "-")[:50]
    imports = "from urllib.request import urlretrieve\n" if address else ""
    code = CELL.format(imports=imports, find=find, lab=lab.name)
    cells = [nbformat.v4.new_code_cell(code, id=f"{slug}-start")]
    if found := GITHUB.match(address):
        owner, repository, branch, folder = found.groups()
        place = "/".join(filter(None, (owner, repository, "blob", branch, folder, f"{name}.ipynb")))
        link = f"https://colab.research.google.com/github/{place}"
        cells.insert(0, nbformat.v4.new_markdown_cell(BADGE.format(link=link), id=f"{slug}-colab"))
    first = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells[first:first] = cells
    nbformat.validate(notebook)
    return notebook
