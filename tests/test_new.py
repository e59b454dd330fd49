"""Does `autograder new` add what it says, and does it refuse what cannot be, with nothing written?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import read_course
from tests.checkout_copy import copy_checkout, run

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that has a lab of its own beside lab 4."""
    copy = copy_checkout(tmp_path_factory.mktemp("new"))
    made = run(copy, "autograder new lab lab5 --task rescale --notebook 5_1_pixels --points 2")
    assert made.returncode == 0, made.stderr
    return copy


def tree(folder: Path) -> dict[str, bytes]:
    rooms = ("autograder", "reference", "tests")
    files = [path for room in rooms for path in (folder / room).rglob("*") if path.is_file()]
    kept = [path for path in [*files, folder / "course.yml"] if "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("task Stretch --notebook 5_1_pixels --lab lab5", "'Stretch' is not a valid task id: use lower-case letters"),
        ("task lambda --notebook 5_1_pixels --lab lab5", "`lambda`, which is not a Python name"),
        ("task 2nd --notebook 5_1_pixels --lab lab5", "`2nd`, which is not a Python name"),
        ("task other --notebook pixels --lab lab5", "'pixels' is not a valid notebook name: begin with a digit"),
        ("task rescale --notebook 5_1_pixels --lab lab5", "already asks for `rescale`; choose another id"),
        ("task load-image --notebook 5_1_pixels --lab lab5", "'load-image' of lab4 already asks for `load_image`"),
        ("task other --notebook 5_1_pixels", "choose one with --assignment: lab4, lab5"),
        ("task other --notebook 5_1_pixels --lab lab6", "there is no assignment 'lab6'; course.yml has lab4, lab5"),
        ("task other --notebook 5_1_pixels --lab lab5 --points 1 --hidden-check", "--points must be more than"),
        ("lab lab5", "already has an assignment 'lab5'"),
        ("lab lab-6", "'lab-6' is not a valid lab name: begin with a lower-case letter"),
        ("lab class", "'class' is a Python keyword"),
        ("lab lab6 --task rescale", "the task 'rescale' of lab5 already asks for `rescale`"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(checkout: Path, arguments: str, said: str) -> None:
    before = tree(checkout)
    done = run(checkout, f"autograder new {arguments}")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(checkout) == before


def test_nothing_is_written_over(checkout: Path) -> None:
    mistake = checkout / "autograder/labs/lab5/mistakes/other.yml"
    mistake.write_text("mine")
    before = tree(checkout)
    done = run(checkout, "autograder new task other --notebook 5_1_pixels --lab lab5")
    assert done.returncode == 2
    assert "mistakes/other.yml: exists already, and is not overwritten" in done.stderr
    assert tree(checkout) == before
    mistake.unlink()


def test_a_task_goes_behind_those_of_its_notebook_and_the_file_stays_as_it_is(checkout: Path) -> None:
    before = (checkout / "course.yml").read_text(encoding="utf-8").splitlines()
    done = run(
        checkout, "autograder new task count-ink --notebook 4_4_own_image --points 2.5 --hidden-check --lab lab4"
    )
    assert done.returncode == 0, done.stderr
    after = (checkout / "course.yml").read_text(encoding="utf-8").splitlines()
    course = read_course(checkout / "course.yml")
    ids = [task.id for task in course.assignments["lab4"].tasks]
    assert ids[ids.index("count-ink") - 1] == "classify"
    assert course.assignments["lab4"].points == 102.5
    assert course.assignments["lab4"].task("count-ink").checks == {"right-values": 1.5, "more-shapes": 1}
    assert course.assignments["lab5"].points == 2
    old, new = set(before) - set(after), set(after) - set(before)
    (points,) = old
    assert points.startswith("    points: 100   ")
    assert points.replace("100  ", "102.5") in new  # with its comment, where that was
    assert len(after) == len(before) + 5
    for name in ("reference/lab4/4_4_own_image.py", "autograder/labs/lab4/test_4_4_own_image.py"):
        assert f"reference/lab4/{Path(name).name}" in done.stdout or name in done.stdout
        assert "count_ink" in (checkout / name).read_text(encoding="utf-8")


def test_the_program_of_another_checkout_writes_nothing_here(tmp_path: Path) -> None:
    (tmp_path / "course.yml").write_text("course: c\nassignments: {}\n")
    done = run(tmp_path, f'cd "{tmp_path}" && PYTHONPATH= autograder new lab lab7')
    assert done.returncode != 0
    assert not (tmp_path / "reference").exists()
