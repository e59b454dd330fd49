"""Does everything that runs on Windows and macOS say there what it says on Linux? The machines are pretended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SUBMISSIONS, autograder

pytestmark = pytest.mark.processes

PRETENDED = ROOT / "tests" / "pretended"
ODD = """
import os

def load_image(path):
    print("noise" * 100_000)
    raise ValueError("nothing ✓")

class InceptionBlock:
    def __init__(self, *sizes):
        os._exit(3)
"""


def on(machine: str, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs the command line on a pretended machine, whose pipes have the encoding that Windows often gives them."""
    path = os.pathsep.join(map(str, (PRETENDED, ROOT)))
    variables = {**os.environ, "PRETEND": machine, "PYTHONPATH": path, "PYTHONIOENCODING": "cp1252", "COLUMNS": "160"}
    command = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, env={**variables, **environment})


@pytest.mark.parametrize("machine", ["windows", pytest.param("macos", marks=pytest.mark.slow)])
def test_a_check_finds_what_it_finds_on_linux(machine: str, tmp_path: Path) -> None:
    """Right answers, a mistake, noise, and a process that ends and is started again: no process is forked there."""
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(SUBMISSIONS / "half-done" / "lab4" / "4_1_simple_cnn.ipynb", work)
    (work / "odd.py").write_text(ODD, encoding="utf-8")
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    linux = autograder("check", work, "--json", here, "--verbose", AUTOGRADER_DATA="digits")
    found = on(machine, "check", work, "--json", there, "--verbose", AUTOGRADER_DATA="digits")
    assert found.returncode == linux.returncode == 1, found.stderr.decode()
    assert there.read_bytes() == here.read_bytes()
    assert json.loads(here.read_text(encoding="utf-8"))["score"] == 24
    assert "The process ended unexpectedly" in linux.stdout
    plain = linux.stdout.replace("✓", "+").replace("✗", "x").replace("○", "o").replace("↑", "^")
    assert found.stdout.decode("cp1252").splitlines() == plain.splitlines()


def test_the_doctor_says_where_marking_is_possible() -> None:
    done = on("windows", "doctor", AUTOGRADER_DATA="digits")
    assert done.returncode == 1
    assert b"On Windows, mark inside WSL 2" in done.stdout.replace(b"\r\n", b" "), done.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize("machine", ["windows", "macos"])
def test_a_release_is_built_and_a_class_is_marked_and_reported(machine: str, tmp_path: Path) -> None:
    """The release is the same as on Linux. Who marks there has no sandbox, and is asked to mark elsewhere."""
    done = on(machine, "build", "--data", "digits", "--out", tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    for path in sorted((ROOT / "release" / "lab4").rglob("*")):
        if path.is_file() and path.suffix != ".whl":
            assert (tmp_path / path.relative_to(ROOT)).read_bytes() == path.read_bytes(), path
    shutil.copytree(SUBMISSIONS / "half-done", tmp_path / "class" / "half-done")
    command = ("mark", tmp_path / "class", "-o", tmp_path / "marks", "--data", "digits")
    refused = on(machine, *command)
    assert refused.returncode == 2
    assert b"No sandbox" in refused.stderr
    marks = tmp_path / "marks"
    for arguments in (
        (*command, "--unsafe-no-sandbox"),
        ("report", marks, "--for", "after"),
        ("override", marks, "half-done", "simple-cnn/same-function", "--points", "4", "--reason", "A typo ✓."),
        ("export", marks, "--to", "csv", "-o", tmp_path / "marks.csv"),
        ("diff", marks, marks),
    ):
        done = on(machine, *arguments)
        assert done.returncode == 0, (arguments, done.stderr.decode())
    assert "half-done" in (tmp_path / "marks.csv").read_text(encoding="utf-8")
