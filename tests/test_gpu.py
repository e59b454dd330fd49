"""Do marks come out the same on a GPU?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from autograder.results import Results
from tests.conftest import autograder
from tests.sample_class import RECIPES, SUBMISSIONS, make_student

pytestmark = [pytest.mark.processes, pytest.mark.gpu]


def test_the_reference_scores_everything_on_a_gpu(tmp_path: Path, data_name: str) -> None:
    for student in ("reference", "no-weights"):
        make_student(RECIPES / student, tmp_path / "in" / student / "lab4", data_name)
    given = ("mark", tmp_path / "in", "-o", tmp_path / "marks", "--device", "cuda")
    refused = autograder(*given)
    if refused.returncode:  # the sandbox of this machine lets no GPU through: then nobody is marked
        assert "The GPU cannot be used in the sandbox" in refused.stderr
        assert not (tmp_path / "marks" / "results.json").exists()
        done = autograder(*given, "--unsafe-no-sandbox")
        assert done.returncode == 0, done.stderr
    stated = yaml.safe_load((SUBMISSIONS / "expected.yml").read_text(encoding="utf-8"))
    expected = {student: stated[student]["score"] for student in ("reference", "no-weights")}
    results = Results.read(tmp_path / "marks" / "results.json")
    assert results.device == "cuda"
    assert {student.student: student.score for student in results.students} == expected


def test_the_self_check_runs_on_a_gpu(tmp_path: Path, data_name: str) -> None:
    make_student(RECIPES / "reference", tmp_path / "lab4", data_name)
    done = autograder("check", tmp_path / "lab4", "--device", "cuda")
    assert "83 of 83 points" in done.stdout


def test_training_runs_on_a_gpu(tmp_path: Path) -> None:
    done = autograder("train", "--model", "better", "--data", "digits", "--device", "cuda", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("better_cnn.pt"))
    shutil.rmtree(tmp_path)
