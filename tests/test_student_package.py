"""Does the self-check work in a student's own environment, with the release folder alone?"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sample_class import make_student

RECIPES = ROOT / "tests" / "recipes"


def install(folder: Path, *arguments: str) -> Path:
    """A new environment with the release's wheel; the path of its `autograder`."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True, cwd=folder / "lab4")
    return folder / "venv" / "bin" / "autograder"


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The release folder of a student and their `autograder`, with the libraries lent by this environment."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(ROOT / "release" / "lab4", folder / "lab4")
    (wheel,) = (folder / "lab4").glob("*.whl")
    command = install(folder, "--no-deps", f"./{wheel.name}")
    # Libraries alone: a path file of another environment is not read, so this checkout's package is not found.
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"])
    return folder / "lab4", command


def check(folder: Path, command: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "120", "AUTOGRADER_DATA": "digits"}
    return subprocess.run([command, "check"], cwd=folder, env=environment, capture_output=True, text=True)


def test_it_is_the_students_package_and_not_this_checkout(student: tuple[Path, Path]) -> None:
    folder, command = student
    code = "import autograder; print(autograder.__file__)"
    python = command.with_name("python")
    done = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert str(folder.parent) in done.stdout
    helped = subprocess.run([command, "--help"], cwd=folder, capture_output=True, text=True, check=True).stdout
    assert "check" in helped
    assert "mark" not in helped.split("Commands")[1]


def test_the_untouched_release_is_not_started(student: tuple[Path, Path]) -> None:
    done = check(*student)
    assert "0 of 81 points in the public checks: 16 not started." in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1


def test_the_reference_is_done(student: tuple[Path, Path], tmp_path: Path) -> None:
    make_student(RECIPES / "reference", tmp_path / "lab4", "digits")
    done = check(tmp_path / "lab4", student[1])
    assert "81 of 81 points in the public checks: 16 done." in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_a_mistake_is_named_with_a_hint_and_no_solution(student: tuple[Path, Path], tmp_path: Path) -> None:
    make_student(RECIPES / "no-second-relu", tmp_path / "lab4", "digits")
    done = check(tmp_path / "lab4", student[1])
    assert "no ReLU after the second convolution" in " ".join(done.stdout.split())
    assert "76 of 81 points" in done.stdout


@pytest.mark.slow
def test_the_readmes_commands_work_from_nothing(tmp_path: Path) -> None:
    """Installs everything that requirements.txt names: minutes, and gigabytes."""
    shutil.copytree(ROOT / "release" / "lab4", tmp_path / "lab4")
    command = install(tmp_path, "-r", "requirements.txt")
    assert "0 of 81 points" in check(tmp_path / "lab4", command).stdout
