"""Does the command line help, and say clearly what is wrong?"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from autograder.cli import VERBS, program
from autograder.results import Results
from tests.conftest import ROOT, autograder

pytestmark = pytest.mark.processes


HEAVY = {"torch", "torchvision", "torchbearer", "matplotlib", "sklearn", "scipy", "pandas", "IPython", "nbconvert"}


def test_every_verb_has_help_which_imports_nothing_heavy() -> None:
    code = """if True:
        import sys
        from autograder.cli import VERBS, program
        for words in ([], *([verb] for verb in VERBS)):
            print("help of", *words)
            assert not program()([*words, "--help"], standalone_mode=False)
        print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}))
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    overview, *each = done.stdout.split("help of")[1:]
    verbs = {"build", "check", "mark", "report", "export", "train", "doctor"}
    assert verbs <= set(overview.split())
    assert verbs <= {text.split()[0] for text in each if f"{text.split()[0]} [OPTIONS]" in text}
    imported = done.stdout.rpartition("imported:")[2].split()
    assert "typer" in imported
    assert not HEAVY.intersection(imported)


@pytest.mark.parametrize("verb", [*sorted({*VERBS} - {"new"}), "new task", "new lab"])
def test_a_line_of_help_ends_only_where_the_terminal_does(verb: str) -> None:
    done = CliRunner(env={"COLUMNS": "80"}).invoke(program(), [*verb.split(), "--help"])
    lines = [line.strip() for line in done.output.partition("╭─")[0].splitlines()]
    assert len(lines) > 4
    for line, after in pairwise(lines):
        if line and after:
            assert len(line) + 1 + len(after.split()[0]) > 78, line


def test_a_check_of_an_untouched_release_imports_torch_once_and_nothing_that_nobody_uses() -> None:
    """The grader and the fork server that is forked from it say on stderr what they import."""
    command = [sys.executable, "-X", "importtime", "-m", "autograder.cli", "check", "release/lab4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "17 not started" in done.stdout
    imported = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    assert imported.count("torch") == 1
    unused = ("torchvision", "torch._dynamo", "sympy", "matplotlib.pyplot", "sklearn", "scipy", "pandas", "nbconvert")
    assert not set(unused).intersection(imported)


def test_the_doctor_says_what_this_machine_has() -> None:
    said = autograder("doctor").stdout
    assert torch.__version__.split("+")[0] in said
    assert "sandbox" in said
    assert "gpu" in said


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_said() -> None:
    done = autograder("check", ROOT / "release" / "lab4", "--device", "cuda")
    assert done.returncode == 2
    assert "torch finds no GPU on this machine" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "nowhere"), "nowhere: there is no such folder"),
        (("check", ".", "--device", "tpu"), "--device must be auto, cpu, cuda or mps, not 'tpu'"),
        (("mark", "release", "-o", "{out}", "--data", "cifar"), "--data must be auto, mnist or digits, not 'cifar'"),
        (("mark", "release", "-o", "{out}", "--assignment", "lab5"), "there is no assignment 'lab5'"),
        (("report", "{out}"), "there are no results"),
        (("mark", "release", "-o", "README.md"), "README.md: is a file"),
    ],
)
def test_wrong_arguments_get_one_clear_line(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    done = autograder(*(argument.format(out=tmp_path / "out") for argument in arguments))
    assert done.returncode != 0
    assert words in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_data_that_is_not_here_gets_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"half an image")
    done = autograder("mark", "release", "-o", tmp_path / "out", "--data", "mnist", MNIST_ROOT=str(tmp_path))
    assert done.returncode == 2
    assert "MNIST cannot be loaded" in done.stderr
    assert "Traceback" not in done.stderr


def test_one_student_by_hand_gets_the_marks_and_the_remarks_of_the_class(tmp_path: Path) -> None:
    """The work is there in several versions: one notebook untouched in `lab4`, another one twice."""
    lab, ada = Path("tests/submissions/reference/lab4"), tmp_path / "submitted" / "ada"
    shutil.copytree(ROOT / lab, ada / "lab4", ignore=shutil.ignore_patterns("4_[24-6]*", "weights"))
    shutil.move(ada / "lab4/4_3_save_and_load.ipynb", ada)
    shutil.copyfile(ROOT / "release/lab4/4_3_save_and_load.ipynb", ada / "lab4/4_3_save_and_load.ipynb")
    text = (ada / "lab4/4_1_simple_cnn.ipynb").read_text(encoding="utf-8")
    (ada / "lab4/4_1_simple_cnn (1).ipynb").write_text(text.replace("relu(", "gelu("), encoding="utf-8")
    (tmp_path / "submitted/ben").mkdir()
    done = autograder("mark", tmp_path / "submitted", "-o", tmp_path / "marks", "--data", "digits")
    assert done.returncode == 0, done.stderr
    marked, _ = Results.read(tmp_path / "marks/results.json").students
    seed = (tmp_path / "marks/cache/seed").read_text(encoding="utf-8").strip()
    command = [sys.executable, "-m", "pytest", "autograder/labs/lab4", "--submission", ada, "-p", "no:cacheprovider"]
    environment = {**os.environ, "AUTOGRADER_DATA": "digits"}
    by_hand = subprocess.run([*command, "--seed", seed], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert f"{marked.score:g} of {marked.max_score:g} points" in by_hand.stdout
    for task in marked.tasks:
        assert f"{task.title}: {task.score:g} of {task.max_score:g}\n" in by_hand.stdout
    assert next(task for task in marked.tasks if task.id == "resume").score > 0
    assert {problem for problem in marked.messages if "4_3" in problem}
    assert all(message in by_hand.stdout for message in marked.messages)
    sentences = [flag.partition(" See ")[0] for flag in marked.flags if flag.startswith("Several versions")]
    assert sentences
    assert all(sentence in by_hand.stdout for sentence in sentences)


def test_checks_run_by_themselves_and_show_their_sentences(tmp_path: Path) -> None:
    checks = ROOT / "autograder" / "labs" / "lab4" / "test_4_6_branches.py"
    submission = shutil.make_archive(str(tmp_path / "x"), "zip", ROOT / "tests/submissions/endless-loop/lab4")
    command = [sys.executable, "-m", "pytest", checks, "--submission", submission, "-p", "no:cacheprovider"]
    command += ["--seed", "7", "-k", "not inception"]
    environment = {**os.environ, "AUTOGRADER_DATA": "digits"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout
    assert "✓ 3/3  With the same weights, BranchModel computes the same as the task's network." in done.stdout
    assert "10 of 10 points" in done.stdout
    assert "seed 7 (give --seed 7 to repeat), data " in done.stdout
