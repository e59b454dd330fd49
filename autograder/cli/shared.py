"""What several verbs share: the errors that end them, and the choice of a device."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, of AMD, in WSL
MENDED_BY_USERS = {
    ("autograder.course", "CourseError"),
    ("autograder.submission.collect", "SubmissionError"),
    ("autograder.judge.oracle", "OracleError"),
    ("autograder.judge.bank", "BankError"),
    ("autograder.sandbox.fork_server", "ForkServerError"),
    ("autograder.sandbox.layers.choice", "SandboxError"),
    ("autograder.grading.cache", "CacheError"),
    ("autograder.grading.worker_pool", "MarkingError"),
    ("autograder.grading.overrides", "OverridesError"),
    ("autograder.grading.times", "TimesError"),
    ("autograder.results", "ResultsError"),
}


def fail(message: str) -> NoReturn:
    """Ends the command with a message on stderr and exit status 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turns the errors that a user can mend into one message without a traceback.

    They are known by their names: to import the rooms that they live in would take seconds, and a student's package
    does not have every room.
    """
    try:
        yield
    except Exception as error:
        if not any((kind.__module__, kind.__name__) in MENDED_BY_USERS for kind in type(error).__mro__):
            raise
        fail(str(error))


@contextmanager
def stopped(sentence: str) -> Iterator[None]:
    """After Ctrl-C says what became of the work, and ends with the status 130."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"\nStopped. {sentence}", err=True)
        raise typer.Exit(130) from None


def choose_device(device: str) -> str:
    """ "cpu" or "cuda" for "auto", "cpu" or "cuda"; ends the command where that cannot be."""
    if device not in ("auto", "cpu", "cuda"):
        fail(f"--device is auto, cpu or cuda, not {device!r}")
    if device == "cpu":
        return "cpu"
    if device == "auto" and sys.platform == "linux" and not any(map(os.path.exists, DRIVERS)):
        return "cpu"  # torch need not be asked, which takes seconds
    # Asked of a process of its own: once this one has touched a GPU, what it forks cannot.
    import subprocess

    code = "import torch, sys; sys.exit(0 if torch.cuda.is_available() else 1)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
    if device == "cuda" and not found:
        fail("--device cuda: torch finds no GPU here (`autograder doctor` says more)")
    return "cuda" if found else "cpu"


def choose_data(data: str) -> str:
    """Refuses unknown data sets."""
    if data not in ("auto", "mnist", "digits"):
        fail(f"--data is auto, mnist or digits, not {data!r}")
    return data
