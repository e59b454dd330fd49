"""Does every error in course.yml get a sentence with file and line?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from autograder.course import Band, CourseError, read_course
from autograder.grading.overrides import FILE, OverridesError, read_overrides
from autograder.labs import catalogue
from autograder.labs.lab import LABS
from tests.conftest import ROOT

COURSE = Path(__file__).resolve().parents[1] / "course.yml"


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


def test_the_course_itself_is_read() -> None:
    name, assignment = read_course(COURSE).assignment("lab4")
    assert name == "lab4"
    assert sum(task.points for task in assignment.tasks) == assignment.points >= 100
    assert len(assignment.tasks) >= 16
    assert len(assignment.notebooks) >= 6


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        ("deadline:", "deadlin:", "deadlin:", "unknown key `deadlin`"),
        ('title: "Lab', 'titel: "Lab', "titel", "unknown key `titel`"),
        ("{every-filter: 3}", "{every-filter: 4}", "points: 100", "add up to 101 points, but `points` is 100"),
        ("{every-filter: 3}", "{every-filter: three}", "every-filter", "valid number"),
        ("{zero: 0.95, full: 0.973}", "{zero: 0.99, full: 0.973}", "zero: 0.99", "zero (0.99) must be less than full"),
        ("- id: maximise", "- id: filters  # again", "# again", "there are two tasks 'filters'"),
        ("points: 100  ", "points: [100  ", None, "expected"),
        ("course: Deep", "course: 'Deep", None, "found"),
        (
            "      best-model:\n        mnist",
            "      best-modell:\n        mnist",
            "best-modell:",
            "'best-modell', which is not a task",
        ),
        (
            "notebook: 4_6_branches",
            "notebook: branches",
            "notebook: branches",
            "'branches' is not a valid name; begin with a digit",
        ),
        ("- id: filters", "- id: My Filters", "id: My Filters", "'My Filters' is not a valid name; use lower-case"),
        ("  lab4:", "  Lab 4:", "  Lab 4:", "'Lab 4' is not a valid name; begin with a lower-case"),
        ("    tasks:\n", "    points: 3\n    tasks:\n", "points: 3", "the key `points` is given twice"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, old: str, new: str, at: str | None, sentence: str) -> None:
    text = COURSE.read_text()
    assert old in text
    changed = tmp_path / "course.yml"
    changed.write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError) as error:
        read_course(changed)
    assert sentence in str(error.value)
    if at is None:
        assert f"{changed}, line " in str(error.value)
    else:
        assert f"{changed}, line {line_of(changed.read_text(), at)}: " in str(error.value)


@pytest.mark.parametrize("nested", ["[" * 100_000, "- " * 100_000 + "x"])
def test_what_is_nested_too_deeply_is_an_error_of_the_file(tmp_path: Path, nested: str) -> None:
    for name in ("course.yml", FILE):
        (tmp_path / name).write_text(nested)
    with pytest.raises(CourseError, match=r"course\.yml, line 1: is nested too deeply"):
        read_course(tmp_path / "course.yml")
    with pytest.raises(OverridesError, match=r"overrides\.yml, line 1: is nested too deeply"):
        read_overrides(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"nowhere\.yml: cannot be read"):
        read_course(tmp_path / "nowhere.yml")


def test_checks_and_course_must_agree(tmp_path: Path) -> None:
    text = COURSE.read_text()
    dropped = tmp_path / "course.yml"
    dropped.write_text(text.replace("in-order: 2, own-pictures: 2", "in-order: 4"))
    with pytest.raises(CourseError, match=r"gives no points to the check 'own-pictures'.*test_4_4_own_image\.py, line"):
        catalogue.agree(LABS / "lab4", "lab4", read_course(dropped).assignments["lab4"], dropped)
    added = tmp_path / "more.yml"
    added.write_text(text.replace("in-order: 2, own-pictures: 2", "in-order: 2, own-pictures: 1, beauty: 1"))
    line = 1 + text[: text.index("own-pictures: 2")].count("\n")
    with pytest.raises(CourseError, match=rf"more\.yml, line {line}: the task 'classify' gives points to 'beauty'"):
        catalogue.agree(LABS / "lab4", "lab4", read_course(added).assignments["lab4"], added)
    mistyped = tmp_path / "mistyped.yml"
    mistyped.write_text(text.replace("- id: simple-cnn", "- id: simpel-cnn"))
    with pytest.raises(CourseError, match=r"the task 'simpel-cnn' .*Did you mean `simple-cnn/layer-shapes`"):
        catalogue.agree(LABS / "lab4", "lab4", read_course(mistyped).assignments["lab4"], mistyped)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("mnist: {zero: 0.95", "minst: {zero: 0.95", "there is no data set 'minst'; use mnist and digits"),
        ("        digits: {zero: 0.80, full: 0.89}\n", "", "'better-cnn-accuracy' has no band for 'digits'"),
    ],
)
def test_a_band_is_there_for_each_data_set(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = COURSE.read_text()
    assert text.count(old) == 1
    file = tmp_path / "course.yml"
    file.write_text(text.replace(old, new))
    with pytest.raises(CourseError, match=rf"course\.yml, line \d+: .*{re.escape(sentence)}"):
        read_course(file)


def test_a_band_is_a_straight_line() -> None:
    band = Band(zero=0.9, full=0.98)
    assert [band.credit(accuracy) for accuracy in (0.1, 0.9, 0.98, 1.0)] == [0, 0, 1, 1]
    assert band.credit(0.94) == pytest.approx(0.5)


def test_full_credit_begins_where_the_calibration_says() -> None:
    """Four standard deviations below what the reference reaches over 20 seeds, on the images that marking uses."""
    table = json.loads((ROOT / "reference" / "lab4" / "weights" / "calibration.json").read_text())
    _, assignment = read_course(ROOT / "course.yml").assignment("lab4")
    bands = {(task, data): band.full for task, of in assignment.bands.items() for data, band in of.items()}
    assert bands == {(row["task"], row["data"]): row["full"] for row in table}
    for row in table:
        assert row["seeds"] >= 20
        assert row["full"] == pytest.approx(row["moved_mean"] - 4 * row["moved_sd"], abs=0.0015)
        assert row["moved_least"] >= row["full"]


def test_credit_for_a_best_model_begins_above_what_better_cnn_reaches() -> None:
    """Two standard deviations above it: who hands that network in again earns next to nothing for its accuracy."""
    table = json.loads((ROOT / "reference" / "lab4" / "weights" / "calibration.json").read_text())
    _, assignment = read_course(ROOT / "course.yml").assignment("lab4")
    for row in table:
        if row["network"] == "better":
            zero = assignment.bands["best-model"][row["data"]].zero
            assert zero == round(row["moved_mean"] + 2 * row["moved_sd"], 3)
