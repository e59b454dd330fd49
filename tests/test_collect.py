"""Are submissions taken in from trees, folders and zips, and is everything left out that is no plain file?"""

from __future__ import annotations

import io
import json
import lzma
import os
import shutil
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.submission import collect
from autograder.submission.collect import SubmissionError, find_submissions
from autograder.submission.taken_in import TakenIn

LIMITS = Limits()
NOTEBOOKS = ["4_1_simple_cnn", "4_2_better_cnn"]
CLASSES = Path(__file__).parent / "fixtures" / "classes"
NOTEBOOK = '{"cells": [], "nbformat": 4}'


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
    found = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
    assert names(found) == [("ada", ["a.py"]), ("ben", ["b.ipynb"]), ("eve", ["c.py"])]


@pytest.mark.parametrize("wrapped", ["", "class/"])
def test_a_zip_of_a_class_and_zips_of_students(tmp_path: Path, wrapped: str) -> None:
    with zipfile.ZipFile(tmp_path / "ben.zip", "w") as inner:
        inner.writestr("lab4/b.py", "x = 1")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as outer:
        outer.writestr(f"{wrapped}ada/lab4/a.py", "x = 1")
        outer.write(tmp_path / "ben.zip", f"{wrapped}ben.zip")
    found = find_submissions(tmp_path / "class.zip", "lab4", tmp_path / "staging", LIMITS).submissions
    assert sorted(names(found)) == [("ada", ["a.py"]), ("ben", ["b.py"])]


def test_a_class_in_a_folder_in_a_folder_is_a_class_and_a_students_folder_is_not(tmp_path: Path) -> None:
    """File managers unpack a class's archive into a folder of its name, which holds the folder that was packed."""
    for student in ("ada", "ben"):
        put(tmp_path / f"in/class/{student}/4_1_simple_cnn.ipynb", NOTEBOOK)
    found = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS, NOTEBOOKS).submissions
    assert [one.student for one in found] == ["ada", "ben"]
    for student in ("ada", "ben", "eve"):
        shutil.make_archive(str(tmp_path / f"packed/class/{student}"), "zip", tmp_path / "in/class/ada")
    found = find_submissions(tmp_path / "packed", "lab4", tmp_path / "again", LIMITS, NOTEBOOKS).submissions
    assert [one.student for one in found] == ["ada", "ben", "eve"]
    for number in (1, 2):
        put(tmp_path / f"alone/ada/part {number}/4_{number}.ipynb", NOTEBOOK)
    found = find_submissions(tmp_path / "alone", "lab4", tmp_path / "third", LIMITS, NOTEBOOKS).submissions
    assert names(found) == [("ada", ["part 1/4_1.ipynb", "part 2/4_2.ipynb"])]


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil.py", "lab4/../../evil.py", "C:/evil.py", "..\\evil.py"])
def test_a_zip_that_leads_out_of_its_folder_costs_nobody_else_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/mallory.zip", "w") as inner:
        inner.writestr(name, "x = 1")
    put(tmp_path / "in/ada/lab4/a.py")
    ada, mallory = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
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
    (ada,) = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
    assert names([ada]) == [("ada", ["a.py"])]
    assert sorted(problem.split(":")[0] for problem in ada.problems) == ["folder", "link.py", "pipe"]


def test_too_much_is_left_out_and_named(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4/a.py")
    put(tmp_path / "in/ada/lab4/big.bin", "x" * 3_000_000)
    small = Limits(submission_mb=2, files=400)
    (ada,) = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", small).submissions
    assert names([ada]) == [("ada", ["a.py"])]
    assert "larger than 2 MB" in ada.problems[0]


def test_a_zip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in/mallory.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros.bin", bytes(30_000_000))
    (mallory,) = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", Limits(submission_mb=2)).submissions
    assert "unpacks to more" in mallory.problems[0]
    assert sum(path.stat().st_size for path in (tmp_path / "staging").rglob("*") if path.is_file()) < 4_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_bomb_fills_no_memory(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mallory.zip", "w", method) as bomb:
        bomb.writestr("work.py", bytes(2**26))
    tracemalloc.start()
    (mallory,) = find_submissions(tmp_path, "lab4", tmp_path / "staging", Limits(submission_mb=2)).submissions
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**24
    assert mallory.files() == []
    assert any("work.py" in problem for problem in mallory.problems)


def test_a_folder_and_a_zip_of_one_name_are_two_submissions(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/a.py")
    with zipfile.ZipFile(tmp_path / "in/ada.zip", "w") as inner:
        inner.writestr("b.py", "x = 1")
    found = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
    assert names(found) == [("ada", ["a.py"]), ("ada.zip", ["b.py"])]


def test_a_student_without_work_is_there_and_told_so_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    (tmp_path / "in/ada/lab4").mkdir(parents=True)
    put(tmp_path / "in/ben/lab4/lab4.docx")
    put(tmp_path / "in/eve.zip", "no zip")
    put(tmp_path / "in/fay/submission.zip", "no zip")
    shutil.make_archive(str(tmp_path / "class"), "zip", tmp_path / "in")
    for number, source in enumerate((tmp_path / "in", tmp_path / "class.zip")):
        found = find_submissions(source, "lab4", tmp_path / f"staging{number}", LIMITS).submissions
        assert [(one.student, one.problems) for one in found] == [
            ("ada", ["no notebook and no script was handed in; there is nothing at all"]),
            ("ben", ["no notebook and no script was handed in; there is lab4.docx"]),
            ("eve", ["eve.zip: is not an archive; left out"]),
            ("fay", ["submission.zip: is not an archive; left out"]),
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
    ada, ben, eve = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
    assert ada.digest() == ben.digest() != eve.digest()


def taken(source: Path, staging: Path, limits: Limits = LIMITS) -> TakenIn:
    return find_submissions(source, "lab4", staging, limits, NOTEBOOKS)


def left_out(found: TakenIn) -> dict[str, str]:
    """Each entry that is left out, as `student/entry`, with its reason."""
    entries = {entry.name: entry.reason for entry in found.left_out if not entry.routine}
    for one in found.submissions:
        entries |= {f"{one.student}/{entry.name}": entry.reason for entry in one.left_out if not entry.routine}
    return entries


@pytest.mark.parametrize(
    ("case", "students", "missing"),
    [
        ("flat-files", {"s1", "s2", "s3", "s5"}, {"s4/s4.7z": "cannot be opened"}),
        ("link-in-class.zip", {"s1", "s2"}, {"s3/lab4/data": "a link"}),
        ("bzip2-in-class.zip", {"s1", "s2", "s3"}, {}),
        ("crc-in-class.zip", {"s1", "s2"}, {"s3/lab4/own/3_x.png": "is damaged"}),
        (
            "odd-entries",
            {"s0-control", "s1-link", "s2-longname", "s3-crc"},
            {
                "s1-link/data": "a link",
                f"s2-longname/own/3_{'n' * 260}.png": "its name is longer than 255 bytes",
                "s3-crc/own/3_x.png": "is damaged",
                "s4-fifo-mode/4_1_simple_cnn.ipynb": "not a regular file",
            },
        ),
        ("archive-beside-report", {"s1", "s2", "s3"}, {}),
        ("endings", {"s-IPYNB", "s-PY", "s-ipynb.json", "s-ipynb.txt", "s-json"}, {}),
    ],
)
def test_one_odd_entry_costs_itself_and_is_listed(
    case: str, students: set[str], missing: dict[str, str], tmp_path: Path
) -> None:
    found = taken(CLASSES / case, tmp_path)
    with_work = {one.student for one in found.submissions if Path("4_1_simple_cnn.ipynb") in one.files()}
    assert with_work == students
    reasons = left_out(found)
    assert set(reasons) == set(missing)
    assert all(reasons[entry].startswith(reason) for entry, reason in missing.items())
    for one in found.submissions:  # the student is told, and the marker knows whose work did not come through
        assert bool(one.unread) == (one.student not in students)
        assert sum("left out" in problem for problem in one.problems) == len(
            [entry for entry in missing if entry.startswith(f"{one.student}/")]
        )


def test_files_are_known_by_what_they_are_and_the_student_is_told(tmp_path: Path) -> None:
    found = {one.student: one for one in taken(CLASSES / "endings", tmp_path).submissions}
    for student in ("s-IPYNB", "s-ipynb.json", "s-ipynb.txt", "s-json"):
        assert [str(path) for path in found[student].files()] == ["4_1_simple_cnn.ipynb", "4_2_better_cnn.ipynb"]
        assert "read as 4_1_simple_cnn.ipynb" in found[student].problems[0]
    assert Path("NET.py") in found["s-PY"].files()


def test_names_that_are_no_utf8_are_stored_and_two_that_are_stored_alike_are_kept_apart(tmp_path: Path) -> None:
    put(tmp_path / "in" / os.fsdecode(b"\xff") / os.fsdecode(b"l\xf6sung.py"), "x = 1")
    put(tmp_path / "in" / r"\udcff" / "work.py", "x = 2")
    found = taken(tmp_path / "in", tmp_path / "staging").submissions
    assert names(found) == [(r"\udcff", ["work.py"]), (r"\udcff (2)", [r"l\udcf6sung.py"])]
    assert "nearly the same name" in found[1].problems[0]


def test_a_class_whose_names_are_there_in_both_unicode_forms_is_told_apart_and_told(tmp_path: Path) -> None:
    put(tmp_path / "in" / "gr\u00f6\u00dfe" / "a.py")
    put(tmp_path / "in" / "gro\u0308\u00dfe" / "b.py")
    found = taken(tmp_path / "in", tmp_path / "staging").submissions
    assert {one.student for one in found} == {"gr\u00f6\u00dfe", "gro\u0308\u00dfe"}
    assert sum("nearly the same name" in problem for one in found for problem in one.problems) == 1


def test_single_notebooks_of_one_student_belong_together(tmp_path: Path) -> None:
    for name in ("ada_4_1_simple_cnn.ipynb", "ada_4_2_better_cnn.IPYNB", "ben-4_1_simple_cnn.ipynb"):
        put(tmp_path / "in" / name, NOTEBOOK)
    assert names(taken(tmp_path / "in", tmp_path / "staging").submissions) == [
        ("ada", ["4_1_simple_cnn.ipynb", "4_2_better_cnn.ipynb"]),
        ("ben", ["4_1_simple_cnn.ipynb"]),
    ]


@pytest.mark.parametrize("folders", [False, True])
def test_a_second_copy_of_a_single_notebook_is_the_same_students(folders: bool, tmp_path: Path) -> None:
    copies = ["", " (1)", "-1", "-Copy1"]
    for copy in copies:
        put(tmp_path / f"in/ada_4_1_simple_cnn{copy}.ipynb", NOTEBOOK)
    put(tmp_path / "in/ben_4_1_simple_cnn(2).ipynb", NOTEBOOK)
    put(tmp_path / "in/Copy of eve_4_1_simple_cnn.ipynb", NOTEBOOK)
    put(tmp_path / "in/JOE_4_1_Simple_CNN.IPYNB", NOTEBOOK)
    if folders:
        put(tmp_path / "in/zoe/a.py")
    assert names(taken(tmp_path / "in", tmp_path / "staging").submissions)[:4] == [
        ("JOE", ["4_1_simple_cnn.ipynb"]),
        ("ada", ["4_1_simple_cnn.ipynb"]),
        ("ben", ["4_1_simple_cnn(2).ipynb"]),
        ("eve", ["Copy of 4_1_simple_cnn.ipynb"]),
    ]


def test_a_file_whose_owner_is_not_known_is_listed_with_what_to_do(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/a.py")
    for name in ("mona.pdf", "gina.ipynb", "4_2_better_cnn_ivy.ipynb", "4_1_simple_cnn.ipynb"):
        put(tmp_path / "in" / name, NOTEBOOK)
    reasons = left_out(taken(tmp_path / "in", tmp_path / "staging"))
    whose = "its name does not say whose it is: rename it to NAME_{}.ipynb, or put it in a folder of the student's name"
    assert reasons == {
        "mona.pdf": "is no folder, archive or notebook of a student; if it is somebody's, put it in a folder of their"
        " name",
        "gina.ipynb": whose.format("4_1_simple_cnn"),
        "4_2_better_cnn_ivy.ipynb": whose.format("4_2_better_cnn"),
        "4_1_simple_cnn.ipynb": whose.format("4_1_simple_cnn"),
    }


def test_one_students_folder_is_no_class(tmp_path: Path) -> None:
    put(tmp_path / "ada/4_1_simple_cnn.ipynb", NOTEBOOK)
    put(tmp_path / "ada/own/3_pen.png")
    packed(tmp_path / "ada/submission.zip", a="1")
    put(tmp_path / "ben/lab4/4_1_simple_cnn.ipynb", NOTEBOOK)
    for student in ("ada", "ben"):
        with pytest.raises(SubmissionError, match=f"{student}: this looks like one student's folder"):
            taken(tmp_path / student, tmp_path / "staging")
    for beside in ("eve/4_1_simple_cnn.ipynb", "eve_4_1_simple_cnn.ipynb"):  # a class, and the marker's notebook
        put(tmp_path / "class/4_1_simple_cnn.ipynb", NOTEBOOK)
        put(tmp_path / "class" / beside, NOTEBOOK)
        assert [one.student for one in taken(tmp_path / "class", tmp_path / "staging").submissions] == ["eve"]
        shutil.rmtree(tmp_path / "class")


def test_submissions_that_may_be_one_persons_are_told(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/a.py")
    put(tmp_path / "in/Ada/b.py")
    put(tmp_path / "in/ben/a.py")
    put(tmp_path / "in/cleo/a.py")
    put(tmp_path / "in/cleo (2)/a.py")
    found = {one.student: one.problems for one in taken(tmp_path / "in", tmp_path / "staging").submissions}
    assert found["Ada"] == found["ben"] == found["cleo"] == []
    assert found["ada"] == ["There is another submission with nearly the same name: “Ada”."]
    assert found["cleo (2)"] == ["There is another submission with nearly the same name: “cleo”."]


def test_a_notebook_beside_students_folders_is_no_student_and_is_listed(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/a.py")
    put(tmp_path / "in/analysis.ipynb", NOTEBOOK)
    put(tmp_path / "in/README.txt")
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert names(found.submissions) == [("ada", ["a.py"])]
    assert set(left_out(found)) == {"analysis.ipynb", "README.txt"}


OLD, NEW = (2027, 1, 20, 12, 0, 0), (2027, 1, 28, 12, 0, 0)


def packed(path: Path, written: tuple[int, ...] = OLD, **files: str) -> None:
    """A zip with notebooks of these names and texts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.ipynb", written), text)  # type: ignore[arg-type]
        archive.writestr("notes.txt", path.name)


def test_archives_with_different_notebooks_are_put_together(tmp_path: Path) -> None:
    packed(tmp_path / "in/ada/v1.zip", a="1", b="1")
    packed(tmp_path / "in/ada/v2.zip", c="2")
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert names(found.submissions) == [("ada", ["a.ipynb", "b.ipynb", "c.ipynb", "notes.txt"])]
    assert left_out(found) == {"ada/notes.txt": "another file has the same name, and counts"}


@pytest.mark.parametrize(
    ("archives", "counts"),
    [
        ({"old.zip": OLD, "new.zip": NEW}, "new.zip"),
        ({"old.zip": NEW, "new.zip": OLD}, "old.zip"),
        ({"submission.zip": OLD, "submission (1).zip": NEW}, "submission (1).zip"),
        ({"submission.zip": OLD, "submission (1).zip": OLD}, "submission (1).zip"),
        ({"submission (10).zip": OLD, "submission (9).zip": OLD}, "submission (10).zip"),
        ({"submission.zip": OLD, "other.zip": OLD}, "submission.zip"),
        ({"submission.zip": OLD, "other.zip": NEW}, "other.zip"),
        ({"v1.zip": OLD, "v2.zip": OLD}, "v2.zip"),
    ],
)
def test_of_several_versions_in_archives_the_newest_counts_as_a_whole_and_the_others_are_listed(
    archives: dict[str, tuple[int, ...]], counts: str, tmp_path: Path
) -> None:
    for number, (name, written) in enumerate(archives.items()):
        packed(tmp_path / "in/ada" / name, written, a=name, **{f"only{number}": name})
    found = taken(tmp_path / "in", tmp_path / "staging")
    (ada,) = found.submissions
    number = list(archives).index(counts)
    assert names([ada]) == [("ada", ["a.ipynb", "notes.txt", f"only{number}.ipynb"])]
    assert {path.read_text() for path in ada.folder.iterdir()} == {counts}
    (other,) = archives.keys() - {counts}
    reason = f"holds other versions of notebooks, such as a.ipynb: {counts} counts instead"
    assert left_out(found) == {f"ada/{other}": reason}
    assert f"{other}: {reason}; left out" in ada.problems


def test_an_entry_whose_time_is_no_number_is_taken(tmp_path: Path) -> None:
    (tmp_path / "in/ada").mkdir(parents=True)
    with tarfile.open(tmp_path / "in/ada/work.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo("a.ipynb")
        entry.size, entry.pax_headers = len(NOTEBOOK), {"mtime": "nan"}
        archive.addfile(entry, io.BytesIO(NOTEBOOK.encode()))
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert names(found.submissions) == [("ada", ["a.ipynb"])]
    assert left_out(found) == {}


def test_notebooks_that_are_not_packed_count_before_those_in_an_archive(tmp_path: Path) -> None:
    for name, text in (("same", "1"), ("other", "2"), ("more", "1")):
        put(tmp_path / "in" / name / "a.ipynb", "1")
        packed(tmp_path / "in" / name / "submission.zip", a=text, **({"b": "1"} if name == "more" else {}))
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert names(found.submissions) == [
        ("more", ["a.ipynb", "b.ipynb", "notes.txt", "submission.zip"]),
        ("other", ["a.ipynb", "submission.zip"]),
        ("same", ["a.ipynb", "submission.zip"]),
    ]
    reason = "holds other versions of notebooks, such as a.ipynb: the notebooks beside it count"
    assert left_out(found) == {"other/submission.zip": reason}


def test_a_notebook_that_has_only_run_again_since_it_was_packed_is_no_other_version(tmp_path: Path) -> None:
    ran = json.loads(notebook("pack()"))
    ran["cells"][0] |= {
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "packed"}],
        "execution_count": 7,
    }
    put(tmp_path / "in/ada/a.ipynb", json.dumps(ran))
    packed(tmp_path / "in/ada/submission.zip", a=notebook("pack()"))
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert left_out(found) == {}
    assert found.submissions[0].versions == []


def test_of_folders_with_different_versions_the_newest_counts_and_the_others_are_named(tmp_path: Path) -> None:
    for place in ("", "my work/"):
        for folder, minute in (("2027-01-20", 1), ("2027-01-10", 0), ("copy", 0)):
            path = put(tmp_path / f"in/ada{len(place)}/{place}{folder}/4_1_simple_cnn.ipynb", notebook("x" * minute))
            os.utime(path, (60 * minute, 60 * minute))
        put(tmp_path / f"in/ada{len(place)}/{place}own/4_pen.png")
    found = taken(tmp_path / "in", tmp_path / "staging")
    for ada in found.submissions:
        assert names([ada])[0][1] == ["2027-01-20/4_1_simple_cnn.ipynb", "own/4_pen.png"]
        assert ada.versions == ["copy", "2027-01-10"]
    reason = "holds other versions of notebooks, such as 4_1_simple_cnn.ipynb: 2027-01-20 counts instead"
    assert left_out(found)["ada0/2027-01-10"] == left_out(found)["ada8/copy"] == reason


def test_folders_that_differ_in_other_files_are_parts_of_one_work(tmp_path: Path) -> None:
    for number in (1, 2):
        put(tmp_path / f"in/ada/part {number}/4_{number}.ipynb", NOTEBOOK)
        put(tmp_path / f"in/ada/part {number}/__init__.py", f"x = {number}")
    found = taken(tmp_path / "in", tmp_path / "staging")
    assert len(names(found.submissions)[0][1]) == 4
    assert left_out(found) == {}
    assert found.submissions[0].versions == []


def test_all_that_lies_beside_the_folder_that_counts_is_listed(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4/4_1_simple_cnn.ipynb", notebook("0"))
    put(tmp_path / "in/ada/same/4_1_simple_cnn.ipynb", notebook("0"))
    put(tmp_path / "in/ada/lab4_new/4_1_simple_cnn.ipynb", notebook("1"))
    put(tmp_path / "in/ada/4_2_better_cnn (1).ipynb", NOTEBOOK)
    packed(tmp_path / "in/ada/submission.zip", a="1")
    put(tmp_path / "in/ada/data/MNIST/raw")
    put(tmp_path / "in/ada/lab3/3_1.ipynb", NOTEBOOK)
    found = taken(tmp_path / "in", tmp_path / "staging")
    named = {"lab4_new", "4_2_better_cnn (1).ipynb", "submission.zip"}
    assert set(found.submissions[0].versions) == named
    assert left_out(found) == {
        f"ada/{name}": "lies beside the folder lab4, which counts" for name in {*named, "same", "lab3"}
    }
    put(tmp_path / "in/ben/lab4/4_1_simple_cnn.ipynb", NOTEBOOK)
    put(tmp_path / "in/ben/lab3/3_1.ipynb", NOTEBOOK)
    assert "ada/lab3" not in left_out(taken(tmp_path / "in", tmp_path / "again"))  # nbgrader's tree, then


def notebook(code: str, **more: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": code, "metadata": more}], "nbformat": 4})


def test_a_notebook_that_is_as_it_was_released_does_not_count_before_work(tmp_path: Path) -> None:
    stub, solved = notebook("raise NotImplementedError", saved="again"), notebook("print(1)")
    name = "4_1_simple_cnn.ipynb"
    put(tmp_path / "release" / name, notebook("raise NotImplementedError\n"))
    for student, folder in (("loose", ""), ("lab", "lab4/"), ("beside", "lab4/"), ("new", "lab4/")):
        put(tmp_path / f"in/{student}/{folder}{name}", stub)
    for place in ("loose", "lab/lab4", "beside"):
        packed(tmp_path / "in" / place / "submission.zip", **{name.removesuffix(".ipynb"): solved})
    put(tmp_path / "in/new/lab4_new" / name, solved)
    packed(tmp_path / "in/packed/work.zip", OLD, **{name.removesuffix(".ipynb"): solved})
    packed(tmp_path / "in/packed/release.zip", NEW, **{name.removesuffix(".ipynb"): stub})
    put(tmp_path / "in/nothing" / name, stub)
    found = find_submissions(
        tmp_path / "in", "lab4", tmp_path / "staging", LIMITS, NOTEBOOKS, tmp_path / "release"
    ).submissions
    for submission in found:
        notebooks = [path for path in submission.files() if path.suffix == ".ipynb"]
        texts = {path.as_posix(): (submission.folder / path).read_text() for path in notebooks}
        assert (solved in texts.values()) == (submission.student != "nothing"), submission.student
        assert texts.get(name, solved) == (stub if submission.student == "nothing" else solved)
        assert submission.versions == []


def test_a_released_notebook_in_the_folder_that_counts_gives_way_to_the_same_one_beside_it(tmp_path: Path) -> None:
    stub, solved = notebook("raise NotImplementedError"), notebook("print(1)")
    first, second = "4_1_simple_cnn.ipynb", "4_2_better_cnn.ipynb"
    for name in (first, second):
        put(tmp_path / "release" / name, stub)
    put(tmp_path / "in/ada/lab4" / first, solved)
    put(tmp_path / "in/ada/lab4" / second, stub)
    put(tmp_path / "in/ada" / second, solved)
    put(tmp_path / "in/ada" / first, notebook("print(2)"))  # both have work in them: the folder counts
    put(tmp_path / "in/ben/lab4" / first, solved)
    put(tmp_path / "in/ben/lab4" / second, stub)
    put(tmp_path / "in/ben" / second, "")  # nothing that could be read
    ada, ben = find_submissions(
        tmp_path / "in", "lab4", tmp_path / "staging", LIMITS, NOTEBOOKS, tmp_path / "release"
    ).submissions
    assert {name: (ada.folder / name).read_text() for name in (first, second)} == {first: solved, second: solved}
    assert ada.versions == [first]
    assert (ben.folder / second).read_text() == stub


def test_the_class_s_archive_may_be_of_any_kind(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/lab4/a.py")
    put(tmp_path / "in/ben/b.ipynb", NOTEBOOK)
    archives = [Path(shutil.make_archive(str(tmp_path / "class"), kind, tmp_path / "in")) for kind in ("zip", "tar")]
    archives += [
        Path(shutil.make_archive(str(tmp_path / "class"), kind, tmp_path / "in"))
        for kind in ("gztar", "bztar", "xztar")
    ]
    import py7zr

    with py7zr.SevenZipFile(tmp_path / "class.7z", "w") as packed:
        packed.writeall(tmp_path / "in", "class")
    for number, archive in enumerate([*archives, tmp_path / "class.7z"]):
        found = taken(archive, tmp_path / f"staging{number}").submissions
        assert names(found) == [("ada", ["a.py"]), ("ben", ["b.ipynb"])], archive.name


def test_code_is_taken_before_what_is_large(tmp_path: Path) -> None:
    put(tmp_path / "in/ada/a-recording.bin", "x" * 1_900_000)
    put(tmp_path / "in/ada/work.ipynb", NOTEBOOK + " " * 300_000)
    found = taken(tmp_path / "in", tmp_path / "staging", Limits(submission_mb=2))
    assert names(found.submissions) == [("ada", ["work.ipynb"])]
    assert left_out(found) == {"ada/a-recording.bin": "the submission is larger than 2 MB"}


def test_an_error_of_the_grader_while_it_takes_one_in_is_that_student_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "in/ada/a.py")
    put(tmp_path / "in/ben/b.py")
    original = collect._root

    def broken(origin: Path, *others: object) -> Path:
        if origin.name == "ada":
            raise LookupError("of ours")
        return original(origin, *others)

    monkeypatch.setattr(collect, "_root", broken)
    ada, ben = taken(tmp_path / "in", tmp_path / "staging").submissions
    assert "of ours" in ada.failure
    assert (ben.failure, names([ben])) == ("", [("ben", ["b.py"])])


# --- archives that take up much ---------------------------------------------------------------------------------------


def test_archives_within_an_archive_share_what_one_student_may_have(tmp_path: Path) -> None:
    inner = io.BytesIO()
    limits = Limits(submission_mb=1)
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros.bin", bytes(3 * 2**20))
    (tmp_path / "in" / "ada").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "in" / "ada" / "work.zip", "w") as packed:
        for number in range(6):
            packed.writestr(f"part{number}.zip", inner.getvalue())
    [ada] = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", limits).submissions
    assert [entry.reason for entry in ada.left_out].count("unpacks to more than is allowed") >= 4
    written = sum(path.stat().st_size for path in (tmp_path / "staging").rglob("*.bin"))
    assert written <= 4 * 2**20


def test_a_name_without_end_takes_up_nothing(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz", format=tarfile.GNU_FORMAT) as packed:
        packed.addfile(tarfile.TarInfo("a.py"))
        packed.addfile(tarfile.TarInfo("x" * 10**7))
    put(tmp_path / "in/ben/b.py")
    (tmp_path / "in" / "ada").mkdir()
    (tmp_path / "in" / "ada" / "work.tar.gz").write_bytes(content.getvalue())
    ada, ben = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
    assert names([ada, ben]) == [("ada", ["a.py"]), ("ben", ["b.py"])]
    assert "the name of an entry is too long" in ada.left_out[0].reason
    assert len(repr(ada.left_out)) < 3000


@pytest.mark.parametrize(("dictionary", "taken"), [(2**20, ["a.py"]), (2**29, [])])
def test_an_xz_archive_gets_only_so_much_memory(dictionary: int, taken: list[str], tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("a.py"))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": dictionary}]
    archive = tmp_path / "in" / "ada" / "work.tar.xz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(lzma.compress(content.getvalue(), filters=filters))
    [ada] = find_submissions(tmp_path / "in", "lab4", tmp_path / "staging", LIMITS).submissions
    assert names([ada]) == [("ada", taken)]
    assert bool(ada.left_out) == (not taken)
