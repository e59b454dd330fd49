"""Does `autograder diff` say whose marks moved, and why?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.results import GivenExtension, Lateness, StudentResult
from tests.test_overrides import LATE, check, override, run, student, write

PASSED, FAILED = check("same-function", "passed", 5), check("same-function", "failed", 0)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The results of a class before and after."""
    old, new = tmp_path / "old", tmp_path / "new"
    before = [student("ada", PASSED), student("bob", PASSED), student("cy", FAILED), student("gone", PASSED)]
    after = [student("ada", FAILED), student("bob", FAILED), student("cy", FAILED), student("new", PASSED)]
    write(old, before)
    write(new, after)
    return old, new


def test_nothing_moved(folders: tuple[Path, Path]) -> None:
    done = run("diff", folders[0], folders[0] / "results.json")
    assert done.exit_code == 0
    assert done.output.strip() == "0 marks moved."


def test_marks_that_moved_and_the_check_that_moved_them(folders: tuple[Path, Path]) -> None:
    done = run("diff", *folders)
    assert done.exit_code == 1
    words = " ".join(done.output.replace("│", " ").split())
    assert "ada 5 0 -5 simple-cnn/same-function 5 → 0" in words
    assert "simple-cnn/same-function passed, 5 of 5 failed (no-relu-after-conv1), 0 of 5 ada and bob" in words
    assert "gone 5 — only in OLD" in words
    assert "new — 5 only in NEW" in words
    assert "cy" not in words
    assert "4 marks moved." in words


def test_the_same_as_data(folders: tuple[Path, Path]) -> None:
    done = run("diff", "--json", *folders)
    assert done.exit_code == 1
    found = {one["student"]: one for one in json.loads(done.output)["students"]}
    assert set(found) == {"ada", "bob", "gone", "new"}
    assert all(one["moved"] for one in found.values())
    assert (found["ada"]["old"], found["ada"]["new"]) == (5, 0)
    (change,) = found["ada"]["checks"]
    assert (change["task"], change["check"]) == ("simple-cnn", "same-function")
    assert (change["old"]["status"], change["new"]["diagnosis"]) == ("passed", "no-relu-after-conv1")


def moved(tmp_path: Path, old: StudentResult, new: StudentResult) -> tuple[int, str]:
    """The exit status, and what stands there of one student."""
    write(tmp_path / "old", [old])
    write(tmp_path / "new", [new])
    done = run("diff", tmp_path / "old", tmp_path / "new")
    return done.exit_code, " ".join(done.output.replace("│", " ").split())


def test_what_changed_without_a_mark_that_moved(tmp_path: Path) -> None:
    other = FAILED.model_copy(update={"diagnosis": "average-pooling"})
    status, words = moved(tmp_path, student("ada", FAILED), student("ada", other))
    assert status == 0
    assert "failed (no-relu-after-conv1), 0 of 5 failed (average-pooling), 0 of 5 ada" in words
    assert "0 marks moved." in words


def test_lateness_is_a_reason(tmp_path: Path) -> None:
    late = Lateness(**{**LATE.model_dump(), "days": 2, "percent": 20, "points": 1})
    status, words = moved(tmp_path, student("ada", PASSED, late=LATE), student("ada", PASSED, late=late))
    assert status == 1
    assert "1 day late, 0.5 points off (10 %) before, 2 days late, 1 points off (20 %) now" in words


def test_reasons_are_parts_of_one_sentence(tmp_path: Path) -> None:
    given = GivenExtension(deadline="2027-02-05T23:59:00Z", reason="illness")
    new = student("ada", PASSED).model_copy(update={"extension": given})
    _, words = moved(tmp_path, student("ada", PASSED, late=LATE), new)
    assert "(illness) now; Lateness: 1 day late" in words


def test_another_submission_is_a_reason(tmp_path: Path) -> None:
    new = student("ada", FAILED).model_copy(update={"submission": "6" * 64})
    assert "a different submission; simple-cnn/same-function 5 → 0" in moved(tmp_path, student("ada", PASSED), new)[1]


def test_a_withheld_mark_is_a_mark_that_moved(tmp_path: Path) -> None:
    error = student("ada", check("same-function", "error", 0), withheld=True)
    status, words = moved(tmp_path, student("ada", FAILED), error)
    assert status == 1
    assert "ada 0 withheld" in words


def test_a_zero_that_counts_where_no_mark_was_is_a_mark_that_moved(tmp_path: Path) -> None:
    unread = student("ada", FAILED).model_copy(update={"unread": "there is report.pdf"})
    status, words = moved(tmp_path, unread, student("ada", FAILED))
    assert status == 1
    assert "ada no mark 0" in words
    assert moved(tmp_path, unread, unread) == (0, "0 marks moved.")


def test_many_checks_that_moved_one_mark_are_counted(tmp_path: Path) -> None:
    def of_class(passed: int) -> StudentResult:
        return student(
            "ada", *(check(f"c{n}", "passed" if n < passed else "failed", 5 if n < passed else 0) for n in range(9))
        )

    _, words = moved(tmp_path, of_class(0), of_class(9))
    assert "ada 0 45 +45 9 checks, now 45 of" in words
    assert "simple-cnn/c8 failed" in words  # in the table of checks
    assert "ada 0 40 +40 simple-cnn/c0 0 → 5; simple-cnn/c1" in moved(tmp_path, of_class(0), of_class(8))[1]


def test_a_decision_is_a_reason(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        write(tmp_path / folder, [student("ada", FAILED)])
    decision = ("--points", "4", "--reason", "A slip.", "--by", "jo")
    override(tmp_path / "new", "ada", "simple-cnn/same-function", *decision)
    there = run("diff", tmp_path / "old", tmp_path / "new")
    back = run("diff", tmp_path / "new", tmp_path / "old")
    assert (there.exit_code, back.exit_code) == (1, 1)
    assert "was decided by jo: A slip" in " ".join(there.output.replace("│", " ").split())
    assert "the decision by hand was removed" in " ".join(back.output.replace("│", " ").split())


def test_bad_input_is_neither(folders: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"schema": 1,\n "oops"')
    for bad, sentence in ((tmp_path, "results.json, line 2"), (tmp_path / "nowhere", "there is no such file")):
        done = run("diff", folders[0], bad)
        assert done.exit_code == 2
        assert sentence in done.output
