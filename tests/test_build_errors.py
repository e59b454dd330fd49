"""Whatever is wrong with a reference: does the build name the file, the line and the cure, and leave things alone?"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from autograder.build.pipeline import build
from autograder.build.source_notebooks import BuildError
from autograder.labs.lab import open_lab
from tests.conftest import ROOT

SCRIPT = "reference/lab4/4_6_branches.py"
HEADER = '"grade_id": "inception-block"'
CHECK = '# check("inception-block")'


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The course file, the reference's scripts, and an earlier release."""
    shutil.copytree(ROOT / "reference", tmp_path / "reference", ignore=shutil.ignore_patterns("weights", "*.png"))
    shutil.copyfile(ROOT / "course.yml", tmp_path / "course.yml")
    (tmp_path / "release/lab4").mkdir(parents=True)
    (tmp_path / "release/lab4/old.txt").write_text("old")
    return tmp_path


def refused(course: Path) -> str:
    with pytest.raises(BuildError) as error:
        build(open_lab("lab4", course / "course.yml"), course)
    assert [path.name for path in (course / "release/lab4").iterdir()] == ["old.txt"]
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        (
            "class InceptionBlock(nn.Module):",
            "class InceptionBlock(nn.Module:",
            "class InceptionBlock",
            "not valid Python",
        ),
        (CHECK, CHECK.removesuffix(")"), CHECK.removesuffix(")"), "this cell of the notebook is not valid Python"),
        ('"grade_id": "inception-block-check"', HEADER, '"grade": true, ' + HEADER, "is used twice (first on line"),
        ('"points": 3', '"points": 4', '"points": 4', "course.yml gives it 3"),
    ],
)
def test_a_breach_names_the_line(course: Path, old: str, new: str, at: str, said: str) -> None:
    script = course / SCRIPT
    text = script.read_text(encoding="utf-8")
    assert old in text
    script.write_text(text.replace(old, new, 1), encoding="utf-8")
    lines = script.read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, start=1) if at in line)
    sentences = refused(course).splitlines()[1:]
    assert any(sentence.startswith(f"  – {script}, line {number}: ") and said in sentence for sentence in sentences)


def test_a_name_that_no_notebook_defines_is_named_with_the_one_that_is_meant(course: Path) -> None:
    file = course / "course.yml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("definitions: [SimpleCNN]", "definitions: [SimpelCNN]"), encoding="utf-8")
    line = 1 + text[: text.index("definitions: [SimpleCNN]")].count("\n")
    said = refused(course)
    assert f"{file}, line {line}: the task 'simple-cnn' asks for 'SimpelCNN', which no notebook" in said
    assert "Did you mean `SimpleCNN` (4_1_simple_cnn.py)?" in said


def test_marks_of_a_solution_come_in_pairs(course: Path) -> None:
    script = course / SCRIPT
    lines = script.read_text(encoding="utf-8").splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines, start=1) if line.strip() == "### BEGIN SOLUTION"]
    ends = [number for number, line in enumerate(lines, start=1) if line.strip() == "### END SOLUTION"]
    script.write_text("".join(line for number, line in enumerate(lines, start=1) if number != ends[-1]))
    said = refused(course)
    assert f"{script}, line {begins[-1]}: `### BEGIN SOLUTION` has no `### END SOLUTION`" in said
    script.write_text("".join(line for number, line in enumerate(lines, start=1) if number != begins[-1]))
    said = refused(course)
    assert f"{script}, line {ends[-1] - 1}: `### END SOLUTION` without a `### BEGIN SOLUTION`" in said


def test_everything_is_said_at_once(course: Path) -> None:
    script = course / SCRIPT
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace('"points": 3', '"points": 4').replace('# check("residual-block")', "# check("))
    (course / "reference/lab4/4_5_visualise.py").unlink()
    said = refused(course)
    assert "4_5_visualise.py: is missing" in said
    assert 'has "points": 4' in said
    assert "this cell of the notebook is not valid Python" in said


def test_a_mistake_that_no_longer_fits_the_reference_is_named(course: Path) -> None:
    script = course / "reference/lab4/4_4_own_image.py"
    text = script.read_text(encoding="utf-8")
    assert text.count("argmax(1)") == 1
    script.write_text(text.replace("argmax(1)", "argmax(dim=1)"))
    said = refused(course)
    assert re.search(
        r"mistakes/classify\.yml, line \d+, off-by-one: 4_4_own_image\.py holds this 0 times, and must hold it once",
        said,
    )
