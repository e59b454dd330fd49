"""Runs the students' package as a student would: installed in an environment of its own, far from this checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

from autograder.labs.lab import Lab

PROGRAM = "import sys; from autograder.cli import main; sys.argv[0] = 'autograder'; main()"


def package_breaches(lab: Lab, release: Path, submissions: dict[str, Path]) -> list[str]:
    """What the self-check of the students' package gets wrong about `submissions`: the reference, and the release.

    The package is installed; its libraries are lent by this environment.
    """
    (wheel,) = release.glob("*.whl")
    with tempfile.TemporaryDirectory(prefix="student-") as folder:
        python = _installed(wheel, Path(folder) / "environment")
        if isinstance(python, str):
            return [f"{wheel.name} cannot be installed: {python}"]
        found: list[str] = []
        for student, submission in submissions.items():
            found += _check_breaches(lab, wheel, python, student, submission, Path(folder) / f"{student}.json")
        return found


def _installed(wheel: Path, environment: Path) -> Path | str:
    """The Python of a new environment with the package in it, or why pip refuses."""
    venv.create(environment)
    paths = sysconfig.get_paths(vars={"base": str(environment), "platbase": str(environment)})
    python = Path(paths["scripts"]) / Path(sys.executable).name
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    done = subprocess.run([*command, str(wheel)], capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip()
    # Path files in the folder that is lent are not read, so an editable install of this checkout is not found.
    (Path(paths["purelib"]) / "lent.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    return python


def _check_breaches(lab: Lab, wheel: Path, python: Path, student: str, submission: Path, report: Path) -> Iterator[str]:
    """What `autograder check` gets wrong about one submission."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    command = [str(python), "-c", PROGRAM, "check", str(submission), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean, cwd=report.parent)
    if not report.is_file():
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        yield (
            f"{wheel.name} cannot run: `autograder check` on the {student} ends with status {done.returncode}:"
            f" {said[-1] if said else 'it says nothing'}"
        )
        return
    for task in json.loads(report.read_text(encoding="utf-8"))["tasks"]:
        for check in task["checks"]:
            expected = 0 if student == "release" else check["max_score"]
            if check["score"] != expected or check["status"] == "error":
                yield (
                    f"{wheel.name}: `autograder check` gives the {student} {check['score']:g} of {check['max_score']:g}"
                    f" for {task['id']}/{check['id']}: {check['message']}"
                )
