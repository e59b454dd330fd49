"""Is a 0 for what nobody could read kept out of every export, until somebody decides?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.export.formats import formats
from autograder.feedback.marked.pages import write_report
from autograder.results import Results, StudentResult
from tests.export_class import export, marks_folder, student
from tests.test_export import cells
from tests.test_overrides import override

WHY = "no notebook and no script was handed in; there is report.pdf"
WORTH = {f"{task.id}/{check.id}": check.max_score for task, check in student("x").checks}


def unread(name: str) -> StudentResult:
    return student(name, WORTH).model_copy(update={"unread": WHY})


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """Ada has everything, Bob nothing that could be read, Cy nothing at all right."""
    assert unread("bob").score == 0
    return marks_folder(tmp_path / "marks", [student("ada"), unread("bob"), student("cy", WORTH)])


@pytest.mark.usefixtures("gradebooks")
@pytest.mark.parametrize("name", sorted(set(formats()) - {"gradescope-autograder"}))
def test_no_export_has_the_zero_and_each_says_so_once(
    marks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"):
        monkeypatch.setenv(variable, "x")
    more = ["--new-column"] if name in ("canvas", "blackboard") else []
    done = export(marks, "--to", name, "-o", tmp_path / f"out{'.db' if name == 'nbgrader' else ''}", *more)
    assert done.exit_code == 1, done.output
    assert done.stderr.count("bob: no mark yet (no notebook") == 1
    assert "cy" not in done.stderr


def test_the_cell_is_empty_until_somebody_decides(marks: Path, tmp_path: Path) -> None:
    def rows() -> dict[str, dict[str, str]]:
        export(marks, "--to", "csv", "-o", tmp_path / "grades.csv")
        header, *rest = cells(tmp_path / "grades.csv", "utf-8-sig")
        return {row[0]: dict(zip(header, row, strict=True)) for row in rest}

    for column in ("automatic", "total", "simple-cnn"):
        assert rows()["bob"][column] == ""
        assert rows()["cy"][column] == "0"
    assert rows()["bob"]["status"] == "no mark yet"
    sheet = tmp_path / "canvas.csv"
    sheet.write_text("Student,ID,SIS Login ID,Lab 4 (1)\nA,1,ada,\nB,2,bob,\nC,3,cy,\n", encoding="utf-8")
    export(marks, "--to", "canvas", "--worksheet", sheet, "--column", "1", "-o", tmp_path / "up.csv")
    assert [row[3] for row in cells(tmp_path / "up.csv")[1:]] == ["100", "", "0"]
    done = override(marks, "bob", "simple-cnn/dropout", "--points", "0", "--reason", "Has handed in nothing else.")
    assert "bob: no mark → 0 of " in done.output
    assert (rows()["bob"]["status"], rows()["bob"]["total"]) == ("marked", "0")


@pytest.mark.parametrize("name", ["csv", "junit", "moodle"])
def test_who_is_to_be_asked_again_for_a_task_is_named_at_the_end_of_each_export(tmp_path: Path, name: str) -> None:
    flag = "4_3.ipynb has merge conflict markers. Ask for it again before the 0 counts."
    asked = student("ada").model_copy(update={"flags": [flag]})
    done = export(marks_folder(tmp_path / "marks", [asked, student("bob")]), "--to", name, "-o", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stderr == "Ask again before a task's 0 counts: ada. Their flags on the class page say for what.\n"


def test_pages_say_so_and_leave_it_out_of_the_mean(marks: Path) -> None:
    results = Results.read(marks / "results.json")
    assert json.loads(results.to_json())["students"][1]["unread"] == WHY
    page = " ".join(write_report(results, marks).read_text(encoding="utf-8").split())
    assert "1 student has no mark yet" in page
    assert "<dt>Mean</dt><dd>50 %</dd>" in page
    assert page.count("report.pdf") == 1
    own = (marks / "students" / "bob" / "index.html").read_text(encoding="utf-8")
    assert "No mark yet" in own
    assert "Please hand in again" in own
    assert "The mark is withheld" not in own
