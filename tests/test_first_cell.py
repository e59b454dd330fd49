"""Does the first cell make a notebook work where it is opened: in a folder, in Colab, with the package and without?"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import types
import venv
from pathlib import Path

import nbformat
import pytest
import yaml

from autograder import start
from autograder.build.first_cell import CELL, with_first_cell
from autograder.labs.lab import Lab, open_lab
from tests.conftest import ROOT

RELEASE = ROOT / "release" / "lab4"
WHEEL = "lab4_autograder-0.1.0-py3-none-any.whl"
GITHUB = "https://github.com/ada/course/tree/main/labs/lab4"


def lab_at(address: str | None) -> Lab:
    lab = open_lab("lab4")
    return dataclasses.replace(lab, assignment=lab.assignment.model_copy(update={"address": address}))


def cells(address: str | None) -> list[nbformat.NotebookNode]:
    """The cells of a small notebook that is built with `address` in course.yml."""
    plain = [nbformat.v4.new_markdown_cell("# A lab"), nbformat.v4.new_code_cell("import torch")]
    notebook = nbformat.v4.new_notebook(cells=plain)
    return with_first_cell(notebook, "4_1_simple_cnn", lab_at(address), WHEEL).cells


# --- the cell ---------------------------------------------------------------------------------------------------------


def test_the_cell_is_short_and_stands_before_all_code() -> None:
    title, first, rest = cells(None)
    assert (title.source, rest.source) == ("# A lab", "import torch")
    assert first.source.splitlines()[-1] == 'autograder.start.here("lab4")'
    assert len(CELL.splitlines()) < 15
    compile(first.source, "cell", "exec")


@pytest.mark.parametrize(
    ("address", "badge", "wheel"),
    [
        (None, "", ""),
        ("https://ada.edu/lab4/", "", f"https://ada.edu/lab4/{WHEEL}"),
        (
            GITHUB,
            "https://colab.research.google.com/github/ada/course/blob/main/labs/lab4/4_1_simple_cnn.ipynb",
            f"https://raw.githubusercontent.com/ada/course/main/labs/lab4/{WHEEL}",
        ),
    ],
)
def test_an_address_gives_the_wheel_and_at_github_a_badge(address: str | None, badge: str, wheel: str) -> None:
    _, *between, first, _ = cells(address)
    assert [cell.cell_type for cell in between] == (["markdown"] if badge else [])
    assert all(f"]({badge})" in cell.source for cell in between)
    assert ("https://" in first.source) == bool(address)
    assert wheel in first.source
    compile(first.source, "cell", "exec")


# --- what it calls ----------------------------------------------------------------------------------------------------


def test_where_nothing_is_missing_it_says_so_in_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    start.here("lab4")
    said = capfd.readouterr()
    assert said.out in ("Ready: networks run on cpu.\n", "Ready: networks run on cuda.\n")
    assert said.err == ""  # it would cost points under nbgrader


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Colab with the students' package, a release that its course.yml names, and a Drive that can be mounted."""
    content, keys = tmp_path / "content", tmp_path / "keys"
    content.mkdir()
    keys.mkdir()
    names = ["4_1_simple_cnn.ipynb", "images/2_one_bit.png", "gone.txt"]
    assignments = {"lab4": {"address": RELEASE.as_uri(), "support": names}}
    (keys / "course.yml").write_text(yaml.safe_dump({"assignments": assignments}), encoding="utf-8")
    drives = types.SimpleNamespace(mount=lambda place: Path(place, "MyDrive").mkdir(parents=True))
    google = types.ModuleType("google.colab")
    google.drive = drives  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab", google)
    monkeypatch.setattr(start, "CONTENT", content)
    monkeypatch.setattr(start, "KEYS", keys)
    monkeypatch.chdir(content)
    return content


def test_in_colab_it_works_in_the_labs_folder_in_drive(colab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = colab / "drive" / "MyDrive" / "lab4"
    start.here("lab4")
    assert Path.cwd() == folder
    assert (folder / "images" / "2_one_bit.png").read_bytes() == (RELEASE / "images" / "2_one_bit.png").read_bytes()
    said = capfd.readouterr().out
    assert said.startswith(f"Works in {folder}; fetched 2 files; gone.txt could not be fetched")
    assert said.count("\n") == 1
    (folder / "4_1_simple_cnn.ipynb").write_text("a student's work")
    start.here("lab4")
    assert (folder / "4_1_simple_cnn.ipynb").read_text() == "a student's work"
    assert "fetched 2" not in capfd.readouterr().out


def test_without_drive_it_says_what_is_lost(colab: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def refuse(place: str) -> None:
        raise ValueError("mount failed")

    sys.modules["google.colab"].drive.mount = refuse
    start.here("lab4")
    assert Path.cwd() == colab / "lab4"
    assert capfd.readouterr().out.startswith(
        "Drive is not connected, so what you make is lost at the end of the session;"
    )


def test_needs_that_are_missing_or_old_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"torch": "2.6.0+cu124", "typer": "0.12.3", "numpy": "2.0.2"}

    def version(name: str) -> str:
        if name not in there:
            raise start.metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(start.metadata, "version", version)
    needs = ["torch>=2.2", "typer>=0.12.4", "numpy>=1.26", "torchbearer>=0.5.3", "ruff; extra == 'dev'"]
    assert start._missing(needs) == ["typer>=0.12.4", "torchbearer>=0.5.3"]


def test_a_stranger_of_the_same_name_is_told_from_ours(tmp_path: Path) -> None:
    assert start.stranger([str(ROOT), str(tmp_path)]) == ""
    (tmp_path / "autograder").mkdir()
    (tmp_path / "autograder" / "__init__.py").touch()
    assert "%pip uninstall --yes autograder" in start.stranger([str(tmp_path)])


# --- as a student has it ----------------------------------------------------------------------------------------------


def run_cell(python: Path, folder: Path, more: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the first cell of a released notebook in `folder`, and then `more`."""
    notebook = json.loads((RELEASE / "4_1_simple_cnn.ipynb").read_text(encoding="utf-8"))
    first = next("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", f"{first}\n{more}"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.processes
def test_it_installs_the_wheel_from_the_folder_and_nothing_else(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"])
    folder = tmp_path / "lab4"
    folder.mkdir()
    refused = run_cell(python, folder)
    assert f"Put {WHEEL} beside this notebook" in refused.stderr
    before = {path.name for path in site.iterdir()}
    shutil.copy(RELEASE / WHEEL, folder)
    done = run_cell(python, folder, "from autograder.notebook import check\ncheck('shapes')")
    assert done.stderr == ""
    assert done.stdout.startswith("Installed lab4_autograder-0.1.0; ready: networks run on c")
    assert "Shapes and parameters: not started" in done.stdout
    assert {path.name for path in site.iterdir()} - before == {"autograder", "lab4_autograder-0.1.0.dist-info"}
    again = run_cell(python, folder)
    assert again.stdout.startswith("Ready: networks run on c")
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(site / "autograder")
    (site / "autograder").mkdir()
    (site / "autograder" / "__init__.py").write_text("'''Somebody else's.'''")
    refused = run_cell(python, folder)
    assert "%pip uninstall --yes autograder lab4-autograder" in refused.stderr
