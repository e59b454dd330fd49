"""Is what a person sees of a submission what stands in its files, and is nothing run for it?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Limits, Task
from autograder.grading.check_cells import cell_flags, check_cells
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer
from autograder.submission.definitions import Definitions
from autograder.submission.excerpt import CODE_LIMIT, cells_of, code_of
from tests.conftest import ROOT

RELEASE = ROOT / "release" / "lab4"
NOTEBOOK = [
    "import torch\nfrom torch import nn\nWIDTH = 32",
    "# how wide the layers are\ndef width(n):\n    return n * WIDTH  # twice\n",
    "model = SimpleCNN()\ntrain(model)\nopen('trained', 'w')",
    "# my network\nclass SimpleCNN(nn.Module):\n    def forward(self, x):\n        return width(x)\nprint('done')",
    "def evaluate(model):\n    # YOUR CODE HERE\n    raise NotImplementedError()",
]


def notebook(path: Path, cells: list[Any]) -> None:
    made = [{"cell_type": "code", "source": one} if isinstance(one, str) else one for one in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}), encoding="utf-8")


def test_the_code_of_a_task_is_its_definition_and_what_that_needs(tmp_path: Path) -> None:
    notebook(tmp_path / "4_1_simple_cnn.ipynb", NOTEBOOK)
    definitions = Definitions(tmp_path)
    assert code_of(definitions, ["SimpleCNN"], "4_1_simple_cnn", ["SimpleCNN", "evaluate"]) == (
        "# 4_1_simple_cnn.ipynb, cell 1\n"
        "WIDTH = 32\n\n"
        "# 4_1_simple_cnn.ipynb, cell 2\n"
        "# how wide the layers are\n"
        "def width(n):\n"
        "    return n * WIDTH  # twice\n\n"
        "# 4_1_simple_cnn.ipynb, cell 4\n"
        "# my network\n"
        "class SimpleCNN(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return width(x)"
    )
    assert code_of(definitions, ["evaluate"], "4_1_simple_cnn") == ""  # nobody has touched it
    assert code_of(definitions, ["nowhere"], "4_1_simple_cnn") == ""


def test_what_stands_in_another_file_is_found_there_and_other_tasks_code_is_left_to_them(tmp_path: Path) -> None:
    notebook(tmp_path / "4_3.ipynb", ["from parts import save_model\nBetterCNN = borrow('BetterCNN')"])
    (tmp_path / "parts.py").write_text("def save_model(m, path):\n    return keep(m, BetterCNN)\n")
    (tmp_path / "more.py").write_text("def keep(m, kind):\n    return 1\n")
    (tmp_path / "net.py").write_text("class BetterCNN:\n    pass\n")
    code = code_of(Definitions(tmp_path), ["save_model"], "4_3", ["save_model", "BetterCNN"])
    assert code == (
        "# parts.py\ndef save_model(m, path):\n    return keep(m, BetterCNN)\n\n"
        "# more.py\ndef keep(m, kind):\n    return 1"
    )


def test_magics_are_shown_as_they_were_written_and_prompts_are_not(tmp_path: Path) -> None:
    cells = ["!ls\n%time x = f(1, \\\n  2)\nz = 3", ">>> def f(*a):\n...     !ls\n...     return a", "  y = x"]
    notebook(tmp_path / "n.ipynb", cells)
    assert code_of(Definitions(tmp_path), ["y"]) == (
        "# n.ipynb, cell 1\n%time x = f(1, \\\n  2)\n\n"
        "# n.ipynb, cell 2\ndef f(*a):\n...     !ls\n    return a\n\n"
        "# n.ipynb, cell 3\ny = x"
    )


def test_very_long_code_is_cut_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(f"def f():\n    return '{'x' * 50_000}'\n")
    code = code_of(Definitions(tmp_path), ["f"])
    assert len(code) < CODE_LIMIT + 100
    assert code.endswith("more characters)")


@pytest.mark.processes
def test_a_student_process_tells_the_source_before_anything_has_run(fork_server: ForkServer, tmp_path: Path) -> None:
    """The whole of a malicious file comes as text; what it would do when it is run does not happen."""
    body = "def f():\n    '''\x1b[2J <b>&amp; \\udcff \u202e'''\n    return 1\n"
    (tmp_path / "own.py").write_text(f"print('ran')\nraise SystemExit(3)\n\n{body}", encoding="utf-8")
    notebook(tmp_path / "lone.ipynb", ["def g():\n    return '\ud800'", "def h():\n    return 'h'", "exec('1')"])
    tasks = [
        Task(id=name, notebook="4_1_own", title="", definitions=[name] * (name != "none"), checks={"works": 1})
        for name in ("f", "g", "h", "none")
    ]
    with StudentProcess(fork_server, tmp_path, Limits()) as student_process:
        assert len(student_process.describe().problems) == 1  # a cell that is no text
        source = student_process.source(tasks)
    assert source.code == {
        "f": "# own.py\n" + body.rstrip("\n"),
        "g": "",
        "h": "# lone.ipynb, cell 2\ndef h():\n    return 'h'",
        "none": "",
    }
    assert [len(cells) for cells in source.cells.values()] == [3]
    assert source.reached == [("text", "exec", "lone.ipynb, cell 3")]


# --- check cells ------------------------------------------------------------------------------------------------------


def handed_in(folder: Path, change: Any = None, notebooks: str = "4_1*.ipynb") -> list[str]:
    """The flags of a student who hands in released notebooks, each of whose cells went through `change`."""
    for path in RELEASE.glob(notebooks):
        book = json.loads(path.read_text(encoding="utf-8"))
        book["cells"] = [one for cell in book["cells"] if (one := change(cell) if change else cell) is not None]
        (folder / path.name).write_text(json.dumps(book), encoding="utf-8")
    return cell_flags(check_cells(RELEASE), cells_of(folder))


def on(name: str, source: str | None) -> Any:
    """Gives the cell called `name` another source, or takes it away."""

    def change(cell: dict[str, Any]) -> dict[str, Any] | None:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") != name:
            return cell
        return None if source is None else {**cell, "source": source}

    return change


def test_untouched_check_cells_are_no_matter(tmp_path: Path) -> None:
    assert handed_in(tmp_path, notebooks="*.ipynb") == []
    assert {name for cells in check_cells(RELEASE).values() for name, _ in cells} >= {"shapes-check", "resume-check"}


def test_an_edited_or_deleted_check_cell_is_flagged_by_name(tmp_path: Path) -> None:
    (flag,) = handed_in(tmp_path, on("shapes-check", "1.0"))
    assert flag.startswith("4_1_simple_cnn: check cells edited: shapes-check.")
    (flag,) = handed_in(tmp_path, on("shapes-check", None))
    assert flag.startswith("4_1_simple_cnn: check cells deleted: shapes-check.")


def test_moved_cells_lost_names_and_other_blanks_are_fine(tmp_path: Path) -> None:
    def strip(cell: dict[str, Any]) -> dict[str, Any]:
        text = "".join(cell["source"])
        return {**cell, "metadata": {}, "source": f"\n{text}   \n\n"}

    assert handed_in(tmp_path, strip) == []


def test_a_notebook_that_was_not_handed_in_is_no_deleted_cell(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("x = 1\n")
    assert cell_flags(check_cells(RELEASE), cells_of(tmp_path)) == []


def test_what_is_no_notebook_or_claims_to_be_one_is_endured(tmp_path: Path) -> None:
    for number, text in enumerate(("", "{", "[1]", '{"cells": [1, {"cell_type": "code", "metadata": 5}]}', "[" * 9999)):
        (tmp_path / f"{number}.ipynb").write_text(text)
    assert cells_of(tmp_path)["3.ipynb"][0][0] == ""
