"""Do the plain nbgrader commands give the public points that `autograder mark` gives?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

import pytest

from autograder.results import Results, StudentResult
from tests.conftest import ROOT, autograder
from tests.sample_class import RECIPES, make_student

pytestmark = pytest.mark.processes
STUDENT = "syntax-error"
# What nbgrader does not grade: notebooks that do not end, have other names, or have lost the metadata of their cells.
BEYOND = ("endless-loop", "merged", "split-cells")
PUBLIC = 83  # points
# The notebook that is autograded on every push: what the student earns there, of how much, and points for words.
ONE, OF_ONE, OUT_OF, WRITTEN = "4_1*", 16, 24, 2
ENVIRONMENT = {
    **os.environ,
    "AUTOGRADER_DATA": "digits",
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "OMP_NUM_THREADS": "1",
}


def without_training(path: Path) -> None:
    """Empties the cells that train or plot: what is graded stays, and a notebook takes seconds."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        marked = cell["metadata"].get("nbgrader", {})
        text = "".join(cell["source"])
        trains = marked.get("grade_id") == "better-cnn-accuracy"
        defines = any(word in text for word in ("import ", "borrow(", "def ", "class "))
        if cell["cell_type"] == "code" and (trains or not (marked or defines)):
            cell["source"] = "pass"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def nbgrader(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)


def autograde(student: str, notebooks: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    patience = ("--Execute.iopub_timeout=120", "--Execute.timeout=600")  # somebody prints 100,000 lines
    return nbgrader("autograde", "lab4", f"--student={student}", f"--notebook={notebooks}", *patience, cwd=cwd)


def autograded(root: Path, students: Sequence[str] | None = None, notebooks: str = "*") -> Path:
    """A course folder whose `lab4` is autograded for `students` of the sample class; None: all that nbgrader can."""
    for student in students or sorted(path.name for path in RECIPES.iterdir() if path.name not in BEYOND):
        make_student(RECIPES / student, root / "submitted" / student / "lab4", "digits")
    shutil.copytree(ROOT / "source" / "lab4", root / "source" / "lab4")
    shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
    for path in [*root.glob("submitted/*/lab4/*.ipynb"), *root.glob("source/lab4/*.ipynb")]:
        without_training(path)
    # As the documentation says it, for a course folder whose release is there already.
    where = "--CourseDirectory.release_directory=build/nbgrader"
    made = nbgrader("generate_assignment", "lab4", f"--notebook={notebooks}", where, cwd=root)
    assert made.returncode == 0, made.stderr
    with ThreadPoolExecutor(2) as pool:  # two at once: the gradebook waits for its other writer
        names = [path.name for path in (root / "submitted").iterdir()]
        for done in pool.map(lambda student: autograde(student, notebooks, root), names):
            assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder with one student, of whose work one notebook is autograded."""
    return autograded(tmp_path_factory.mktemp("course"), [STUDENT], ONE)


def points_agree(course: Path, marks: Path, notebooks: str = "*") -> dict[str, StudentResult]:
    """Asserts that nbgrader and `autograder mark` give the same public points to each task of these notebooks.

    Gives the results by student.
    """
    from nbgrader.api import Gradebook

    submitted = shutil.copytree(course / "submitted", marks.with_name("compared"))
    for path in submitted.glob("*/lab4/*.ipynb"):
        if not fnmatch(path.name, notebooks):
            path.unlink()
    done = autograder("mark", submitted, "-o", marks, AUTOGRADER_DATA="digits")
    assert done.returncode == 0, done.stderr
    results = {one.student: one for one in Results.read(marks / "results.json").students}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student, result in results.items():
            theirs = {
                grade.name.removesuffix("-check"): grade.auto_score
                for notebook in gradebook.find_submission("lab4", student).notebooks
                for grade in notebook.grades
                if grade.name.endswith("-check")
            }
            ours = {
                task.id: sum(check.score for check in task.checks if check.public)
                for task in result.tasks
                if fnmatch(task.notebook, notebooks)
            }
            assert {task: theirs[task] for task in ours} == pytest.approx(ours), student
    return results


def test_public_points_agree_task_by_task(course: Path, tmp_path: Path) -> None:
    results = points_agree(course, tmp_path / "marks", ONE)
    compared = [task for task in results[STUDENT].tasks if fnmatch(task.notebook, ONE)]
    assert sum(check.score for task in compared for check in task.checks if check.public) == OF_ONE


@pytest.mark.slow
def test_public_points_agree_for_the_whole_class(tmp_path: Path) -> None:
    results = points_agree(autograded(tmp_path), tmp_path / "marks")
    assert len(results) >= 8
    assert results["reference"].public_score == PUBLIC


def test_the_gradebook_adds_up(course: Path) -> None:
    """These are the sums that formgrader shows (`test_export_gradebook` opens it)."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission("lab4", STUDENT)
        assert (submission.code_score, submission.max_code_score) == (OF_ONE, OUT_OF)
        assert submission.max_written_score == WRITTEN
