"""What a marker does with marks: lateness, extensions and decisions are applied, and no check is run again for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.results import Results, StudentResult
from tests.conftest import ROOT, autograder

pytestmark = pytest.mark.processes
SUBMISSIONS = ROOT / "tests" / "submissions"
LINKED = ("reference", "release", "build")
# And Ada, whose upload broke off, Bob, who handed in a PDF and a broken archive, Cy, whose notebook is empty, and Dee,
# who handed in another lab.
STUDENTS = ("half-done", "release")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course repository with a small class, one of whom came late, and their marks."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copyfile(ROOT / "course.yml", folder / "course.yml")
    (ROOT / "build").mkdir(exist_ok=True)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for student in STUDENTS:
        others = shutil.ignore_patterns("4_[2-5]*")  # of which nothing is tested here
        shutil.copytree(SUBMISSIONS / student, folder / "in" / student, ignore=others)
    (folder / "in" / "half-done" / "lab4" / "timestamp.txt").write_text("2027-01-31 00:00:00.000000 UTC")
    notebook = folder / "in" / "half-done" / "lab4" / "4_1_simple_cnn.ipynb"
    text = notebook.read_text(encoding="utf-8")
    assert 'check(\\"shapes\\")' in text
    notebook.write_text(text.replace('check(\\"shapes\\")', "6.0"), encoding="utf-8")
    (folder / "in" / "ada.zip").write_bytes(b"PK half of an upload")
    (folder / "in" / "bob").mkdir()
    (folder / "in" / "bob" / "report.pdf").write_bytes(b"%PDF-1.7")
    (folder / "in" / "cy").mkdir()
    (folder / "in" / "cy" / "4_1_simple_cnn.ipynb").write_text('{"nbformat": 4, "metadata": {}, "cells": []}')
    (folder / "in" / "bob.zip").write_bytes(b"PK half of an upload")
    (folder / "in" / "dee" / "lab4").mkdir(parents=True)
    (folder / "in" / "dee" / "lab4" / "3_rnn.ipynb").write_text(
        '{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "metadata": {}, "source": "x = 1"}]}'
    )
    (folder / "in" / "dee" / "lab4_new.zip").write_bytes(b"PK half of an upload")
    mark(folder)
    return folder


def mark(course: Path, *more: str | Path) -> str:
    done = autograder("mark", "in", "-o", "marks", "--data", "digits", "--jobs", "1", *more, cwd=course)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def half_done(course: Path) -> StudentResult:
    return Results.read(course / "marks" / "results.json").student("half-done")


def test_the_marker_gets_lateness_code_flags_and_times(course: Path) -> None:
    result = half_done(course)
    earned = sum(task.score for task in result.tasks)
    assert earned > 20
    assert result.late is not None
    assert (result.late.days, result.late.percent) == (1, 10)
    assert result.score == round(earned - round(earned / 10, 2), 2)
    code = {task.id: task.code for task in result.tasks}
    assert "class SimpleCNN(nn.Module):" in code["simple-cnn"]
    assert "import" not in code["simple-cnn"]
    assert code["residual-block"] == ""
    assert [flag for flag in result.flags if "check cells edited: shapes-check" in flag]
    timing = json.loads((course / "marks" / "timing.json").read_text())
    assert set(timing["students"]) == {"ada", "bob", "bob.zip", "cy", "dee", *STUDENTS}
    assert 0 < sum(timing["students"].values()) <= timing["wall"]


def test_an_extension_asks_for_no_new_finding_and_shows_as_a_difference(course: Path, tmp_path: Path) -> None:
    before = course / "marks" / "results.json"
    shutil.copyfile(before, tmp_path / "old.json")
    text = (course / "course.yml").read_text(encoding="utf-8")
    extended = text.replace("    # extensions:", "    extensions:\n      half-done: {days: 3}\n      nobody: {days: 1}")
    (course / "course.yml").write_text(extended, encoding="utf-8")
    try:
        said = " ".join(mark(course, "--compare-to", tmp_path / "old.json").replace("│", " ").split())
        assert "0 marked in" in said
        assert half_done(course).late is None
        assert "Extensions for nobody in this class: nobody." in said
        assert "6 students have no known time: ada, bob, bob.zip, cy, dee and release" in said
        assert "Lateness: 1 day late" in said
        assert "none now" in said
        assert "Extension: none before, until 2027-02-01T23:59:00+00:00" in said
        given = half_done(course).extension
        assert given is not None
        assert (
            "Extension until 1 February 2027, 23:59 UTC."
            in (course / "marks/students/half-done/index.html").read_text()
        )
        assert "1 mark moved" in said
    finally:
        (course / "course.yml").write_text(text, encoding="utf-8")
    mark(course)
    assert before.read_bytes() == (tmp_path / "old.json").read_bytes()


def test_that_the_times_of_commits_are_not_used_is_said(course: Path) -> None:
    said = "1 submission is a git repository. The times of commits are not used for lateness"
    assert said not in mark(course)
    (course / "in" / "release" / ".git").mkdir()
    try:
        assert said in mark(course)
    finally:
        (course / "in" / "release" / ".git").rmdir()


def test_a_decision_outlives_markings_also_of_a_changed_submission(course: Path) -> None:
    results = course / "marks" / "results.json"
    undecided = results.read_bytes()
    place = ("override", "marks", "release", "simple-cnn/dropout")
    done = autograder(*place, "--points", "1.5", "--reason", "Talked about.", cwd=course)
    assert done.returncode == 0, done.stderr
    decided = results.read_bytes()
    assert decided != undecided
    assert "0 marked in" in mark(course)
    assert results.read_bytes() == decided  # the same by the one way and by the other

    [kept] = (course / "marks" / "cache").glob("*release*.json")
    unchanged = kept.read_bytes()
    changed = course / "in" / "release" / "lab4" / "new.txt"
    changed.write_text("a word more")
    try:
        said = mark(course)
        assert "1 marked in" in said
        assert "What was decided on has changed for release" in said
        result = Results.read(results).student("release")
        dropout = next(check for task in result.tasks if task.id == "simple-cnn" for check in task.checks[2:])
        assert dropout.score == 1.5
        assert [flag for flag in result.flags if "simple-cnn/dropout: the submission has changed since" in flag]
    finally:
        changed.unlink()
        kept.write_bytes(unchanged)
    assert "0 marked in" in mark(course)
    assert results.read_bytes() == decided
    assert autograder(*place, "--remove", cwd=course).returncode == 0
    assert results.read_bytes() == undecided


def test_a_broken_file_stops_the_marking_before_it_begins(course: Path) -> None:
    before = (course / "marks" / "results.json").read_bytes()
    for file, text, sentence in (
        ("overrides.yml", "- student: half-done\n", "overrides.yml, line 1: the key `check` is missing"),
        ("times.csv", "student,time\nhalf-done,noon\n", "times.csv, line 2: 'noon' is not a time"),
    ):
        path = course / "marks" / file
        path.write_text(text)
        try:
            done = autograder("mark", "in", "-o", "marks", "--data", "digits", cwd=course)
            assert done.returncode == 2
            assert sentence in done.stderr
            assert "Traceback" not in done.stderr
        finally:
            path.unlink()
    assert (course / "marks" / "results.json").read_bytes() == before


def test_times_in_a_file_outrank_a_timestamp(course: Path) -> None:
    file = course / "times-of-the-class.csv"
    file.write_text("student,time\nhalf-done,2027-01-29T20:00:00Z\nstranger,2027-01-29T20:00:00Z\n")
    try:
        said = mark(course, "--times", file)
        assert "0 marked in" in said
        assert half_done(course).late is None
        assert "Times for nobody in this class: stranger." in said
        mark(course)  # and in the next run, which is not given them again
        assert half_done(course).late is None
    finally:
        (course / "marks" / "times.csv").unlink()
    mark(course)
    assert half_done(course).late is not None


def test_marks_among_the_submissions_are_refused(course: Path) -> None:
    done = autograder("mark", "in", "-o", "in/marks", cwd=course)
    assert done.returncode == 2
    assert "in/marks: is inside the submissions folder in; choose another folder with -o" in done.stderr
    assert not (course / "in" / "marks").exists()


def test_decisions_that_were_edited_by_hand_are_applied_before_anything_is_made_of_them(course: Path) -> None:
    results, file = course / "marks" / "results.json", course / "marks" / "overrides.yml"
    undecided = results.read_bytes()
    file.write_text("- {student: release, check: simple-cnn/dropout, points: 2, reason: Seen in the lab.}\n")
    for arguments in (("report", "marks"), ("export", "marks", "--to", "csv", "-o", "marks.csv")):
        done = autograder(*arguments, cwd=course)
        assert done.returncode != 0
        assert "overrides.yml: has changed since marks/results.json was written" in " ".join(done.stderr.split())
    assert not (course / "marks.csv").exists()
    applied = autograder("override", "marks", cwd=course)
    assert "release: 0 → 2 of 100" in applied.stdout, applied.stderr
    everybody = ("export", "marks", "--to", "csv", "-o", "marks.csv", "--allow-missing")  # some have no mark yet
    assert autograder(*everybody, cwd=course).returncode == 0
    file.unlink()
    assert autograder("override", "marks", cwd=course).returncode == 0
    assert results.read_bytes() == undecided


def test_a_submission_that_cannot_be_opened_is_no_quiet_zero(course: Path) -> None:
    assert "No mark yet for ada, bob, bob.zip, cy and dee: what they handed in, or" in mark(course)
    student = Results.read(course / "marks" / "results.json").student("ada")
    told = "Nothing that was handed in could be read: ada.zip: is cut off"
    assert [flag for flag in student.flags if flag.startswith(told)]
    assert student.no_mark_yet
    bob = Results.read(course / "marks" / "results.json").student("bob")
    assert bob.no_mark_yet
    assert "there is report.pdf. Ask for it again before the 0 counts." in bob.flags[-1]
    assert "Nearly the same name as bob.zip. If they are one person, which submission counts?" in bob.flags


def test_a_zero_for_another_labs_work_or_beside_other_versions_is_no_quiet_one(course: Path) -> None:
    assert "task's 0 counts" not in mark(course)  # it has no mark yet, as the PDF has none
    dee = Results.read(course / "marks" / "results.json").student("dee")
    assert dee.ask_again == [
        "What may hold other versions of the work does not count: lab4_new.zip. Ask which is to count, and mark again"
        " before the 0 counts.",
        "None of the names that the lab asks for is in the work: there is 3_rnn.ipynb. Ask for it again before the 0"
        " counts.",
    ]
    assert dee.no_mark_yet
    done = autograder("export", "marks", "--to", "csv", "-o", "marks.csv", cwd=course)
    assert done.returncode == 1
    why = "What may hold other versions of the work does not count: lab4_new.zip. None of the names"
    assert f"dee: no mark yet ({why}" in " ".join(done.stderr.split())
    release = Results.read(course / "marks" / "results.json").student("release")
    assert (release.score, release.no_mark_yet) == (0, False)  # that is what it is worth


def test_students_who_are_in_the_marks_and_not_in_the_class_do_not_go_without_a_word(course: Path) -> None:
    results, (one, *others) = course / "marks" / "results.json", sorted((course / "in").iterdir())
    before, away = results.read_bytes(), course / "away"
    away.mkdir()
    try:
        one.rename(away / one.name)
        assert "1 student who had marks here is not in this class: ada." in mark(course)
        for path in others[1:]:
            path.rename(away / path.name)
        mark_all = ("mark", "in", "-o", "marks", "--data", "digits", "--jobs", "1")
        done = autograder(*mark_all, cwd=course)
        assert done.returncode == 2
        assert "marks: has the marks of 6 students, and 5 of them are not in this class ('bob.zip', 'cy'" in done.stderr
        assert "Marking" not in done.stdout
        assert len(Results.read(results).names) == 6
        assert autograder(*mark_all, "--only-these", cwd=course).returncode == 0
        assert Results.read(results).names == ["bob"]
    finally:
        for path in away.iterdir():
            path.rename(course / "in" / path.name)
    assert "0 marked in" in mark(course)
    assert results.read_bytes() == before


def test_a_fault_in_what_is_given_is_found_before_anything_is_set_up(course: Path) -> None:
    (course / "nothing").mkdir()
    (course / "file").touch()
    for arguments, sentence in (
        (("nothing", "-o", "new"), "nothing: holds no submissions"),
        (("nobody", "-o", "new"), "nobody: there is no such folder or archive"),
        (("in", "-o", "file"), "file: is a file; choose a folder with -o"),
        (("in", "-o", "new", "--times", "none.csv"), "none.csv: cannot be read"),
    ):
        done = autograder("mark", *arguments, "--data", "digits", cwd=course)
        assert done.returncode == 2
        assert sentence in done.stderr
        assert done.stdout == ""
    assert not (course / "new").exists()
    done = autograder("mark", "in/half-done", "-o", "new", "--data", "digits", cwd=course)
    assert "in/half-done: this looks like one student's folder" in done.stderr
    assert "Marking" not in done.stdout
