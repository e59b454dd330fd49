"""What several tests stand on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Several processes compute at once here. Each with a thread for every core, they wait for one another, spinning: what
# takes half a minute alone then takes ten. This must stand before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import pytest

from autograder.sandbox.fork_server import ForkServer
from autograder.submission import definitions

ROOT = Path(__file__).resolve().parents[1]

hypothesis.settings.register_profile("untimed", deadline=None)  # no test depends on how fast a machine is
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """One fork server for all tests: it takes seconds to start."""
    started = ForkServer()
    yield started
    started.close()


@pytest.fixture(autouse=True)
def nobody_lends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test has loaded of a submission is borrowed by no other test's notebooks."""
    monkeypatch.setattr(definitions, "lender", None)


# What takes longest comes first, so that no worker is left with it while the others have nothing to do.
FIRST = (
    *(
        "malicious",
        "bank",
        "notebooks",
        "nbgrader",
        "engine",
        "marking",
        "marker",
        "push_check",
        "naive",
        "cli",
        "build",
    ),
    "cluster",
    *("accepted", "selfcheck", "student_package", "export", "pages_in_browser", "wrong_answers", "new", "jupyterlab"),
    "answers",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Orders the files by how long they take, and says why tests that need a GPU are skipped where there is none."""
    import torch

    places = {f"test_{name}": place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs a GPU, and torch finds none here"))


@pytest.fixture(scope="session")
def data_name() -> str:
    """The data set that this machine has: "mnist" or "digits"."""
    from autograder.data import load_data

    return load_data().name


def autograder(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line as a user does."""
    command = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={**os.environ, "COLUMNS": "160", **environment}
    )
