"""Is a name the same whichever characters spell it: those that macOS stores (NFD), and those that people type (NFC)?"""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.grading.lateness import with_lateness
from autograder.grading.times import find_times
from autograder.submission.collect import find_submissions
from autograder.submission.names import spelt_as
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
    result = with_lateness(of_class(stored), extended, found.known[stored])
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
