"""Does the check on every push do what a runner would show: summary, annotations at the cell, artifact, exit status?"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from autograder.course import Limits
from autograder.feedback import github_actions
from autograder.feedback.self_check import SelfCheck
from autograder.feedback.self_check_page import self_check_page
from autograder.results import CheckResult, TaskResult
from autograder.submission.collect import find_submissions
from tests.conftest import ROOT
from tests.sample_class import make_student

RELEASE = ROOT / "release" / "lab4"
WORKFLOW = RELEASE / ".github" / "workflows" / "check.yml"
RECIPES = ROOT / "tests" / "recipes"


@dataclass
class Pushed:
    """What one run of the workflow left behind."""

    folder: Path
    statuses: dict[str, int]
    log: str
    summary: str

    @property
    def screen(self) -> str:
        """What is printed where commands are stopped, on one line."""
        found = re.search(r"^::stop-commands::(\w+)$(.*)^::\1::$", self.log, re.DOTALL | re.MULTILINE)
        assert found, self.log
        return " ".join(found[2].split())

    @property
    def annotations(self) -> list[tuple[str, dict[str, str], str]]:
        """Kind, properties and message of each annotation, read as the runner does: none where commands are stopped."""
        found = []
        stopped = ""
        for line in self.log.splitlines():
            if stopped:
                stopped = "" if line.strip() == f"::{stopped}::" else stopped
            elif line.startswith("::stop-commands::"):
                stopped = line.removeprefix("::stop-commands::")
            elif match := re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line):
                properties = dict(part.split("=", 1) for part in match[2].split(","))
                found.append((match[1], properties, match[3].replace("%0A", "\n").replace("%25", "%")))
        return found


def push(folder: Path, programs: Path) -> Pushed:
    """Runs the workflow's steps in `folder` as a runner would; actions and the installation are left out."""
    steps = yaml.safe_load((folder / ".github/workflows/check.yml").read_text())["jobs"]["check"]["steps"]
    temp = folder.parent / "runner-temp"
    temp.mkdir()
    files = {
        name: temp / name.lower() for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")
    }
    for path in files.values():
        path.touch()
    given = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(temp),
        "RUNNER_TEMP": str(temp),
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "AUTOGRADER_DATA": "digits",
        "OMP_NUM_THREADS": "1",
        **{name: str(path) for name, path in files.items()},
    }
    statuses, log = {}, ""
    for step in steps:
        if "run" not in step or step["name"] == "Install":
            continue
        script = temp / "step.sh"
        script.write_text(step["run"])
        done = subprocess.run(["bash", "-e", script], cwd=folder, env=given, capture_output=True, text=True)
        statuses[step["name"]] = done.returncode
        log += done.stdout + done.stderr
    return Pushed(folder, statuses, log, files["GITHUB_STEP_SUMMARY"].read_text())


def repository(tmp_path: Path, recipe: str | None) -> Path:
    """A student's repository: the release, and over it what the student of the sample class has written."""
    folder = tmp_path / "repository"
    shutil.copytree(RELEASE, folder)
    if recipe:
        make_student(RECIPES / recipe, tmp_path / "made", "digits")
        shutil.copytree(tmp_path / "made", folder, dirs_exist_ok=True)
    return folder


@pytest.mark.processes
def test_the_workflow_is_one_by_githubs_schema() -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema wants Python 3.11")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", WORKFLOW]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_workflow_may_read_only_ends_in_time_and_uses_official_actions_alone() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    (job,) = workflow["jobs"].values()
    assert job["timeout-minutes"] <= 30
    assert "permissions" not in job
    for step in job["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"actions/(checkout|setup-python|upload-artifact)@v\d+", step["uses"])
        # What a student or a fork chooses (branch names, titles) is put into no script.
        assert "${{" not in step.get("run", "")


@pytest.mark.processes
def test_the_install_step_takes_torch_from_the_index_that_is_set(tmp_path: Path) -> None:
    """The step runs with a pip that writes down what it was asked for."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$@" >> asked\nfor last; do :; done\ncp "$last" "read-$(basename "$last")"\n')
    python.chmod(0o755)
    shutil.copyfile(RELEASE / "requirements.txt", tmp_path / "requirements.txt")
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["check"]["steps"]
    (step,) = [step for step in steps if step.get("name") == "Install"]
    environment = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "RUNNER_TEMP": str(tmp_path), "TORCH_INDEX": "place"}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=True)
    first, second = (tmp_path / "asked").read_text().splitlines()
    assert first.startswith("-m pip install --index-url place -r ")
    assert second == "-m pip install -r requirements.txt"
    names = [line.split("==")[0] for line in (tmp_path / "read-torch.txt").read_text().splitlines()]
    assert names == ["torch", "torchvision"]
    (tmp_path / "asked").unlink()
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env={**environment, "TORCH_INDEX": ""}, check=True)
    assert (tmp_path / "asked").read_text().splitlines() == ["-m pip install -r requirements.txt"]


@pytest.mark.processes
def test_a_right_repository_passes(tmp_path: Path, student_environment: Path) -> None:
    pushed = push(repository(tmp_path, "reference"), student_environment)
    assert pushed.statuses == {"Check": 0}, pushed.log
    assert "83 of 83 points in the public checks: 17 done." in pushed.screen
    assert pushed.annotations == []
    assert "83 of 83 points" in pushed.summary
    assert pushed.summary.count("✓ done") == 17
    page = (pushed.folder / "feedback.html").read_text()
    assert "83 of 83 points" in page
    assert page.count("data:image/png;base64,") >= 2  # the student's own figures


@pytest.mark.processes
def test_a_wrong_one_fails_with_an_annotation_at_the_line_of_its_cell(
    tmp_path: Path, student_environment: Path
) -> None:
    folder = repository(tmp_path, "no-second-relu")
    for path in RELEASE.glob("4_[13-6]*.ipynb"):  # the other notebooks would take most of the time
        shutil.copyfile(path, folder / path.name)
    pushed = push(folder, student_environment)
    assert pushed.statuses == {"Check": 1}, pushed.log
    (left, (kind, where, message)) = sorted(pushed.annotations, key=lambda annotation: annotation[0], reverse=True)
    assert (left[0], left[1]["title"]) == ("notice", "Not started%3A 13")
    assert kind == "error"
    assert "no ReLU after the second convolution" in message
    assert "no ReLU after the second convolution" in pushed.screen
    assert "10 of 83 points" in pushed.screen
    assert where["file"] == "4_2_better_cnn.ipynb"
    line = (pushed.folder / where["file"]).read_text().splitlines()[int(where["line"]) - 1]
    assert "class BetterCNN" in line
    assert "10 of 83 points" in pushed.summary.replace("&#46;", ".")
    assert "no ReLU after the second convolution" in pushed.summary
    found = json.loads((pushed.folder / "feedback.json").read_text())
    assert found["score"] == 10
    assert "no ReLU after the second convolution" in (pushed.folder / "feedback.html").read_text()


@pytest.mark.processes
def test_an_untouched_one_fails_and_says_what_is_left(tmp_path: Path, student_environment: Path) -> None:
    pushed = push(repository(tmp_path, None), student_environment)
    assert pushed.statuses == {"Check": 1}, pushed.log
    ((kind, where, message),) = pushed.annotations
    assert (kind, where["title"]) == ("notice", "Not started%3A 17")
    assert "A residual block" in message
    assert "0 of 83 points" in pushed.summary


# --- what a student's words can do ------------------------------------------------------------------------------------

HOSTILE = (
    "\r\n::error file=a::b\n##[error]x\n%0A::warning::y\n<script>alert(1)</script> | [x](javascript:x) `a|b` \x1b[31m"
)


@pytest.fixture
def malicious(tmp_path: Path) -> SelfCheck:
    """A self-check in which every word is a student's that could be one."""
    check = CheckResult(
        id="one", status="failed", score=0, max_score=5, public=True, title="A check.", message=HOSTILE, hint=HOSTILE
    )
    task = TaskResult(id="simple-cnn", title="A task", notebook="4_1_simple_cnn", score=0, max_score=5, checks=[check])
    return SelfCheck(tmp_path, "Course", "lab4", "Lab 4", [task], [HOSTILE])


def test_words_of_a_student_start_no_workflow_command(malicious: SelfCheck) -> None:
    for line in github_actions.annotation_commands(malicious):
        assert len(re.split(r"[\r\n]", line)) == 1
        assert re.match(r"::(error|warning) title=[^:,]+::[^\r\n]*$", line)
        assert "\x1b" not in line


def test_the_rest_of_the_log_is_printed_where_commands_are_stopped(
    malicious: SelfCheck, capsys: pytest.CaptureFixture[str]
) -> None:
    with github_actions.no_commands():
        print(HOSTILE)
    printed = capsys.readouterr().out
    token = re.match(r"::stop-commands::(\w{32})\n", printed)
    assert token is not None
    assert printed.endswith(f"\n::{token[1]}::\n")


def test_words_of_a_student_are_no_markup_in_summary_and_page(malicious: SelfCheck) -> None:
    summary = github_actions.as_markdown(malicious)
    assert "<script" not in summary
    assert "](javascript" not in summary
    assert all(line.count("|") in (0, 5) for line in summary.splitlines())
    assert "<code>a&#124;b</code>" in summary
    page = self_check_page(malicious)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


# --- the marker -------------------------------------------------------------------------------------------------------


def test_a_tampered_workflow_changes_no_mark(tmp_path: Path) -> None:
    """A mark depends on what is taken in of a submission, and nothing of that folder is."""
    taken = {}
    for student in ("plain", "tampered"):
        folder = tmp_path / student / "one"
        make_student(RECIPES / "half-done", folder / "lab4", "digits")
        if student == "tampered":
            actions = folder / "lab4" / ".github" / "workflows"
            actions.mkdir(parents=True)
            (actions / "check.yml").write_text("jobs: {check: {runs-on: self-hosted, steps: [{run: 'echo 100'}]}}")
            (actions / "helper.py").write_text("class SimpleCNN:\n    full_marks = True\n")
            (actions / "4_3_save_and_load.ipynb").write_text((RELEASE / "4_3_save_and_load.ipynb").read_text())
        [submission] = find_submissions(
            tmp_path / student, "lab4", tmp_path / f"staging-{student}", Limits()
        ).submissions
        names = sorted(path.relative_to(submission.folder) for path in submission.folder.rglob("*") if path.is_file())
        taken[student] = (submission.digest(), submission.problems, names)
    assert len(taken["plain"][2]) > 6
    assert taken["tampered"] == taken["plain"]


def test_in_a_repository_the_paths_of_annotations_begin_at_its_root(
    malicious: SelfCheck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "GITHUB_WORKSPACE", str(tmp_path.parent))
    shutil.copyfile(RELEASE / "4_1_simple_cnn.ipynb", tmp_path / "4_1_simple_cnn.ipynb")
    malicious.definitions = {"simple-cnn": ["SimpleCNN"]}
    first = github_actions.annotation_commands(malicious)[0]
    assert f"file={tmp_path.name}/4_1_simple_cnn.ipynb,line=" in first
