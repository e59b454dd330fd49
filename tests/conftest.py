"""What several tests stand on."""

from __future__ import annotations

import functools
import gc
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

# Several processes compute at once here. Each with a thread for every core, they wait for one another, spinning: what
# takes half a minute alone then takes ten. This must stand before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest
from filelock import FileLock

from autograder.sandbox.fork_server import ForkServer
from autograder.submission import definitions
from tests import preforked

ROOT = Path(__file__).resolve().parents[1]

# jsonschema, which nbformat imports, would spend a second on the grammar of addresses that no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

hypothesis.settings.register_profile("untimed", deadline=None)  # no test depends on how fast a machine is
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """One fork server for all tests: it takes seconds to start."""
    started = ForkServer()
    yield started
    started.close()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Makes a folder once for all workers of this run: `made_once(name, make)` calls `make(folder)` if nobody has.

    Whoever reads such a folder must not change it.
    """
    own = tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder, complete = common / f"shared-{name}", common / f"shared-{name}.complete"
        with FileLock(common / f"shared-{name}.lock"):
            if not complete.exists():
                shutil.rmtree(folder, ignore_errors=True)  # half made, by a worker that failed
                folder.mkdir()
                make(folder)
                complete.touch()
        return folder

    return folder_of


@pytest.fixture(autouse=True)
def nobody_lends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has loaded of a submission is borrowed by no other test's notebooks."""
    monkeypatch.setattr(definitions, "lender", None)


@pytest.fixture(autouse=True)
def no_check_files_are_left() -> Iterator[None]:
    """A check file that one test has made and run is not in the way of another's of the same name."""
    yield
    for name in [name for name in sys.modules if name.startswith("test_")]:
        del sys.modules[name]


def install(folder: Path, *arguments: str) -> Path:
    """Makes the environment `folder/venv`, where pip installs `arguments` from `folder/lab4`; gives its programs."""
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    command = [programs / "python", "-m", "pip", "install", "--quiet", *arguments]
    subprocess.run(command, check=True, cwd=folder / "lab4")
    return programs


@pytest.fixture(scope="session")
def student_environment(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The programs of an environment with the release's wheel; the libraries are lent by this environment."""

    def make(folder: Path) -> None:
        shutil.copytree(ROOT / "release" / "lab4", folder / "lab4")
        (wheel,) = (folder / "lab4").glob("*.whl")
        install(folder, "--no-deps", f"./{wheel.name}")
        # Libraries alone: a path file of another environment is not read, so this checkout's package is not found.
        site = next((folder / "venv").glob("lib/python*/site-packages"))
        (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"])

    return made_once("student-environment", make) / "venv" / "bin"


@pytest.fixture(scope="session")
def gradebooks() -> None:
    """For each gradebook that is made, nbgrader asks `alembic` for the version, which takes seconds: once is enough."""
    from nbgrader import api

    api.get_alembic_version = functools.cache(api.get_alembic_version)


SUBMISSIONS = ROOT / "tests" / "submissions"
# More than a test has workers, so that each is asked for a worker at once; all but two cost next to nothing.
LIGHT = {"half-done": "half-done", "syntax-error": "syntax-error", **{f"release-{n}": "release" for n in range(4)}}
MISSING = {"half-done": "4_[2-6]*", "syntax-error": "4_[1-46]*"}  # notebooks that they have not handed in


@pytest.fixture(scope="session")
def light_class(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A class that takes little time to mark; one student has a file whose name is no UTF-8."""

    def make(folder: Path) -> None:
        for student, original in LIGHT.items():
            left_out = shutil.ignore_patterns("*.pt", *filter(None, [MISSING.get(student)]))
            shutil.copytree(SUBMISSIONS / original, folder / student, ignore=left_out)
        (folder / "release-0" / "lab4" / os.fsdecode(b"caf\xe9.txt")).write_text("a note")

    return made_once("light-class", make)


@pytest.fixture(scope="session")
def light_marks(light_class: Path, made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The marks of the light class when nothing disturbs its marking on this machine."""

    def make(folder: Path) -> None:
        done = autograder("mark", light_class, "-o", folder, "--data", "digits", "--jobs", "1")
        assert done.returncode == 0, done.stderr

    return made_once("light-marks", make)


def with_seed_of(marks: Path, others: Path) -> Path:
    """A MARKS folder, `others`, that has the secret seed of `marks`."""
    (others / "cache").mkdir(parents=True)
    shutil.copyfile(marks / "cache" / "seed", others / "cache" / "seed")
    return others


# What takes longest comes first, so that no worker is left with it while the others have nothing to do. The tests of a
# file share what they set up, and so a worker.
FIRST = (
    "test_malicious",
    "test_marking",
    "test_notebooks",
    "test_nbgrader",
    "test_layers",
    "test_kill",
    "test_cluster",
    "test_cli",
    "test_push_check",
    "test_answers",
    "test_wall",
    "test_selfcheck",
    "test_build",
    "test_export_gradebook",
    "test_unjudged",
    "test_statements",
    "test_student_process",
    "test_other_machines",
    "test_bank",
    "test_accepted",
    "test_likeness",
    "test_marker",
    "test_worker_deaths",
    "test_export",
    "test_report",
    "test_wrong_answers",
    "test_judge",
    "test_evidence",
    "test_overrides",
    "test_names",
    "test_write_your_own_lab",
    "test_engine",
    "test_naive",
    "test_structure",
    "test_new",
)


def pytest_collection() -> None:
    gc.disable()  # imports create hundreds of thousands of objects, and no garbage


def pytest_collection_finish() -> None:
    gc.freeze()  # no test needs to look through what all tests share
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the slowest files first, and says why those that need a GPU are skipped without one."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
    for item in items:
        if STARTING.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.processes)
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu:
        import torch

        if not torch.cuda.is_available():
            for item in on_gpu:
                item.add_marker(pytest.mark.skip(reason="needs a GPU, and torch finds none here"))


# --- tests that start processes ---------------------------------------------------------------------------------------

# `make quick` runs the tests that have executed a line which has changed since. What runs in another process, it cannot
# see: so tests that start one have the mark `processes`, and quick leaves them out.
PROGRAMS = ("python", "bash", "autograder", "pytest", "nbgrader", "chrom", "node")
STARTING = {"fork_server", "light_marks", "student_environment"}  # fixtures that start one for whoever comes first
starts: list[str] = []


ONLY_PROCESSES = re.compile(r"^pytestmark = (?:\[[^]]*)?pytest\.mark\.processes\b", re.M)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`make quick` does not import files of whose tests it would run none."""
    if not config.option.markexpr.endswith("not processes") or collection_path.suffix != ".py":
        return None
    return bool(ONLY_PROCESSES.search(collection_path.read_text(encoding="utf-8"))) or None


def _note_start(event: str, given: tuple[object, ...]) -> None:
    """An audit hook. Small programs that libraries ask about the machine (`ldconfig`, `lscpu`) run no code of ours."""
    if event == "os.fork":
        starts.append(event)
    elif event == "subprocess.Popen":
        command = given[1] if isinstance(given[1], str) else str(next(iter(given[1]), ""))  # type: ignore[call-overload]
        if Path(command).name.startswith(PROGRAMS):
            starts.append(command)


sys.addaudithook(_note_start)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    return (yield from _no_unmarked_start(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    return (yield from _no_unmarked_start(item))


def _no_unmarked_start(item: pytest.Item) -> Iterator[None]:
    before = len(starts)
    outcome = yield
    if len(starts) > before and not item.get_closest_marker("processes"):
        pytest.fail(f"this starts a process ({starts[-1]}): give it the mark `processes`", pytrace=False)
    return outcome


@pytest.fixture(scope="session")
def data_name() -> str:
    """The data set that this machine has: "mnist" or "digits"."""
    from autograder.data import load_data

    return load_data().name


def autograder(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a user does; on Linux, but for its start (`preforked`)."""
    environment = {**os.environ, "COLUMNS": "160", **environment}
    if sys.platform == "linux":
        starts.append("autograder")
        return preforked.run([*map(str, arguments)], cwd, environment)
    command = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment)
