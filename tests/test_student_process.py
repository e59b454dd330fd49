"""Does student code run in a process of its own, and does that process end when it must?"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.course import Limits
from autograder.labs.kinds import network_procedures, value_procedures
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer
from autograder.sandbox.layers.choice import choose, offered
from autograder.sandbox.public_copy import copy_public
from autograder.sandbox.respondent import StudentError
from tests.malicious.marking import with_command_line

pytestmark = pytest.mark.processes
LIMITS = Limits(load_seconds=4, check_seconds=4, submission_seconds=60, scratch_mb=32)
Start = Callable[[str], StudentProcess]


@pytest.fixture(scope="module", params=["no sandbox", *offered()])
def fork_server(request: pytest.FixtureRequest) -> Iterator[ForkServer]:
    """Runs all of these tests without a sandbox, and in each kind that this machine offers."""
    if request.param == "landlock" and os.geteuid() == 0 and not reachable():
        pytest.skip("without namespaces, root's student processes cannot reach this interpreter")
    layers = None if request.param == "no sandbox" else choose(request.param)
    started = ForkServer(layers, LIMITS)
    started.wait_until_ready()
    yield started
    started.close()


def reachable() -> bool:
    """Whether every user can enter the folders above the interpreter."""
    return all(folder.stat().st_mode & 0o001 for folder in Path(sys.base_prefix).parents)


@pytest.fixture
def student_process(fork_server: ForkServer, tmp_path: Path) -> Start:
    """Starts a student process whose submission is one script."""

    def start(script: str) -> StudentProcess:
        (tmp_path / "submission").mkdir()
        (tmp_path / "submission" / "work.py").write_text(script)
        return StudentProcess(fork_server, tmp_path / "submission", LIMITS)

    return start


def value(process: StudentProcess, name: str) -> object:
    return process.ask(value_procedures.values, [name], {}, {"name": name})


def test_it_answers_from_another_process(student_process: Start) -> None:
    with student_process("import os\nanswer = os.getpid()\n") as process:
        assert value(process, "answer") not in (os.getpid(), None)


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        ("other = 1", StudentError.MISSING, "`answer` is not defined"),
        ("answer = ...", StudentError.STUB, "not filled in"),
        ("answer = 1 / 0", StudentError.RAISED, "work.py, line 1 raised ZeroDivisionError"),
        ("import os\nanswer = os._exit(0)", StudentError.ENDED, "process ended"),
        ("import sys\nanswer = sys.exit(0)", StudentError.RAISED, "SystemExit"),
        (
            "answer = next(n for n in iter(int, 1) if n)",
            StudentError.TIMEOUT,
            "timed out after 4 seconds while loading",
        ),
        ("def f(): return f()\nanswer = f()", StudentError.RAISED, "RecursionError"),
        ("class E(Exception):\n  def __str__(s): raise s\ndef f(): raise E\nanswer = f()", StudentError.RAISED, "E:"),
        ("import os\nanswer = os.kill(os.getpid(), 11)", StudentError.ENDED, "process ended"),
        ("answer = bytearray(20 * 2**30)", StudentError.RAISED, "MemoryError"),
    ],
)
def test_an_error_has_a_kind_and_a_sentence(student_process: Start, script: str, kind: str, words: str) -> None:
    with student_process(script) as process:
        with pytest.raises(StudentError) as error:
            value(process, "answer")
        assert error.value.kind == kind
        assert words in error.value.message
        # What failed to load is not loaded again.
        starts = process.restarts
        with pytest.raises(StudentError):
            value(process, "answer")
        assert process.restarts == starts


def test_after_the_process_died_the_next_question_gets_a_fresh_one(student_process: Start) -> None:
    with student_process("import os\nfine = 1\nbad = lambda: os._exit(3)\nbroken = bad()\n") as process:
        assert value(process, "fine") == 1
        with pytest.raises(StudentError):
            value(process, "broken")
        assert value(process, "fine") == 1
        assert process.restarts == 2


def test_a_submission_has_a_time_budget(fork_server: ForkServer, tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("import time\nanswer = time.sleep(3)\nother = 1\n")
    limits = Limits(load_seconds=5, check_seconds=5, submission_seconds=1)
    with StudentProcess(fork_server, tmp_path, limits) as process:
        with pytest.raises(StudentError):
            value(process, "answer")
        with pytest.raises(StudentError, match="used up its 1 seconds"):
            value(process, "other")


def test_no_process_and_no_folder_is_left(student_process: Start, fork_server: ForkServer) -> None:
    script = "import os, time\nanswer = [os.getpid(), os.fork() or time.sleep(1000), os.getcwd()]\n"
    before = with_command_line(fork_server.name)
    with student_process(script) as process:
        assert len(value(process, "answer")) == 3  # type: ignore[arg-type]
        during = with_command_line(fork_server.name)
        assert len(during) >= len(before) + 3  # the supervisor, the process, and its child
    for _ in range(100):
        if with_command_line(fork_server.name) == before:
            break
        time.sleep(0.05)
    assert with_command_line(fork_server.name) == before
    assert [path.name for path in fork_server.boxes.iterdir()] == ["package"]


@pytest.mark.skipif(sys.platform != "linux", reason="titles are set on Linux only")
def test_each_process_has_a_title(student_process: Start, fork_server: ForkServer) -> None:
    """`ps -o comm` shows what a process is, and `ps -o args` whose it is, too."""
    layers = fork_server.layers
    roles = {"fork server", "supervisor", "student process"}
    if layers is not None and layers.namespaces:
        roles.add("namespace init")
    with student_process("answer = 1\n") as process:
        value(process, "answer")
        titles = {}
        for pid in with_command_line(fork_server.name):
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            titles[name] = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode()
    titles.pop("bwrap", None)  # the box around the fork server, where there is one
    assert titles == {role: f"autograder: {role} ({fork_server.name})" for role in roles}


def test_it_sees_no_environment_variable_of_the_markers(
    student_process: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "the teacher")
    with student_process("import os\nanswer = dict(os.environ)\n") as process:
        variables = value(process, "answer")
    assert isinstance(variables, dict)
    assert not {"MNIST_ROOT", "PYTHONPATH", "SSH_AUTH_SOCK", "PWD"} & set(variables)
    assert "the teacher" not in variables.values()


def test_output_and_warnings_do_no_harm(student_process: Start) -> None:
    body = ["print('x' * 10**7)", "os.write(2, b'y' * 10**6)", "warnings.warn('w')", "return 5"]
    script = "import os, warnings\ndef f():\n    " + "\n    ".join(body) + "\nanswer = f()\n"
    with student_process(script) as process:
        assert value(process, "answer") == 5


def test_its_files_are_a_copy(student_process: Start, tmp_path: Path) -> None:
    with student_process("from pathlib import Path\nanswer = Path('work.py').write_text('gone')\n") as process:
        assert value(process, "answer") == 4
    assert "Path" in (tmp_path / "submission" / "work.py").read_text()


def test_a_module_of_the_students_does_not_replace_a_library(student_process: Start, tmp_path: Path) -> None:
    with student_process("import json\nanswer = json.dumps([1])\n") as process:
        (tmp_path / "submission" / "json.py").write_text("dumps = lambda value: 'mine'")
        assert value(process, "answer") == "[1]"


def test_arrays_go_both_ways(student_process: Start) -> None:
    script = (
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return x * 2\n"
    )
    images = np.arange(2 * 784, dtype=np.float32).reshape(2, 1, 28, 28)
    with student_process(script) as process:
        arguments = {"definition": "Net", "arguments": [], "state": [], "images": images, "batches": [1, 1]}
        answer = process.ask(network_procedures.outputs, ["Net"], {}, arguments)
    assert (answer["outputs"][0] == images * 2).all()


# --- unusual but honest work ------------------------------------------------------------------------------------------

NET = "from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return {}\n"


def outputs(process: StudentProcess, name: str = "Net") -> np.ndarray:
    images = np.ones((3, 1, 28, 28), np.float32)
    arguments = {"definition": name, "arguments": [], "state": [], "images": images, "batches": [1, 2]}
    answer = process.ask(network_procedures.outputs, [name], {}, arguments)
    return answer["outputs"][0]


@pytest.mark.parametrize(
    "script",
    [
        NET.format("x * len(sys.stdout.encoding) if os.write(sys.stderr.fileno(), b'!') else x"),
        "torch.set_num_interop_threads(2)\ntwo = torch.get_num_interop_threads()\n" + NET.format("x * two"),
        "IN_COLAB = 'google.colab' in str(get_ipython())\n" + NET.format("x + 1 if not IN_COLAB else x"),
        NET.format("x + 1") + "    def explain(self):\n        raise NotImplementedError\n",
        NET.format("raise_it()").replace("return raise_it()", "raise NotImplementedError")
        + "def run(self, x):\n    return x + 1\nNet.forward = run\n",
        "from torch.utils.data import DataLoader\n"
        "loader = DataLoader(torch.ones(8), 2, False, num_workers=2, persistent_workers=True, prefetch_factor=4)\n"
        "total = sum(len(batch) for batch in loader)\n" + NET.format("x * total"),
        "import platform, getpass, tempfile, multiprocessing\n"
        "who = getpass.getuser(), platform.machine(), multiprocessing.cpu_count(), tempfile.mkdtemp()\n"
        + NET.format("x * len(who)"),
        "import shutil\nopen('a', 'w').write('a')\nshutil.copy2('a', 'b')\nos.chmod('b', 0o600)\n"
        "kept = open('b').read()\n" + NET.format("x * (1 + len(kept))"),
    ],
)
def test_unusual_work_runs(student_process: Start, script: str) -> None:
    with student_process("import os, sys, torch\n" + script) as process:
        assert (outputs(process) != 1).all()


def test_settings_of_one_file_do_not_affect_another(student_process: Start, tmp_path: Path) -> None:
    upset = "import os, torch\ntorch.set_grad_enabled(False)\ntorch.set_default_dtype(torch.float64)\n"
    upset += "os.chdir('/')\nmine = [torch.is_grad_enabled(), str(torch.get_default_dtype()), os.getcwd()]\n"
    look = "import os, torch\ndef look():\n"
    look += "    return [torch.is_grad_enabled(), str(torch.get_default_dtype()), os.path.exists('work.py')]\n"
    with student_process(upset + "class Mine:\n    seen = mine\nseen = Mine.seen\n") as process:
        (tmp_path / "submission" / "other.py").write_text(look + "theirs = look()\n")
        assert value(process, "seen") == [False, "torch.float64", "/"]
        assert value(process, "theirs") == [True, "torch.float32", True]
        assert value(process, "seen") == [False, "torch.float64", "/"]


def test_a_missing_name_is_explained_by_the_line_that_failed_to_define_it(student_process: Start) -> None:
    with student_process("WIDTH = 1 / 0\n" + NET.format("x * WIDTH")) as process:
        with pytest.raises(StudentError, match=r"work\.py, line 1 raised ZeroDivisionError"):
            outputs(process)


def test_several_processes_that_use_too_much_memory_are_ended_and_the_student_is_told(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    if fork_server.layers is None:
        pytest.skip("without a sandbox nobody adds up what the processes use")
    script = "\n".join(
        [
            "import os, time",
            "def f():",
            "    for _ in range(4):",
            "        if not os.fork():",
            "            held = bytearray(2**28)",
            "            held[::4096] = b'x' * len(held[::4096])",
            "            time.sleep(20)",
            "    time.sleep(20)",
            "answer = f()",
        ]
    )
    (tmp_path / "work.py").write_text(script)
    limits = LIMITS.model_copy(update={"memory_mb": 512, "load_seconds": 20})
    with StudentProcess(fork_server, tmp_path, limits) as process:
        with pytest.raises(StudentError, match="more than the 512 MB of memory"):
            value(process, "answer")


def test_a_borrowed_definition_does_not_bring_its_files_settings_along(student_process: Start, tmp_path: Path) -> None:
    lender = "import torch\ntorch.set_default_dtype(torch.float64)\nWIDTH = 3 if torch.get_default_dtype() else 0\n"
    borrower = "import torch\nfrom autograder.notebook import borrow\nWIDTH = borrow('WIDTH')\n"
    borrower += "seen = [WIDTH, str(torch.get_default_dtype())]\n"
    with student_process(borrower) as process:
        (tmp_path / "submission" / "lender.py").write_text(lender)
        assert value(process, "seen") == [3, "torch.float32"]


@pytest.mark.parametrize(
    "script",
    [
        "from autograder.notebook import check\ncheck('shapes')\n",
        "import autograder\nautograder.notebook.pack()\n",
        "import autograder.notebook\nautograder.notebook.check('shapes')\n",
        "import autograder.notebook as lab\nlab.pack()\n",
        "from autograder import notebook\nnotebook.check('shapes')\n",
        "sys = 1\nfrom autograder.notebook import *\nassert sys == 1\ncheck('shapes'), pack(), best_device()\n",
    ],
)
def test_a_script_may_call_what_notebooks_call(student_process: Start, script: str) -> None:
    """Beside a definition, and in the statement that makes it, which must run."""
    within = textwrap.indent(script, "    ")
    with student_process(f"{script}beside = 7\nif True:\n{within}    within = 7\n") as process:
        assert (value(process, "beside"), value(process, "within")) == (7, 7)


def test_what_notebooks_import_is_there_beside_student_code_without_its_checks(tmp_path: Path) -> None:
    copy_public(tmp_path)
    code = (
        "from autograder.sandbox import student_notebook; student_notebook.take_the_notebooks_place()\n"
        "import autograder.notebook\nfrom autograder.notebook import best_device, borrow, check, pack\n"
        "assert autograder.notebook.borrow is borrow and best_device() in ('cpu', 'cuda')\n"
        "assert check('simple-cnn') == 0 and pack() is None"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=True)
    assert not [path.name for path in tmp_path.rglob("*.py") if path.name in ("oracle.py", "notebook.py", "bank.py")]
