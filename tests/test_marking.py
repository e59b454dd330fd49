"""Does the sample class get its marks, the same twice, and does nobody's broken work stop the others?"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from autograder.results import Results
from tests.conftest import ROOT, autograder
from tests.sample_class import make_class

pytestmark = pytest.mark.processes
SUBMISSIONS = ROOT / "tests" / "submissions"
EXPECTED = yaml.safe_load((SUBMISSIONS / "expected.yml").read_text(encoding="utf-8"))


# The class of a push. Left to `make test-all`: whole hand-ins in other styles, whose answers are among the accepted
# ones, a task each; those with mistakes that the bank has, a task each; merged and split cells, which `test_source`
# reads; a loop without end, as `test_student_process` has it; one half done, as in `test_marker`; and one whose weights
# are not worth their points, which is marked on MNIST below.
ON_PUSH = ("reference", "release", "no-weights", "syntax-error")


@pytest.fixture(scope="module", params=["digits", pytest.param("mnist", marks=pytest.mark.slow)])
def data(request: pytest.FixtureRequest, data_name: str) -> str:
    """The data set; ten thousand images of MNIST take most of a marking's time."""
    if request.param == "mnist" != data_name:
        pytest.skip("needs MNIST, and it is not on this machine")
    return request.param


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory, data: str) -> Path:
    """The sample class, with weights for the data set."""
    if data == "mnist":
        return SUBMISSIONS
    folder = tmp_path_factory.mktemp("submitted")
    make_class(folder, data)
    for student in set(EXPECTED) - set(ON_PUSH):
        shutil.rmtree(folder / student)
    return folder


@pytest.fixture(scope="module")
def marks(submitted: Path, data: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class marked by the command line."""
    folder = tmp_path_factory.mktemp("marks")
    done = autograder("mark", submitted, "-o", folder, "--data", data)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def results(marks: Path) -> Results:
    return Results.read(marks / "results.json")


def test_every_student_is_there(results: Results, data: str) -> None:
    assert {student.student for student in results.students} == set(ON_PUSH if data == "digits" else EXPECTED)
    assert len(EXPECTED) >= 12


@pytest.mark.parametrize("student", sorted(EXPECTED))
def test_marks_are_the_expected_ones(results: Results, student: str, data: str) -> None:
    if data == "digits" and student not in ON_PUSH:
        pytest.skip("marked on MNIST, on demand")
    assert_expected(results, student, data)


def assert_expected(results: Results, student: str, data: str) -> None:
    """All checks give their points but those that the file lists, with the points that they give."""
    result = results.student(student)
    expected = EXPECTED[student]
    varies = expected.get(f"varies on {data}", [])
    lost = {f"{task.id}/{check.id}": check.score for task, check in result.checks if check.score < check.max_score}
    assert result.status == "marked"
    assert result.max_score == 100
    if expected["lost"] == "everything":
        assert not any(check.score for _, check in result.checks)
        assert result.score == expected["score"]
        return
    assert {name: score for name, score in lost.items() if name not in varies} == {
        name: score for name, score in expected["lost"].items() if name not in varies
    }
    if not varies:
        assert result.score == expected["score"]


def test_marks_on_mnist(tmp_path: Path, data_name: str) -> None:
    """What trained weights are worth there: in the right network everything, in a wrong one nothing.

    Only the notebook of these networks is handed in."""
    if data_name != "mnist":
        pytest.skip("needs MNIST, and it is not on this machine")
    few = ("reference", "no-second-relu")
    for student in few:
        others = shutil.ignore_patterns("4_[13-6]*", "own")
        shutil.copytree(SUBMISSIONS / student, tmp_path / "in" / student, ignore=others)
    done = autograder("mark", tmp_path / "in", "-o", tmp_path / "marks", "--data", "mnist")
    assert done.returncode == 0, done.stderr
    results = Results.read(tmp_path / "marks" / "results.json")
    for student in few:
        lost = {
            f"{task.id}/{check.id}": check.score
            for task, check in results.student(student).checks
            if task.notebook == "4_2_better_cnn" and check.score < check.max_score
        }
        assert lost == EXPECTED[student]["lost"]


@pytest.mark.parametrize("student", sorted(name for name, value in EXPECTED.items() if "says" in value))
def test_the_mistake_is_named(results: Results, student: str, data: str) -> None:
    if data == "digits" and student not in ON_PUSH:
        pytest.skip("marked on MNIST, on demand")
    found = {
        f"{task.id}/{check.id}": f"{check.diagnosis}: {check.message}"
        for task, check in results.student(student).checks
    }
    for check, words in EXPECTED[student]["says"].items():
        where = found[check] if check != "submission" else " ".join(results.student(student).messages)
        assert words in where


def test_the_reference_has_everything_and_the_release_nothing_attempted(results: Results) -> None:
    assert results.student("reference").score == 100
    release = results.student("release")
    assert release.score == 0
    assert {check.status for _, check in release.checks} == {"not attempted"}


def test_pages_are_written_for_each(marks: Path, results: Results) -> None:
    assert (marks / "index.html").is_file()
    for student in results.students:
        page = (marks / student.folder / "index.html").read_text(encoding="utf-8")
        assert student.student in page
    assert (marks / results.student("reference").folder / "filters-every-filter.png").is_file()
    assert len(results.student("reference").digits) == 4


def test_a_second_run_marks_only_what_has_changed(submitted: Path, marks: Path, data: str, tmp_path: Path) -> None:
    few = ("release", "syntax-error", "no-weights")
    for student in few:
        shutil.copytree(submitted / student, tmp_path / "in" / student)
    shutil.copytree(marks, tmp_path / "marks")
    before = json.loads((marks / "results.json").read_text())
    again = autograder("mark", tmp_path / "in", "-o", tmp_path / "marks", "--data", data, "--only-these")
    assert "0 marked in" in again.stdout
    assert "3 unchanged" in again.stdout
    after = json.loads((tmp_path / "marks/results.json").read_text())
    # What is remarkable beside others depends on who is there.
    assert [{**one, "flags": []} for one in after["students"]] == [
        {**one, "flags": []} for one in before["students"] if one["student"] in few
    ]

    (tmp_path / "in/release/lab4/4_1_simple_cnn.ipynb").write_text("no notebook any more")
    third = autograder("mark", tmp_path / "in", "-o", tmp_path / "marks", "--data", data)
    assert "1 marked in" in third.stdout
    assert "release: no mark" in third.stdout  # what is left of it is untouched: ask again before a 0 counts
    changed = Results.read(tmp_path / "marks/results.json").student("release")
    assert any("4_1_simple_cnn.ipynb is not a notebook" in text for text in changed.messages)


def test_there_is_a_clear_word_when_nothing_can_be_marked(tmp_path: Path) -> None:
    done = autograder("mark", tmp_path / "nowhere", "-o", tmp_path / "marks")
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr
    assert "Traceback" not in done.stderr


# --- the seed ---------------------------------------------------------------------------------------------------------

MARKINGS = 30


@pytest.mark.slow
def test_no_mark_depends_on_the_seed(submitted: Path, data: str, tmp_path: Path) -> None:
    """Each marking draws weights, images and pictures of its own."""
    seen: dict[tuple[str, str, str], set[float]] = {}
    for number in range(MARKINGS):
        done = autograder("mark", submitted, "-o", tmp_path / f"marks-{number}", "--data", data)
        assert done.returncode == 0, done.stderr
        for student in Results.read(tmp_path / f"marks-{number}" / "results.json").students:
            for task, check in student.checks:
                seen.setdefault((student.student, task.id, check.id), set()).add(check.score)
    assert {place: scores for place, scores in seen.items() if len(scores) > 1} == {}
