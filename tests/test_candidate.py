"""Does student code run in a process of its own, and is that process ended when it must be?"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.candidate.cage.layers import choose, offered
from autograder.candidate.process import Candidate, Nursery, StudentError
from autograder.course import Limits
from tests.hostile.grading import with_command_line

LIMITS = Limits(load_seconds=5, check_seconds=5, submission_seconds=60, scratch_mb=32)
Start = Callable[[str], Candidate]


@pytest.fixture(scope="module", params=["no cage", *offered()])
def nursery(request: pytest.FixtureRequest) -> Iterator[Nursery]:
    """All of these tests, without a cage and in each that this machine offers."""
    if request.param == "landlock" and os.geteuid() == 0 and not reachable():
        pytest.skip("without namespaces, root's candidates cannot reach this interpreter")
    layers = None if request.param == "no cage" else choose(request.param)
    started = Nursery(layers, LIMITS)
    yield started
    started.close()


def reachable() -> bool:
    """Whether every user can enter the folders above the interpreter."""
    return all(folder.stat().st_mode & 0o001 for folder in Path(sys.base_prefix).parents)


@pytest.fixture
def candidate(nursery: Nursery, tmp_path: Path) -> Start:
    """Makes a candidate whose submission is one script."""

    def start(script: str) -> Candidate:
        (tmp_path / "submission").mkdir()
        (tmp_path / "submission" / "work.py").write_text(script)
        return Candidate(nursery, tmp_path / "submission", "lab4", LIMITS)

    return start


def value(one: Candidate, name: str) -> object:
    return one.ask("values", [name], {}, {"name": name})


def test_it_answers_from_another_process(candidate: Start) -> None:
    with candidate("import os\nanswer = os.getpid()\n") as one:
        assert value(one, "answer") not in (os.getpid(), None)


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("other = 1", StudentError.MISSING, "`answer` is not defined"),
        ("answer = ...", StudentError.STUB, "not filled in"),
        ("answer = 1 / 0", StudentError.RAISED, "work.py, line 1 raised ZeroDivisionError"),
        ("import os\nanswer = os._exit(0)", StudentError.ENDED, "process ended"),
        ("import sys\nanswer = sys.exit(0)", StudentError.RAISED, "SystemExit"),
        ("answer = [0 for _ in iter(int, 1)]", StudentError.TIMEOUT, "did not finish loading within 5 seconds"),
        ("def f(): return f()\nanswer = f()", StudentError.RAISED, "RecursionError"),
        ("class E(Exception):\n  def __str__(s): raise s\ndef f(): raise E\nanswer = f()", StudentError.RAISED, "E:"),
        ("import os\nanswer = os.kill(os.getpid(), 11)", StudentError.ENDED, "process ended"),
        ("answer = bytearray(20 * 2**30)", StudentError.RAISED, "MemoryError"),
    ],
)
def test_what_goes_wrong_has_a_kind_and_a_sentence(candidate: Start, script: str, kind: str, words: str) -> None:
    with candidate(script) as one:
        with pytest.raises(StudentError) as error:
            value(one, "answer")
        assert error.value.kind == kind
        assert words in error.value.message
        # What could not be loaded once costs no more time.
        started = time.monotonic()
        with pytest.raises(StudentError):
            value(one, "answer")
        assert time.monotonic() - started < 4


def test_after_a_death_the_next_question_gets_a_fresh_process(candidate: Start) -> None:
    with candidate("import os\nfine = 1\nbad = lambda: os._exit(3)\nbroken = bad()\n") as one:
        assert value(one, "fine") == 1
        with pytest.raises(StudentError):
            value(one, "broken")
        assert value(one, "fine") == 1
        assert one.restarts == 2


def test_a_submission_has_a_budget(nursery: Nursery, tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("import time\nanswer = time.sleep(3)\nother = 1\n")
    limits = Limits(load_seconds=5, check_seconds=5, submission_seconds=1)
    with Candidate(nursery, tmp_path, "lab4", limits) as one:
        with pytest.raises(StudentError):
            value(one, "answer")
        with pytest.raises(StudentError, match="used up its 1 seconds"):
            value(one, "other")


def test_nothing_is_left_running_and_no_folder_is_left(candidate: Start, nursery: Nursery) -> None:
    script = "import os, time\nanswer = [os.getpid(), os.fork() or time.sleep(1000), os.getcwd()]\n"
    before = with_command_line(nursery.name)
    with candidate(script) as one:
        assert len(value(one, "answer")) == 3  # type: ignore[arg-type]
        during = with_command_line(nursery.name)
        assert len(during) >= len(before) + 3  # the keeper, the process, and its child
    for _ in range(100):
        if with_command_line(nursery.name) == before:
            break
        time.sleep(0.05)
    assert with_command_line(nursery.name) == before
    assert [path.name for path in nursery.boxes.iterdir()] == ["package"]


def test_it_sees_nothing_of_the_markers_environment(candidate: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "the teacher")
    with candidate("import os\nanswer = dict(os.environ)\n") as one:
        variables = value(one, "answer")
    assert isinstance(variables, dict)
    assert not {"MNIST_ROOT", "PYTHONPATH", "SSH_AUTH_SOCK", "PWD"} & set(variables)
    assert "the teacher" not in variables.values()


def test_prints_and_warnings_do_no_harm(candidate: Start) -> None:
    body = ["print('x' * 10**7)", "os.write(2, b'y' * 10**6)", "warnings.warn('w')", "return 5"]
    script = "import os, warnings\ndef f():\n    " + "\n    ".join(body) + "\nanswer = f()\n"
    with candidate(script) as one:
        assert value(one, "answer") == 5


def test_its_files_are_a_copy(candidate: Start, tmp_path: Path) -> None:
    with candidate("from pathlib import Path\nanswer = Path('work.py').write_text('gone')\n") as one:
        assert value(one, "answer") == 4
    assert "Path" in (tmp_path / "submission" / "work.py").read_text()


def test_a_module_of_the_students_does_not_stand_in_for_a_library(candidate: Start, tmp_path: Path) -> None:
    with candidate("import json\nanswer = json.dumps([1])\n") as one:
        (tmp_path / "submission" / "json.py").write_text("dumps = lambda value: 'mine'")
        assert value(one, "answer") == "[1]"


def test_arrays_go_both_ways(candidate: Start) -> None:
    script = (
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return x * 2\n"
    )
    images = np.arange(2 * 784, dtype=np.float32).reshape(2, 1, 28, 28)
    with candidate(script) as one:
        arguments = {"definition": "Net", "arguments": [], "state": [], "images": images}
        answer = one.ask("outputs", ["Net"], {}, arguments)
    assert (answer["outputs"][0] == images * 2).all()
