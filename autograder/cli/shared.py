"""What several verbs share: the errors that end them, and the choice of a device."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, of AMD, in WSL
MENDED_BY_USERS = (
    ("course", "CourseError"),
    ("submission.collect", "SubmissionError"),
    ("judge.oracle", "OracleError"),
    ("judge.bank", "BankError"),
    ("judge.bank", "BankError"),
    ("candidate.process", "NurseryError"),
    ("candidate.cage.layers", "CageError"),
    ("marking.journal", "JournalError"),
    ("marking.pool", "MarkingError"),
    ("marking.overrides", "OverridesError"),
    ("marking.times", "TimesError"),
    ("results", "ResultsError"),
)


def fail(message: str) -> NoReturn:
    """Ends the command with a message on stderr and exit status 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turns the errors that a user can mend into one message without a traceback."""
    import importlib
    import importlib.util

    errors: list[type[Exception]] = []
    for place, name in MENDED_BY_USERS:
        if importlib.util.find_spec(f"autograder.{place.split('.')[0]}") is None:
            continue  # a student's package does not have every room
        if place.count(".") > 1 and importlib.util.find_spec(f"autograder.{place.rpartition('.')[0]}") is None:
            continue
        errors.append(getattr(importlib.import_module(f"autograder.{place}"), name))
    try:
        yield
    except tuple(errors) as error:
        fail(str(error))


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
