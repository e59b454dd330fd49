"""Is the zip for Gradescope an autograder that marks there as `autograder mark` does here, and only inside a
sandbox?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.export import at_gradescope
from autograder.sandbox.layers import choice
from tests.export_class import export, marks_folder, student
from tests.sample_class import RECIPES, make_student


def unpacked(folder: Path, *options: str) -> Path:
    """What Gradescope makes of the zip: `/autograder`, here in `folder`."""
    marks = marks_folder(folder / "marks", [student("ada")])
    (marks / "cache").mkdir()
    (marks / "cache" / "seed").write_text("12345")
    done = export(marks, "--to", "gradescope-autograder", "-o", folder / "autograder.zip", *options)
    assert done.exit_code == 0, done.stderr
    root = folder / "autograder"
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        executable = {entry.filename for entry in archive.infolist() if entry.external_attr >> 16 & 0o100}
        assert executable == {"setup.sh", "run_autograder"}
        archive.extractall(root / "source")
    shutil.copyfile(root / "source" / "run_autograder", root / "run_autograder")
    (root / "results").mkdir()
    (root / "submission").mkdir()
    (root / "submission_metadata.json").write_text('{"users": [{"email": "ada@example.org", "name": "Ada"}]}')
    return root


@pytest.mark.processes
def test_the_zip_holds_the_course_and_the_seed_of_these_marks(tmp_path: Path) -> None:
    root = unpacked(tmp_path)
    settings = json.loads((root / "source" / "settings.json").read_text())
    assert settings == {"assignment": "lab4", "data": "digits", "seed": 12345, "unsafe_no_sandbox": False}
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", root / "source" / script], check=True)
    told = export(tmp_path / "marks", "--to", "gradescope-autograder", "-o", tmp_path / "again.zip").stdout
    assert "contains the solutions" in told
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "autograder.zip").read_bytes()


@pytest.mark.parametrize("options", [(), ("--unsafe-no-sandbox",)])
def test_without_a_sandbox_nothing_is_marked_unless_the_teacher_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    def none() -> choice.Layers:
        raise choice.SandboxError("No sandbox: this kernel offers none.")

    root = unpacked(tmp_path, *options)
    monkeypatch.setenv("AUTOGRADER_ROOT", str(root))
    monkeypatch.setattr(choice, "choose", none)
    marked = []
    monkeypatch.setattr("autograder.grading.class_run.mark_class", lambda *_, **more: marked.append(more["layers"]))
    (root / "results" / "results.json").write_text("what an earlier run left")
    if options:
        with pytest.raises(AttributeError):  # what stands in for marking gives no results
            at_gradescope.main([])
        assert marked == [None]
    else:
        assert at_gradescope.main([]) == 1
        assert marked == []
        assert "Nothing was marked" in capsys.readouterr().out
    assert not (root / "results" / "results.json").exists()


@pytest.mark.slow
@pytest.mark.processes
def test_run_autograder_marks_a_submission_as_the_marker_does(tmp_path: Path) -> None:
    root = unpacked(tmp_path)
    make_student(RECIPES / "no-second-relu", root / "submission", "digits")
    environment = {
        **os.environ,
        "AUTOGRADER_ROOT": str(root),
        "AUTOGRADER_PYTHON": sys.executable,
        "PYTHONPATH": str(root / "source" / "course"),
        "OMP_NUM_THREADS": "1",
    }
    command = ["bash", str(root / "run_autograder")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    assert results["extra_data"]["student"] == "ada@example.org"
    lost = {
        "/".join(one["tags"][:2]): one["max_score"] - one["score"]
        for one in results["tests"]
        if one["status"] != "passed"
    }
    assert lost.pop("better-cnn/same-function") == 5
    assert set(lost) <= {"better-cnn-accuracy/accuracy"}  # on the digits those weights may do well in the right network
    assert results["score"] == 95 - sum(lost.values())
