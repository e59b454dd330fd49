"""Lets the checks run by themselves: `pytest autograder/labs/lab4 --submission PATH`."""

from __future__ import annotations

import importlib.util
import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from autograder.course import CourseError
from autograder.data import load_data
from autograder.labs.run import ChecksPlugin

STACK: pytest.StashKey[ExitStack] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("submission")
    group.addoption("--submission", metavar="PATH", help="a student's folder or archive")
    group.addoption("--seed", type=int, help="repeats an earlier run, or a marking: $(cat MARKS/cache/seed)")
    group.addoption("--unsafe-no-sandbox", action="store_true", help="for the work of people you trust")


def pytest_configure(config: pytest.Config) -> None:
    """Sets the examination up. A program that runs the checks (`run_checks`) has its own, and no use for this file."""
    config.stash[STACK] = ExitStack()
    config.pluginmanager.register(_plugin(config, config.stash[STACK]), "checks")


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[STACK].close()


def _plugin(config: pytest.Config, stack: ExitStack) -> ChecksPlugin:
    from autograder.labs.context import Context
    from autograder.labs.findings import Findings
    from autograder.labs.lab import open_lab
    from autograder.labs.respondents import Respondents
    from autograder.sandbox.client import StudentProcess
    from autograder.sandbox.fork_server import ForkServer
    from autograder.submission.collect import SubmissionError, single_submission

    folder = config.getoption("submission")
    if not folder:
        raise pytest.UsageError("say whose work is checked: --submission PATH")
    place = next((Path(arg).resolve() for arg in config.args), Path.cwd())
    place = place.parent if place.is_file() else place
    try:
        lab = open_lab(place.name)
    except CourseError as error:
        raise pytest.UsageError(str(error)) from None
    seed = config.getoption("seed")
    seed = secrets.randbits(32) if seed is None else seed
    print(f"seed {seed} (give --seed {seed} to repeat), data {load_data().name} ($AUTOGRADER_DATA chooses)")
    staging = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-")))
    limits = lab.assignment.limits
    try:
        submission = single_submission(Path(folder), lab.name, staging, limits, lab.assignment.notebooks, lab.release)
    except SubmissionError as error:
        raise pytest.UsageError(str(error)) from None
    fork_server = ForkServer(_layers(config), limits)
    stack.callback(fork_server.close)

    def start() -> StudentProcess:
        return StudentProcess(fork_server, submission.folder, limits, threads=1)

    process = stack.enter_context(start())
    for remark in (*submission.problems, *process.describe().problems, *submission.chosen):
        print(remark)
    respondents = stack.enter_context(Respondents(lab, process, start))
    return ChecksPlugin(Context(lab, submission.folder, lab.oracle(seed), hidden_seed=seed), respondents, Findings())


def _layers(config: pytest.Config) -> Any:
    """The layers of the sandbox; None in a student's own package, which has none, and where none is wanted."""
    if config.getoption("unsafe_no_sandbox") or importlib.util.find_spec("autograder.sandbox.layers") is None:
        return None
    from autograder.sandbox.layers.choice import SandboxError, choose

    try:
        return choose()
    except SandboxError as error:
        raise pytest.UsageError(str(error)) from None
