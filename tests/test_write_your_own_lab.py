"""Are the instructor's pages true? Their commands and edits are followed to the letter, in a copy of the checkout."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.checkout_copy import copy_checkout, run
from tests.conftest import ROOT

pytestmark = pytest.mark.processes
BLOCK = re.compile(
    r"^```(?P<kind>\{code-block\} \w+|console)\n(:caption: (?P<path>[^\n]*)\n\n)?(?P<text>.*?)^```$", re.M | re.S
)
SLOW = pytest.mark.slow


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout."""
    return copy_checkout(tmp_path)


def follow(page: str, checkout: Path) -> int:
    """Does what a page says, block by block; how many commands and edits it had."""
    done = 0
    for block in BLOCK.finditer((checkout / "docs" / page).read_text(encoding="utf-8")):
        kind, path, text = block["kind"], block["path"], block["text"]
        if kind == "console":
            for line in text.splitlines():
                assert line.startswith("$ "), f"{page}: no command: {line!r}"
                result = run(checkout, line.removeprefix("$ "))
                assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
                done += 1
            continue
        file = checkout / path
        if kind.endswith("diff"):
            old = "".join(f"{line[1:]}\n" for line in text.splitlines() if line[:1] in "- ")
            new = "".join(f"{line[1:]}\n" for line in text.splitlines() if line[:1] in "+ ")
            there = file.read_text(encoding="utf-8")
            assert there.count(old) == 1, f"{page}: {path} holds this {there.count(old)} times:\n{old}"
            file.write_text(there.replace(old, new), encoding="utf-8")
        else:
            assert file.is_file(), f"{page}: {path} is not there to be written over"
            file.write_text(text, encoding="utf-8")
        done += 1
    return done


def marks_on(page: str) -> dict[str, float]:
    """The marks that a page says students get."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| student \| of .*?\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    rows = [row.strip("|\n ").split("|") for row in table.splitlines()]
    return {name.strip(): float(points) for name, points in rows}


def marks_in(folder: Path) -> dict[str, float]:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {student["student"]: student["score"] for student in results["students"]}


def in_shape(checkout: Path) -> None:
    """What was made and edited is such as `make lint` wants it."""
    for command in ("ruff check .", "ruff format --check ."):
        done = run(checkout, f'"{sys.executable}" -m {command}')
        assert done.returncode == 0, done.stdout


def test_a_new_lab_passes_the_gate_as_it_stands(checkout: Path) -> None:
    before = (checkout / "course.yml").read_text(encoding="utf-8")
    made = run(checkout, 'autograder new lab lab5 --title "Lab 5: pixels" --task rescale --notebook 5_1_pixels')
    assert made.returncode == 0, made.stderr
    assert (checkout / "course.yml").read_text(encoding="utf-8").startswith(before)
    built = run(checkout, "autograder build --assignment lab5 --data digits")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "raise NotImplementedError" in (checkout / "release/lab5/5_1_pixels.ipynb").read_text(encoding="utf-8")
    in_shape(checkout)
    again = run(checkout, "autograder new lab lab5")
    assert again.returncode == 2
    assert "already has an assignment 'lab5'" in again.stderr


@SLOW
def test_write_your_own_lab_is_true(checkout: Path) -> None:
    page = "write-your-own-lab.md"
    assert follow(page, checkout) > 20
    assert marks_in(checkout / "build/class-marks") == marks_on(page)
    results = json.loads((checkout / "build/class-marks/results.json").read_text(encoding="utf-8"))
    carol = next(student for student in results["students"] if student["student"] == "carol")
    said = {check["diagnosis"] for task in carol["tasks"] for check in task["checks"] if check["diagnosis"]}
    assert said == {"plain-mean"}
    in_shape(checkout)


@SLOW
def test_add_a_task_is_true(checkout: Path) -> None:
    page = "add-a-task.md"
    assert follow(page, checkout) >= 9
    assert marks_in(checkout / "build/sample-marks") == marks_on(page)
    in_shape(checkout)
