"""Which file counts as a notebook, where a student has handed in several versions of it."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.submission.collect import find_submissions
from autograder.submission.definitions import Definitions
from autograder.submission.taken_in import Submission
from autograder.submission.versions import notebook_of

NOTEBOOKS = ["4_1_simple_cnn", "4_2_better_cnn"]
ONE, TWO = (f"{name}.ipynb" for name in NOTEBOOKS)
STUB = "def train(): raise NotImplementedError"
DAY = 86400


def put(path: Path, *cells: str, day: int = 0, text: str = "") -> None:
    """A notebook with these code cells, and perhaps a text, written on this day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = [{"cell_type": "code", "source": cell} for cell in cells]
    found += [{"cell_type": "markdown", "source": text}] if text else []
    path.write_text(json.dumps({"cells": found, "nbformat": 4}), encoding="utf-8")
    os.utime(path, ((20000 + day) * DAY, (20000 + day) * DAY))


def taken(tmp_path: Path) -> Submission:
    """What is taken in of `in/ada`, of a lab whose notebooks were released with a stub each."""
    for name in (ONE, TWO):
        put(tmp_path / "release" / name, STUB)
    (tmp_path / "in/ben").mkdir()
    ada, _ = find_submissions(
        tmp_path / "in", "lab4", tmp_path / "staging", Limits(), NOTEBOOKS, tmp_path / "release"
    ).submissions
    return ada


def files(submission: Submission) -> list[str]:
    return [path.as_posix() for path in submission.files()]


def reasons(submission: Submission) -> dict[str, str]:
    return {entry.name: entry.reason for entry in submission.left_out}


@pytest.mark.parametrize("place", ["", "old/"])
def test_work_beside_the_lab_s_folder_counts_before_an_untouched_notebook_in_it(place: str, tmp_path: Path) -> None:
    ada = tmp_path / "in/ada"
    put(ada / "lab4" / ONE, "x = 1")
    put(ada / "lab4" / TWO, STUB)
    put(ada / place / TWO, "y = 1")
    submission = taken(tmp_path)
    assert files(submission) == sorted([ONE, f"{place}{TWO}"])
    assert reasons(submission)[f"lab4/{TWO}"] == f"has only code that was released: {place}{TWO} counts instead"
    assert submission.chosen == [f"Several versions of 4_2_better_cnn: {place}{TWO} counts, not lab4/{TWO}."]
    assert submission.versions == []


@pytest.mark.parametrize("place", ["", "old/"])
def test_a_notebook_that_the_lab_s_folder_lacks_counts_where_it_lies(place: str, tmp_path: Path) -> None:
    ada = tmp_path / "in/ada"
    put(ada / "lab4" / ONE, "x = 1")
    put(ada / place / TWO, "y = 1")
    submission = taken(tmp_path)
    assert files(submission) == sorted([ONE, f"{place}{TWO}"])
    assert submission.chosen == [f"4_2_better_cnn is nowhere but in {place}{TWO}, which counts."]
    assert submission.versions == []
    assert TWO not in reasons(submission)


def test_an_untouched_notebook_beside_the_lab_s_folder_adds_nothing(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4" / ONE, "x = 1")
    put(tmp_path / "in/ada" / TWO, STUB)
    submission = taken(tmp_path)
    assert files(submission) == [ONE]
    assert submission.chosen == []


def test_of_a_folder_beside_the_lab_s_only_what_the_lab_s_lacks_counts(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4" / ONE, "x = 1")
    put(tmp_path / "in/ada/lab4" / TWO, STUB)
    put(tmp_path / "in/ada/old" / ONE, "x = 2", day=9)
    put(tmp_path / "in/ada/old" / TWO, "y = 2")
    submission = taken(tmp_path)
    assert files(submission) == [ONE, f"old/{TWO}"]
    assert reasons(submission)["old"] == f"lies beside the folder lab4, which counts; of it, old/{TWO} counts"
    assert submission.versions == ["old"]


@pytest.mark.parametrize("place", ["lab4", ""])
def test_work_in_an_archive_counts_before_an_untouched_notebook(place: str, tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4" / ONE, "x = 1")
    put(tmp_path / "in/ada/lab4" / TWO, STUB)
    put(tmp_path / "packed" / ONE, "x = 2")
    put(tmp_path / "packed" / TWO, "y = 2")
    with zipfile.ZipFile(tmp_path / "in/ada" / place / "work.zip", "w") as archive:
        for name in (ONE, TWO):
            archive.write(tmp_path / "packed" / name, f"mine/{name}")
    submission = taken(tmp_path)
    assert (submission.folder / ONE).read_text(encoding="utf-8").count("x = 1")
    assert (submission.folder / TWO).read_text(encoding="utf-8").count("y = 2")
    assert reasons(submission)["work.zip"].endswith(f"; of it, {TWO} in work.zip counts")
    assert submission.versions == ["work.zip"]


def test_of_folders_side_by_side_an_untouched_notebook_in_the_newest_does_not_count(tmp_path: Path) -> None:
    for folder, day, better in (("new", 2, STUB), ("old", 1, "y = 1")):
        put(tmp_path / "in/ada" / folder / ONE, f"x = {day}", day=day)
        put(tmp_path / "in/ada" / folder / TWO, better, day=day)
    assert files(taken(tmp_path)) == [f"new/{ONE}", f"old/{TWO}"]


@pytest.mark.parametrize(
    ("versions", "counts"),
    [
        ({ONE: 1, "4_1_simple_cnn (1).ipynb": 2}, "4_1_simple_cnn (1).ipynb"),
        ({ONE: 2, "4_1_simple_cnn (1).ipynb": 1}, ONE),
        ({ONE: 1, "4_1_simple_cnn (1).ipynb": 1}, "4_1_simple_cnn (1).ipynb"),
        ({"4_1_simple_cnn (9).ipynb": 1, "4_1_simple_cnn (10).ipynb": 1}, "4_1_simple_cnn (10).ipynb"),
        ({ONE: 1, f"Copy of {ONE}": 2}, f"Copy of {ONE}"),
        ({ONE: 2, f"Copy of {ONE}": 1}, ONE),
        ({ONE: 1, f"Copy of {ONE}": 1}, f"Copy of {ONE}"),
        ({ONE: 2, "4_1_simple_cnn-Copy1.ipynb": 1}, ONE),
        ({ONE: 1, "4_1_simple_cnn copy.ipynb": 2}, "4_1_simple_cnn copy.ipynb"),
        ({ONE: 1, "old/4_1_simple_cnn (1).ipynb": 1}, ONE),
        ({ONE: 1, f"latest/{ONE}": 2}, f"latest/{ONE}"),
    ],
)
def test_of_versions_of_one_notebook_the_newest_counts_alone_and_a_flag_names_both(
    versions: dict[str, int], counts: str, tmp_path: Path
) -> None:
    for name, day in versions.items():
        put(tmp_path / "in/ada" / name, f"net = {name!r}", f"only = {name!r}" if name != counts else "", day=day)
    submission = taken(tmp_path)
    assert files(submission) == [counts]
    (other,) = versions.keys() - {counts}
    assert reasons(submission)[other] == f"is another version of {counts}, which counts"
    named = f"Several versions of 4_1_simple_cnn: {counts} counts, not {other}."
    less = f" The one that counts holds less work (code cells that were not released: 1, in {other}: 2)."
    assert submission.chosen == [named + less]
    assert Definitions(submission.folder).where("only") == []


def test_times_that_lie_close_together_say_nothing_of_versions(tmp_path: Path) -> None:
    """A checkout writes all files at once, in any order."""
    for name, time in ((ONE, 1000.5), ("4_1_simple_cnn (1).ipynb", 1000.0)):
        put(tmp_path / "in/ada" / name, f"net = {name!r}")
        os.utime(tmp_path / "in/ada" / name, (time, time))
    assert files(taken(tmp_path)) == ["4_1_simple_cnn (1).ipynb"]


@pytest.mark.parametrize("empty", ["", "not a notebook", STUB])
def test_the_newest_version_does_not_count_before_one_with_work(empty: str, tmp_path: Path) -> None:
    put(tmp_path / "in/ada" / ONE, "x = 1", day=1)
    newer = tmp_path / "in/ada/4_1_simple_cnn (1).ipynb"
    put(newer, empty, day=2)
    if empty != STUB:
        newer.write_text(empty, encoding="utf-8")
    submission = taken(tmp_path)
    assert files(submission) == [ONE]
    assert bool(submission.chosen) == (empty != STUB)


def test_a_written_answer_that_does_not_count_is_flagged(tmp_path: Path) -> None:
    put(tmp_path / "in/ada" / ONE, "x = 1")
    put(tmp_path / "in/ada/4_1_simple_cnn (1).ipynb", STUB, text="My answer.")
    submission = taken(tmp_path)
    assert files(submission) == [ONE]
    assert submission.chosen == [f"Several versions of 4_1_simple_cnn: {ONE} counts, not 4_1_simple_cnn (1).ipynb."]


def test_parts_of_a_notebook_are_no_versions(tmp_path: Path) -> None:
    names = [ONE, "4_1_simple_cnn_training.ipynb", "4_1_simple_cnn part 2.ipynb", "training.ipynb"]
    for name in names:
        put(tmp_path / "in/ada" / name, f"x = {name!r}")
    submission = taken(tmp_path)
    assert files(submission) == sorted(names)
    assert submission.chosen == submission.left_out == []


def test_a_notebook_that_is_called_a_copy_counts_before_others_for_its_task(tmp_path: Path) -> None:
    put(tmp_path / "in/ada" / f"Copy of {ONE}", "def train(): return 1")
    put(tmp_path / "in/ada" / TWO, "def train(): return 2")
    definitions = Definitions(taken(tmp_path).folder)
    assert definitions.load("train", "4_1_simple_cnn")() == 1
    assert definitions.load("train", "4_2_better_cnn")() == 2


@pytest.mark.parametrize(
    ("name", "notebook"),
    [
        ("lab-1.ipynb", "lab-1"),
        ("lab-1-2.ipynb", "lab-1"),
        ("lab-2.ipynb", "lab"),
        ("LAB - Copy (2).ipynb", "lab"),
        ("Kopie von lab.ipynb", "lab"),
        ("lab.ipynb (1)", "lab"),
        ("lab (copy).ipynb.json", "lab"),
        ("lab_2.ipynb", ""),
        ("copy.ipynb", ""),
        ("lab.py", ""),
    ],
)
def test_names_of_copies_are_known(name: str, notebook: str) -> None:
    assert notebook_of(name, ["lab", "lab-1"]) == notebook
