"""Does every source notebook run from top to bottom, and do its check cells give all their points?"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.data import load_data
from autograder.labs.lab import open_lab
from tests.conftest import ROOT

pytestmark = pytest.mark.processes
MINUTES = 50  # for a cell: the best model trains for about ten, from each of two seeds


# What trains less on a push, by notebook: what is written there, and what in its place.
SHORTER = {
    "4_2_better_cnn": {
        '3 if data_name == "mnist" else 30': "3",  # epochs; with fewer, the experiment log is not near its figures
        '36 if data_name == "mnist" else 20': "3",
        "seeds=(0, 1)": "seeds=(0,)",
    },
    "4_6_branches": {
        "epochs=2": "epochs=1",
        "epochs=3": "epochs=1",
        "epochs=5": "epochs=1",
        "letters(KNOWN, 50,": "letters(KNOWN, 5,",
        "letters(fonts, 20,": "letters(fonts, 2,",
        "range(10)], *after": "range(3)], *after",
    },
}


def run_all(folder: Path, shorter: bool = False) -> dict[str, float]:
    """Runs the notebooks in their order in `folder`, if `shorter` with less training; the seconds that each took."""
    shutil.copytree(ROOT / "source" / "lab4", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / "reference" / "lab4" / "own", folder / "own")
    for name, replaced in SHORTER.items() if shorter else ():
        path = folder / f"{name}.ipynb"
        text = path.read_text(encoding="utf-8")
        for long, short in replaced.items():
            written = json.dumps(long)[1:-1]
            assert written in text, f"{path.name} has no {long}"
            text = text.replace(written, short)
        path.write_text(text, encoding="utf-8")
    seconds = {}
    for name in open_lab("lab4").assignment.notebooks:
        notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        started = time.monotonic()
        client = NotebookClient(notebook, timeout=60 * MINUTES, resources={"metadata": {"path": str(folder)}})
        client.execute(env=dict(os.environ))
        seconds[name] = time.monotonic() - started
        for cell in notebook.cells:
            marked = cell.metadata.get("nbgrader", {})
            if marked.get("grade") and cell.cell_type == "code":
                credit = [out for out in cell.outputs if out.output_type == "execute_result"][-1]
                assert float(credit.data["text/plain"]) == marked.points, f"{name}: {marked.grade_id}"
                assert not [out for out in cell.outputs if out.get("name") == "stderr"]
    return seconds


# The whole training on demand: only the log of 4.2 is compared with how well it went.
@pytest.mark.parametrize("shorter", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["shorter", "whole"])
def test_source_notebooks_run_on_the_embedded_digits(
    shorter: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGRADER_DATA", "digits")
    run_all(tmp_path, shorter)
    assert (tmp_path / "weights" / "better_cnn.pt").is_file()
    assert (tmp_path / "weights" / "best_model.pt").is_file()


@pytest.mark.slow
def test_source_notebooks_run_on_mnist(tmp_path: Path) -> None:
    if load_data().name != "mnist":
        pytest.skip("MNIST cannot be had here: set MNIST_ROOT")
    seconds = run_all(tmp_path)
    print(
        {name: round(took) for name, took in seconds.items()}
    )  # idle, on 2 cores: 4.2 about 1,400, the others up to 90
    assert (tmp_path / "weights" / "best_model.pt").is_file()
