"""Whatever is in an archive: is nothing written outside, and is every entry taken or listed?"""

from __future__ import annotations

import random
import shutil
import warnings
from pathlib import Path

import pytest

from autograder.course import Limits
from autograder.submission.archives import Leftover
from autograder.submission.collect import SubmissionError, find_submissions
from autograder.submission.taken_in import TakenIn
from tests.odd_archives import Odd, odd_archive

LIMITS = Limits(submission_mb=1, files=400)
TROUBLE = (
    "damaged",
    "an empty folder",
    "cannot be",
    "the rest of",
    "is empty",
    "is not an archive",
    "unpacks to more",
    "packed in a way",
)


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_entry_is_taken_or_listed_and_nothing_is_written_outside(count: int, tmp_path: Path) -> None:
    refused = 0
    for seed in range(count):
        draw = random.Random(seed)
        place = tmp_path / str(seed)
        source = place / "in"
        source.mkdir(parents=True)
        with warnings.catch_warnings(action="ignore"):  # of two entries with one name
            if seed % 2:
                odds = [odd_archive(draw, source, f"student-{number}") for number in range(2)]
                handed_over = source
            else:
                odds = [odd_archive(draw, source, "class", below="student-0")]
                handed_over = odds[0].path
        if seed % 2:
            (source / "control").mkdir()
            (source / "control" / "work.py").write_text("x = 1")
        before = tree(place)
        try:
            found = find_submissions(handed_over, "lab4", place / "staging", LIMITS)
        except SubmissionError as error:  # nobody's work is in it; the message lists what is
            refused += 1
            found = TakenIn([], [Leftover(str(error), "damaged")])
        assert tree(place, but="staging") == before, f"{seed}: something was written outside"
        assert not any(path.is_symlink() for path in (place / "staging").rglob("*")), seed
        assert not [one.failure for one in found.submissions if one.failure], seed
        if seed % 2:
            (control,) = (one for one in found.submissions if one.student == "control")
            assert control.files() == [Path("work.py")], seed
        for odd in odds:
            check(odd, found, seed)
        assert list(tmp_path.iterdir()) == [place], f"{seed}: something was written outside"
        shutil.rmtree(place)
    assert not list(Path("/tmp").glob("*token*"))
    assert refused < count / 5  # only archives of a class that are damaged as a whole


def tree(folder: Path, but: str = "") -> list[tuple[str, int]]:
    return sorted(
        (str(path), path.lstat().st_size)
        for path in folder.rglob("*")
        if not but or folder / but not in (path, *path.parents)
    )


def above(name: str) -> set[str]:
    """The folders in which an entry lies."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return {"/".join(parts[first:last]) for first in range(len(parts)) for last in range(first + 1, len(parts) + 1)}


def check(odd: Odd, found: TakenIn, seed: int) -> None:
    """Every token of the archive is in the path of a file that was taken, or in the list of what was not."""
    own = [one for one in found.submissions if odd.path.name.startswith((f"{one.student}.", "class."))]
    listed = [*found.left_out, *(entry for one in own for entry in one.left_out)]
    there = [str(path) for one in own for path in one.files()] + [entry.name for entry in listed]
    if any(entry.name == odd.path.name for entry in listed):
        return  # all of it
    folders = {entry.name.strip("/") for entry in listed}  # what is in such a folder is not listed one by one
    missing = [
        token
        for token, name in zip(odd.tokens, odd.names, strict=True)
        if not any(token in other for other in there) and folders.isdisjoint(above(name))
    ]
    trouble = [entry for entry in listed if any(words in entry.reason for words in TROUBLE)]
    assert not missing or (odd.damaged and (trouble or not own)), f"{seed}, {odd.path.name}: {missing} vanished"
