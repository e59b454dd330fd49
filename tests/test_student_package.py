"""Does the self-check work in a student's own environment, with the release folder alone?"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, install

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def student(student_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The release folder of a student, and their `autograder`."""
    folder = tmp_path_factory.mktemp("student") / "lab4"
    shutil.copytree(ROOT / "release" / "lab4", folder)
    return folder, student_environment / "autograder"


def check(folder: Path, command: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "120", "AUTOGRADER_DATA": "digits"}
    return subprocess.run([command, "check"], cwd=folder, env=environment, capture_output=True, text=True)


def test_it_is_the_students_package_and_not_this_checkout(student: tuple[Path, Path]) -> None:
    folder, command = student
    code = "import autograder; print(autograder.__file__)"
    python = command.with_name("python")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([python, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert str(command.parents[1]) in done.stdout
    helped = subprocess.run(
        [command, "--help"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert "check" in helped
    assert "mark" not in helped.split("Commands")[1]


def test_the_untouched_release_is_not_started(student: tuple[Path, Path]) -> None:
    done = check(*student)
    assert "0 of 83 points in the public checks: 17 not started." in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1


# That the reference is done there, and a mistake named, is in test_push_check: the check on a push is the same command.


@pytest.mark.slow
def test_the_readmes_commands_work_from_nothing(tmp_path: Path) -> None:
    """Installs everything that requirements.txt names: minutes, and gigabytes."""
    shutil.copytree(ROOT / "release" / "lab4", tmp_path / "lab4")
    programs = install(tmp_path, "-r", "requirements.txt")
    assert "0 of 83 points" in check(tmp_path / "lab4", programs / "autograder").stdout
