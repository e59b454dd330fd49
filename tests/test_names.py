"""Is a name the same whichever characters spell it: those that macOS stores (NFD), and those that people type (NFC)?"""

from __future__ import annotations

import shutil
import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograder.course import Limits
from autograder.export.gradebook import opened
from autograder.grading.difference import difference
from autograder.grading.lateness import spelt_as_in, with_lateness
from autograder.grading.times import find_times
from autograder.results import Results
from autograder.submission.collect import find_submissions
from autograder.submission.names import alphabetical, composed, did_you_mean, listed, spelt_as
from tests.conftest import ROOT
from tests.export_class import export, marks_folder
from tests.export_class import student as of_lab4
from tests.test_lateness import DEADLINE, assignment
from tests.test_lateness import student as of_class
from tests.test_overrides import check, of, override, student, write

NFC = unicodedata.normalize("NFC", "größe-é")
NFD = unicodedata.normalize("NFD", NFC)
BOTH = pytest.mark.parametrize(("stored", "typed"), [(NFD, NFC), (NFC, NFD)])


def test_a_spelling_is_found_and_a_guess_is_not_made() -> None:
    assert NFC != NFD
    assert spelt_as([NFC, "ada"], [NFD, "bob"]) == {NFC: NFD}
    assert spelt_as([NFC, NFD], [NFC, NFD]) == {NFC: NFC, NFD: NFD}
    half = NFC[:3] + unicodedata.normalize("NFD", NFC[3:])
    assert spelt_as([half], [NFC, NFD]) == {}
    assert spelt_as([NFC, NFD], [NFC]) == {NFC: NFC}
    assert spelt_as([NFC, NFD], [half]) == {}


def test_a_name_that_a_course_system_gave_a_number_is_asked_about() -> None:
    known = [f"Zoë {NFD}_4711", "zuseconrad_3144", "zusekonrad_3145", "lab-4-ada"]
    assert did_you_mean(f"zoë {NFC}", known) == f"; did you mean 'Zoë {NFD}_4711'?"
    assert did_you_mean("Zuse", known) == "; did you mean 'zuseconrad_3144' or 'zusekonrad_3145'?"
    assert did_you_mean("Conrad Zuse", known) == "; did you mean 'zuseconrad_3144'?"
    assert did_you_mean("Jose Nunez", ["José Núñez"]) == "; did you mean 'José Núñez'?"
    assert did_you_mean("bob", known) == did_you_mean(" ", known) == ""
    assert did_you_mean("a", ["a1", "a2", "a3", "a4"]).count("a") == 4


def test_names_with_commas_are_told_apart_by_semicolons() -> None:
    assert listed(["ada"]) == "ada"
    assert listed(["ada", "bob", "cy"]) == "ada, bob and cy"
    assert listed(["Pair, Paul", "ada", "Student, Test"]) == "Pair, Paul; ada; Student, Test"
    assert listed(list("abcde"), 3) == "a, b and 3 more"
    assert listed(list("abcde"), None) == "a, b, c, d and e"


@BOTH
def test_times_and_extensions(tmp_path: Path, stored: str, typed: str) -> None:
    work = tmp_path / "in" / stored / "work.py"
    work.parent.mkdir(parents=True)
    work.write_text("x = 1\n")
    times = tmp_path / "times.csv"
    times.write_text(f"student,time\n{typed},{(DEADLINE + timedelta(days=3)).isoformat()}\n", encoding="utf-8")
    submissions = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits()).submissions
    found = find_times(submissions, tmp_path, times)
    assert (list(found.known), found.missing, found.strangers) == ([stored], [], [])
    extended = assignment(tmp_path, "    # extensions:", f"    extensions: {{{typed}: {{days: 3, reason: ill}}}}")
    result = with_lateness(of_class(stored), spelt_as_in(extended, [stored]), found.known[stored])
    assert result.late is None
    assert result.extension is not None
    assert result.extension.reason == "ill"


@BOTH
def test_overrides(tmp_path: Path, stored: str, typed: str) -> None:
    write(tmp_path, [student(stored, check("same-function", "failed", 0))])
    override(tmp_path, typed, "simple-cnn/same-function", "--points", "4", "--reason", "Right.")
    assert of(tmp_path, stored).score == 4
    file = tmp_path / "overrides.yml"
    file.write_text(file.read_text(encoding="utf-8").replace(stored, typed).replace("points: 4", "points: 3"), "utf-8")
    assert "is not in these results" not in override(tmp_path).output  # edited by hand
    assert of(tmp_path, stored).score == 3
    override(tmp_path, typed, "simple-cnn/same-function", "--remove")
    assert of(tmp_path, stored).score == 0


@BOTH
def test_exports(tmp_path: Path, stored: str, typed: str) -> None:
    marks = marks_folder(tmp_path / "marks", [of_lab4(stored), of_lab4("ada")])
    sheet = tmp_path / "grades.csv"
    sheet.write_text(
        f"Student,ID,SIS User ID,SIS Login ID,Section,Lab 4 (12345)\nOne,3143,s1,{typed},S1,\nTwo,3144,s2,ada,S1,\n",
        encoding="utf-8",
    )
    done = export(marks, "--to", "canvas", "--worksheet", sheet, "--column", "12345", "-o", tmp_path / "up.csv")
    assert (done.exit_code, done.stderr) == (0, "")
    assert (tmp_path / "up.csv").read_text(encoding="utf-8").count(",100\n") == 2
    roster = tmp_path / "roster.csv"
    roster.write_text(f"folder,email\n{typed},g@uni.example\n", encoding="utf-8")
    done = export(marks, "--to", "csv", "--roster", roster, "--student", typed, "-o", tmp_path / "one.csv")
    assert done.exit_code == 0
    text = (tmp_path / "one.csv").read_text(encoding="utf-8-sig")
    assert "g@uni.example" in text
    assert "ada" not in text
    done = export(marks, "--to", "csv", "--student", "Ad", "-o", tmp_path / "one.csv")
    assert (done.exit_code, done.stderr) == (2, "the results have no student 'Ad'; did you mean 'ada'?\n")


@pytest.mark.processes  # nbgrader runs alembic
@pytest.mark.usefixtures("gradebooks")
@BOTH
def test_a_gradebook_that_has_the_student(tmp_path: Path, stored: str, typed: str) -> None:
    marks = marks_folder(tmp_path / "marks", [of_lab4(stored)])
    gradebook = tmp_path / "gradebook.db"
    with opened(str(gradebook), create=True) as book:
        book.add_student(typed)
    (tmp_path / "submitted" / typed / "lab4").mkdir(parents=True)
    notebook = ROOT / "release" / "lab4" / "4_1_simple_cnn.ipynb"
    shutil.copyfile(notebook, tmp_path / "submitted" / typed / "lab4" / notebook.name)
    for _ in range(2):
        done = export(marks, "--to", "nbgrader", "-o", gradebook)
        assert (done.exit_code, "Found no notebooks" in done.output) == (0, False)
    with opened(str(gradebook)) as book:
        assert [one.id for one in book.students] == [typed]
    assert [path.name for path in (tmp_path / "autograded").iterdir()] == [typed]
    done = export(marks, "--to", "csv", "--gradebook", gradebook, "-o", tmp_path / "grades.csv")
    assert "not in the gradebook" not in done.output


@pytest.mark.processes
@pytest.mark.usefixtures("gradebooks")
def test_two_names_that_look_the_same_stay_two_in_a_gradebook_that_has_one(tmp_path: Path) -> None:
    marks = marks_folder(tmp_path / "marks", [of_lab4(NFC), of_lab4(NFD, {"better-cnn/same-function": 5.0})])
    gradebook = tmp_path / "gradebook.db"
    with opened(str(gradebook), create=True) as book:
        book.add_student(NFC)
    assert export(marks, "--to", "nbgrader", "-o", gradebook).exit_code == 0
    with opened(str(gradebook)) as book:
        scores = {name: book.find_submission("lab4", name).score for name in (NFC, NFD)}
    assert scores[NFC] - scores[NFD] == 5


def test_of_two_names_that_look_the_same_only_the_one_that_is_meant_is_changed(tmp_path: Path) -> None:
    lost = check("same-function", "failed", 0)
    write(tmp_path, [student(NFC, lost), student(NFD, lost)])
    done = override(tmp_path, NFC, "simple-cnn/same-function", "--points", "3", "--reason", "Right after all.")
    assert done.exit_code == 0, done.output
    assert [of(tmp_path, name).score for name in (NFC, NFD)] == [3, 0]
    done = override(tmp_path, NFD, "simple-cnn/same-function", "--points", "4", "--reason", "This one, too.")
    assert [of(tmp_path, name).score for name in (NFC, NFD)] == [3, 4]
    assert override(tmp_path, NFC, "simple-cnn/same-function", "--remove").exit_code == 0
    assert [of(tmp_path, name).score for name in (NFC, NFD)] == [0, 4]
    extended = assignment(tmp_path, "    # extensions:", f"    extensions: {{{NFC}: {{days: 3, reason: ill}}}}")
    late = DEADLINE + timedelta(days=2)
    both = [with_lateness(of_class(name), spelt_as_in(extended, [NFC, NFD]), late) for name in (NFC, NFD)]
    assert [result.late is None for result in both] == [True, False]


@given(st.text())
@example("\udcff\ud800")
@example("\ufdfa" * 99)
def test_every_text_can_be_a_name(name: str) -> None:
    assert composed(composed(name)) == composed(name)
    assert alphabetical(name)[1] == name


@BOTH
def test_a_difference(tmp_path: Path, stored: str, typed: str) -> None:
    write(tmp_path / "old", [student(stored, check("same-function", "failed", 0))])
    write(tmp_path / "new", [student(typed, check("same-function", "passed", 5))])
    found = difference(*(Results.read(tmp_path / which / "results.json") for which in ("old", "new")))
    assert [(one.student, one.only_in, one.old, one.new) for one in found.students] == [(typed, None, 0, 5)]


def test_capitals_and_accents_do_not_change_the_order_of_names() -> None:
    wanted = ["anna", "Émile", "Eva", "Jörg", "Ju\u0308rgen", "Zoe\u0308", "Zoltán"]
    assert sorted(set(wanted), key=alphabetical) == wanted
    assert len({alphabetical(name) for name in ("Zoë", "Zoe\u0308", "zoe")}) == 3
