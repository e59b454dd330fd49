"""Are submissions taken in from trees, folders and zips, and is everything left out that is no plain file?"""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.submission.collect import SubmissionError, find_submissions

LIMITS = Limits()


def names(found: list) -> list[tuple[str, list[str]]]:
    return [(one.student, [path.as_posix() for path in one.files()]) for one in found]


def put(path: Path, text: str = "x = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_nbgraders_tree_and_a_folder_of_folders(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4/a.py")
    put(tmp_path / "in/ada/lab3/old.py")
    put(tmp_path / "in/ben/b.ipynb", "{}")
    put(tmp_path / "in/eve/repository-main/c.py")
    put(tmp_path / "in/eve/repository-main/.git/config")
    put(tmp_path / "in/eve/repository-main/data/MNIST/raw/train-images-idx3-ubyte")
    put(tmp_path / "in/expected.yml")
    found = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS)
    assert names(found) == [("ada", ["a.py"]), ("ben", ["b.ipynb"]), ("eve", ["c.py"])]


@pytest.mark.parametrize("wrapped", ["", "class/"])
def test_a_zip_of_a_class_and_zips_of_students(tmp_path: Path, wrapped: str) -> None:
    with zipfile.ZipFile(tmp_path / "ben.zip", "w") as inner:
        inner.writestr("lab4/b.py", "x = 1")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as outer:
        outer.writestr(f"{wrapped}ada/lab4/a.py", "x = 1")
        outer.write(tmp_path / "ben.zip", f"{wrapped}ben.zip")
    found = find_submissions(tmp_path / "class.zip", "lab4", tmp_path / "staging", LIMITS)
    assert sorted(names(found)) == [("ada", ["a.py"]), ("ben", ["b.py"])]


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil.py", "lab4/../../evil.py", "C:/evil.py", "..\\evil.py"])
def test_a_zip_that_leads_out_of_its_folder_costs_nobody_else_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/mallory.zip", "w") as inner:
        inner.writestr(name, "x = 1")
    put(tmp_path / "in/ada/lab4/a.py")
    ada, mallory = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS)
    assert names([ada]) == [("ada", ["a.py"])]
    assert mallory.files() == []
    assert "leads out of its folder" in mallory.problems[0]
    assert not list(tmp_path.rglob("evil.py"))


def test_links_and_pipes_are_left_out_and_named(tmp_path: Path) -> None:
    secret = put(tmp_path / "secret.txt")
    put(tmp_path / "in/ada/lab4/a.py")
    (tmp_path / "in/ada/lab4/link.py").symlink_to(secret)
    (tmp_path / "in/ada/lab4/folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in/ada/lab4/pipe")
    (ada,) = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS)
    assert names([ada]) == [("ada", ["a.py"])]
    assert sorted(problem.split(":")[0] for problem in ada.problems) == ["folder", "link.py", "pipe"]


def test_too_much_is_left_out_and_named(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4/a.py")
    put(tmp_path / "in/ada/lab4/big.bin", "x" * 3_000_000)
    small = Limits(submission_mb=2, files=400)
    (ada,) = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", small)
    assert names([ada]) == [("ada", ["a.py"])]
    assert "larger than 2 MB" in ada.problems[0]


def test_a_zip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/mallory.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros.bin", bytes(30_000_000))
    (mallory,) = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits(submission_mb=2))
    assert "unpacks to more" in mallory.problems[0]
    assert sum(path.stat().st_size for path in (tmp_path / "staging").rglob("*") if path.is_file()) < 4_000_000


def test_a_folder_and_a_zip_of_one_name_are_two_submissions(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/a.py")
    with zipfile.ZipFile(tmp_path / "in/ada.zip", "w") as inner:
        inner.writestr("b.py", "x = 1")
    found = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS)
    assert names(found) == [("ada", ["a.py"]), ("ada.zip", ["b.py"])]


def test_a_student_without_work_is_there_and_told_so_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    (tmp_path / "in/ada/lab4").mkdir(parents=True)
    put(tmp_path / "in/ben/lab4/lab4.docx")
    put(tmp_path / "in/eve.zip", "no zip")
    put(tmp_path / "in/fay/submission.zip", "no zip")
    shutil.make_archive(str(tmp_path / "class"), "zip", tmp_path / "in")
    for number, source in enumerate((tmp_path / "in", tmp_path / "class.zip")):
        found = find_submissions(source, "lab4", tmp_path / f"staging{number}", LIMITS)
        assert [(one.student, one.problems) for one in found] == [
            ("ada", ["no notebook and no script was handed in; there is nothing at all"]),
            ("ben", ["no notebook and no script was handed in; there is lab4.docx"]),
            ("eve", ["eve.zip: cannot be opened (File is not a zip file)"]),
            ("fay", ["submission.zip: cannot be opened (File is not a zip file)"]),
        ]


def test_nothing_to_take_in_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "file.txt")
    for source, sentence in (("nowhere", "no such"), ("empty", "no submissions"), ("file.txt", "neither a folder nor")):
        with pytest.raises(SubmissionError, match=sentence):
            find_submissions(tmp_path / source, "lab4", tmp_path / "staging", LIMITS)


def test_equal_content_has_equal_digests_and_another_name_another(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4/a.py")
    put(tmp_path / "in/ben/lab4/a.py")
    put(tmp_path / "in/eve/lab4/b.py")
    ada, ben, eve = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS)
    assert ada.digest() == ben.digest() != eve.digest()
