"""Does a student see what is done and what fails, in a cell and on one screen; and is what `pack` packs all there?"""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.feedback.annotation_places import Places
from autograder.feedback.check_as_text import task_as_text
from autograder.feedback.notebook_cells import BADGES, packed_as_html, packed_as_text, task_as_html
from autograder.feedback.self_check import run_self_check
from autograder.labs.lab import open_lab
from autograder.results import CheckResult, Results, TaskResult
from autograder.sandbox.client import StudentProcess
from autograder.states import CHECK_BADGES, TASK_BADGES
from autograder.submission.packing import Packed, pack_submission, unsaved_names
from tests.conftest import ROOT, autograder
from tests.sample_class import make_student

RECIPES = ROOT / "tests" / "recipes"
RELEASE = ROOT / "release" / "lab4"


def checked(status: str, score: float, **words: str) -> CheckResult:
    return CheckResult(id=status.replace(" ", "-"), status=status, score=score, max_score=2, public=True, **words)


def task(*checks: CheckResult) -> TaskResult:
    score = sum(one.score for one in checks)
    return TaskResult(id="t", title="A task", notebook="n", score=score, max_score=2 * len(checks), checks=list(checks))


# --- the cell ---------------------------------------------------------------------------------------------------------


def test_a_task_that_is_done_is_one_line() -> None:
    done = task(checked("passed", 2, title="First."), checked("passed", 2, title="Second."))
    assert task_as_text(done) == "✓ A task: done, 4 of 4 points"
    assert "First." not in task_as_html(done)
    assert "4 of 4 points" in task_as_html(done)


def test_a_task_that_nobody_has_begun_says_so_once() -> None:
    words = "`Net`: not filled in yet."
    waiting = task(checked("not attempted", 0, message=words), checked("not attempted", 0, message=words))
    assert task_as_text(waiting) == "○ A task: not started, 0 of 4 points\n  `Net`: not filled in yet."
    assert task_as_html(waiting).count("not filled in yet") == 1


def test_a_mistake_is_named_with_its_hint_beside_what_is_right() -> None:
    found = task(
        checked("passed", 2, title="The sizes."),
        checked("failed", 0, title="The outputs.", message="No ReLU.\n  conv1", hint="Look at `forward`."),
    )
    text = task_as_text(found)
    assert "✗ The outputs. [failed, 0/2]" in text
    assert "No ReLU." in text
    assert "Hint: Look at `forward`." in text
    page = task_as_html(found)
    assert "<code>forward</code>" in page
    assert "✓ passed" in page


def test_what_a_student_wrote_is_text_in_the_cell() -> None:
    page = task_as_html(task(checked("failed", 0, title="T", message="<img src=x onerror=alert(1)> `<b>`", hint="<i>")))
    assert "<img" not in page
    assert "<b>`" not in page
    assert "<code>&lt;b&gt;</code>" in page


def test_labels_can_be_read_on_any_page() -> None:
    """White on the label's own colour: a contrast of 4.5 or more (WCAG 2.1), whatever the theme."""
    for state in [*CHECK_BADGES.values(), *TASK_BADGES.values(), *BADGES.values()]:
        linear = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in (int(state.colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        ]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 4.5, state


@pytest.mark.processes
def test_the_check_cell_shows_html_and_ends_in_the_credit(tmp_path: Path) -> None:
    """In a kernel, as Jupyter and nbgrader run it: nothing on stderr, no bar, and last a credit that is not shown."""
    source = "import torch\nfrom torch import nn\nfrom autograder.notebook import check\n{}check('inception-block')"
    bar = """
from IPython.display import display
silent = InceptionBlock.forward
InceptionBlock.forward = lambda self, x: (display("100 %"), silent(self, x))[1]
"""
    right = nbformat.read(ROOT / "source/lab4/4_6_branches.ipynb", as_version=4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in right.cells}
    wrong = cells["inception-block"].replace("[one, three, five]", "[five, three, one]")
    notebook = nbformat.v4.new_notebook()
    imports = "import torch.nn.functional as F\n"
    notebook.cells = [
        nbformat.v4.new_code_cell(source.format(f"{imports}{code}\n{bar}"))
        for code in (cells["inception-block"], wrong)
    ]
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute(env=dict(os.environ))
    for cell, credit, word in zip(notebook.cells, (3.0, 0.0), ("✓ done", "✗ needs fixing"), strict=True):
        assert [out.output_type for out in cell.outputs] == ["display_data", "execute_result"]
        assert word in cell.outputs[0].data["text/html"]
        assert float(cell.outputs[1].data["text/plain"]) == credit
        assert cell.outputs[1].data["text/html"] == ""


# --- autograder check -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's folder: half done, with a mistake."""
    folder = tmp_path_factory.mktemp("work") / "lab4"
    shutil.copytree(RELEASE, folder)
    make_student(RECIPES / "half-done", folder.parent / "made", "digits")
    shutil.copytree(folder.parent / "made", folder, dirs_exist_ok=True)
    return folder


@pytest.mark.processes
def test_a_script_that_calls_the_check_itself_is_checked(tmp_path: Path) -> None:
    script = "from autograder.notebook import check\nconv1_output_shape = (128, 32, 24, 24)\n"
    (tmp_path / "work.py").write_text(f"{script}if check('shapes') < 4:\n    simple_cnn_parameters = 592074\n")
    done = autograder("check", tmp_path, "--json", tmp_path / "found.json")
    assert done.returncode == 1, done.stderr
    (found,) = [one for one in json.loads((tmp_path / "found.json").read_text())["tasks"] if one["id"] == "shapes"]
    assert found["score"] == 3


@pytest.mark.processes
def test_check_fits_on_one_screen_and_says_what_is_next(work: Path, tmp_path: Path) -> None:
    done = autograder("check", work, "--json", tmp_path / "found.json", AUTOGRADER_DATA="digits", COLUMNS="100")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) <= 24
    assert "37 of 83 points in the public checks: 7 done, 10 not started." in lines
    assert lines[-1] == "Next: start “Save and load a model” in 4_3_save_and_load.ipynb."
    found = json.loads((tmp_path / "found.json").read_text())
    assert [one["id"] for one in found["tasks"]] == open_lab("lab4").assignment.ids
    assert (found["score"], found["max_score"]) == (37, 83)


@pytest.mark.processes
def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("x = 1\n")
    (tmp_path / "file").write_text("")
    done = autograder("check", tmp_path, "--html", tmp_path / "file" / "page.html", AUTOGRADER_DATA="digits")
    assert done.returncode == 2
    assert "page.html: cannot be written" in done.stderr


# --- where an annotation points ---------------------------------------------------------------------------------------


def test_a_place_is_found_however_the_notebook_is_written(tmp_path: Path) -> None:
    """Pretty or on one line, source a list or one text, keys in any order, text that looks like JSON or isn't YAML."""
    text = 'x = "\\"cells\\": ["\n\nclass Net:\n    pass\n'
    cell = {"cell_type": "code", "metadata": {"a": [{"source": ["no"]}]}, "outputs": [], "execution_count": None}
    title = {"cell_type": "markdown", "metadata": {}, "source": ["# {\n", "] \U0001f600 \\ud83d \x7f\x85\u2028"]}
    one = {"metadata": {"cells": [1]}, "cells": [title, {**cell, "source": text.splitlines(keepends=True)}]}
    (tmp_path / "list.ipynb").write_text(json.dumps(one, indent=1))
    one["cells"][1] = {"source": text, **cell}
    (tmp_path / "text.ipynb").write_text(json.dumps(one, indent=2))
    (tmp_path / "flat.ipynb").write_text(json.dumps(one))
    (tmp_path / "net.py").write_text("\n\nclass Script:\n    pass\n")
    for notebook in ("list", "text", "flat"):
        asked = TaskResult(id="t", notebook=notebook, score=0, max_score=1)
        file, line = Places(tmp_path).of(asked, ["Net"]) or ("", 0)
        assert file == f"{notebook}.ipynb"
        assert "class Net" in (tmp_path / file).read_text().splitlines()[line - 1]
    asked = TaskResult(id="t", notebook="list", score=0, max_score=1)
    assert Places(tmp_path).of(asked, ["Script"]) == ("net.py", 3)
    raised = checked("failed", 0, message="Calling `Net` raised ValueError\n  list.ipynb, cell 2, line 4, in forward")
    file, line = Places(tmp_path).of(asked, ["Net"], raised) or ("", 0)
    assert "pass" in (tmp_path / file).read_text().splitlines()[line - 1]


@pytest.mark.parametrize("content", ["", "[", '{"cells": 3}', '{"cells": [3, {}, {"source": 1}]}', "[" * 100_000])
def test_in_what_is_no_notebook_the_first_line_is_pointed_at(tmp_path: Path, content: str) -> None:
    (tmp_path / "n.ipynb").write_text(content)
    raised = checked("failed", 0, message="Calling `Net` raised ValueError\n  n.ipynb, cell 9, line 4, in forward")
    asked = TaskResult(id="t", notebook="n", score=0, max_score=1)
    assert Places(tmp_path).of(asked, ["Net"], raised) == Places(tmp_path).of(asked, []) == ("n.ipynb", 1)


def test_places_outside_the_folder_are_not_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "other.py").write_text("x = 1\n")
    asked = TaskResult(id="t", notebook="none", score=0, max_score=1)
    message = checked("failed", 0, message=f"../other.py, line 1\n{tmp_path / 'other.py'}, line 1")
    assert Places(tmp_path / "work").of(asked, ["Net"], message) is None


# --- pack -------------------------------------------------------------------------------------------------------------


def rows(packed: Packed) -> dict[str, str]:
    return {row.what: f"{row.status}: {row.words}" for row in packed.rows}


@pytest.mark.processes
def test_what_is_packed_is_a_submission_as_it_is(tmp_path: Path) -> None:
    """A zip a student, and the folder of one student with the zip in it: both are marked, and alike."""
    folder = tmp_path / "lab4"
    shutil.copytree(RELEASE, folder)
    submitted = tmp_path / "submitted"
    eves = submitted / "eve" / "lab4"
    make_student(RECIPES / "half-done", eves, "digits")
    shutil.copyfile(RELEASE / "4_2_better_cnn.ipynb", eves / "4_2_better_cnn.ipynb")  # the first notebook is enough
    shutil.copytree(eves, folder, dirs_exist_ok=True)
    for rubbish in (
        "data/MNIST/raw/t10k",
        ".ipynb_checkpoints/x.ipynb",
        "env/pyvenv.cfg",
        "env/lib/a.py",
        "submission.zip",
    ):
        (folder / rubbish).parent.mkdir(parents=True, exist_ok=True)
        (folder / rubbish).write_text("rubbish")
    (folder / "layers.py").write_text("WIDTH = 3\n")
    packed = pack_submission(open_lab("lab4").assignment, folder)
    with zipfile.ZipFile(packed.archive) as opened:
        names = opened.namelist()
    notebooks = [f"{name}.ipynb" for name in open_lab("lab4").assignment.notebooks]
    own = sorted(f"own/{path.name}" for path in (folder / "own").glob("*.png"))
    weights = ["weights/best_model.pt", "weights/better_cnn.pt"]
    assert sorted(names) == sorted([*notebooks, "layers.py", *own, *weights])
    (submitted / "bob").mkdir(parents=True)
    shutil.copyfile(packed.archive, submitted / "ada.zip")
    shutil.copyfile(packed.archive, submitted / "bob" / "submission.zip")
    done = autograder("mark", submitted, "-o", tmp_path / "marks", "--data", "digits", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    results = Results.read(tmp_path / "marks" / "results.json")
    ada, bob, eve = (results.student(name) for name in ("ada", "bob", "eve"))
    assert eve.score
    assert eve.score > 20
    assert ada.score == bob.score == eve.score
    assert not ada.messages


@pytest.mark.processes
def test_ctrl_c_is_no_failure_of_the_grader(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StudentProcess, "ask", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_self_check(RELEASE)


def test_pack_says_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "lab4"
    shutil.copytree(RELEASE, folder)
    (folder / "4_3_save_and_load.ipynb").unlink()
    (folder / "4_6_branches.ipynb").rename(folder / "my branches.ipynb")
    (folder / "own").mkdir()
    for name in ("3_pen.png", "seven.png"):
        shutil.copyfile(folder / "images" / "3_blue_pen.png", folder / "own" / name)
    (folder / "weights").mkdir()
    with (folder / "weights" / "best_model.pt").open("wb") as file:
        file.truncate(9 * 2**20)
    packed = pack_submission(open_lab("lab4").assignment, folder, unsaved=["4_1_simple_cnn"])
    said = rows(packed)
    assert not packed.complete
    assert said["4_3_save_and_load.ipynb"] == "missing: not in this folder"
    assert said["4_6_branches.ipynb"] == "warning: not in this folder, but its definitions are in my branches.ipynb"
    assert said["4_1_simple_cnn.ipynb"].endswith("but changed since: save it and run this cell again")
    assert said["4_2_better_cnn.ipynb"].startswith("included: saved")
    assert said["own/[0-9]_*.png"].startswith("missing: 1 found, at least 3 needed: ")
    assert said["own/seven.png"].startswith("warning: left out: its name")
    assert said["weights/better_cnn.pt"].startswith("missing: the trained BetterCNN")
    assert said["weights/best_model.pt"]
    assert any(row.words == "left out: 9.0 MB, but the limit is 8.0 MB" for row in packed.rows)
    assert "simple-cnn" in said
    assert said["written-filters"] == "not started: the answer in words, in 4_5_visualise.ipynb, is still empty"
    assert "written-state-dict" not in said  # its notebook is missing, and that is said
    answered = folder / "4_5_visualise.ipynb"
    answered.write_text(answered.read_text(encoding="utf-8").replace("YOUR ANSWER HERE", "Filter 3 finds edges."))
    assert "written-filters" not in rows(pack_submission(open_lab("lab4").assignment, folder))
    assert "Check this before you hand it in" in packed_as_text(packed)
    assert "submission.zip" in packed_as_html(packed)


def test_pack_takes_endings_in_capitals(tmp_path: Path) -> None:
    folder = tmp_path / "lab4"
    shutil.copytree(RELEASE, folder)
    (folder / "own").mkdir()
    for name in ("3_pen.PNG", "4_pen.Png", "5_pen.png"):
        shutil.copyfile(folder / "images" / "3_blue_pen.png", folder / "own" / name)
    (folder / "4_6_branches.ipynb").rename(folder / "4_6_branches.IPYNB")
    packed = pack_submission(open_lab("lab4").assignment, folder)
    assert rows(packed)["own/[0-9]_*.png"] == "included: 3 files"
    assert {"own/3_pen.PNG", "own/4_pen.Png", "4_6_branches.IPYNB"} <= set(packed.files)


def test_pack_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not handed in")
    folder = tmp_path / "lab4"
    folder.mkdir()
    (folder / "link.py").symlink_to(tmp_path / "secret")
    packed = pack_submission(open_lab("lab4").assignment, folder)
    assert packed.files == []


def test_a_notebook_that_was_not_saved_is_noticed(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("%matplotlib inline\nclass Net:\n    width = 3  # as saved")]
    nbformat.write(notebook, tmp_path / "n.ipynb")
    saved = "class Net:\n    width = 3"
    changed = "class Net:\n    width = 4"
    assert unsaved_names(tmp_path / "n.ipynb", ["Net", "other"], ["import os", changed, saved]) == []
    assert unsaved_names(tmp_path / "n.ipynb", ["Net", "other"], [saved, changed, "Net("]) == ["Net"]


@pytest.mark.processes
def test_pack_in_a_kernel_shows_its_table(tmp_path: Path) -> None:
    shutil.copytree(RELEASE, tmp_path / "lab4")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("from autograder.notebook import pack\npack()")]
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path / "lab4")}}).execute(env=dict(os.environ))
    (shown,) = notebook.cells[0].outputs
    assert re.search(r"submission.zip: 6 files, \d+ kB", shown.data["text/plain"])
    assert "16" not in shown.data["text/plain"].splitlines()[0]
    assert (tmp_path / "lab4" / "submission.zip").is_file()


TALKS = """
import logging, os, sys
import torch
from torch import nn
from autograder.notebook import check

logging.basicConfig(level=logging.DEBUG)

class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(in_channels, branch_channels, k, padding=k // 2) for k in (1, 3, 5))

    def forward(self, x):
        logging.getLogger("block").warning("a batch of %d", len(x))
        os.write(2, b"straight to the descriptor")
        print("as is", file=sys.stderr)
        return torch.cat([torch.relu(conv(x)) for conv in self.convs], 1)
"""


@pytest.mark.processes
def test_nothing_that_student_code_says_stands_beside_a_checks_result(tmp_path: Path) -> None:
    """nbgrader gives 0 to a check cell that writes to stderr before its result."""
    shutil.copytree(RELEASE, tmp_path / "lab4")
    notebook = nbformat.v4.new_notebook()
    where = 'print("stderr is", os.readlink("/proc/self/fd/2"))'
    cells = (f"{TALKS}\n{where}", 'check("inception-block")', f'logging.warning("heard"); {where}')
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    # Where a kernel believes that it is tested, it does not listen to its descriptors.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path / "lab4")}}).execute(env=environment)
    before, checked, after = notebook.cells
    assert [output.output_type for output in checked.outputs] == ["display_data", "execute_result"]
    assert checked.outputs[1].data["text/plain"] == "3.0"
    heard = {output.name: output.text for output in after.outputs}
    assert "heard" in heard["stderr"]
    # What is written there arrives some time later, so only where it would go can be compared.
    assert heard["stdout"] == before.outputs[0].text
