"""What several verbs share: error messages, Ctrl-C, and the choice of device and data set."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

GPUS = {"cuda": "torch.cuda", "mps": "torch.backends.mps"}  # and which of torch's modules knows whether there is one
DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # NVIDIA, AMD, WSL
USER_ERRORS = {  # errors that users can fix
    ("autograder.course", "CourseError"),
    ("autograder.data", "DataUnavailable"),
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
    ("autograder.storage", "LinkError"),
    ("autograder.training.reference", "ReferenceMissing"),
}


def fail(message: str) -> NoReturn:
    """Ends the command with a message on stderr and exit status 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Ends the command with one message, and without a traceback, for an error that the user can fix.

    These errors are recognised by name: importing their modules would take seconds, and a student's package does not
    have all of them.
    """
    try:
        yield
    except Exception as error:
        if not any((kind.__module__, kind.__name__) in USER_ERRORS for kind in type(error).__mro__):
            raise
        fail(str(error))


@contextmanager
def stopped(sentence: str) -> Iterator[None]:
    """After Ctrl-C, prints `sentence`, which says what became of the work, and ends with the status 130."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"\nStopped. {sentence}", err=True)
        raise typer.Exit(130) from None


def choose_device(device: str) -> str:
    """The device, "cpu", "cuda" or "mps", for what --device says; ends the command if it is not available.

    "auto" never chooses "mps", an Apple GPU, since no mark has been compared with one made there.
    """
    if device not in ("auto", "cpu", *GPUS):
        fail(f"--device must be auto, cpu, cuda or mps, not {device!r}")
    if device == "cpu":
        return "cpu"
    if device == "auto" and sys.platform == "linux" and not any(map(os.path.exists, DRIVERS)):
        return "cpu"  # without importing torch, which takes seconds
    # Another process asks: once a process has touched a GPU, its forks cannot use one.
    import subprocess

    wanted = "cuda" if device == "auto" else device
    code = f"import torch, sys; sys.exit(0 if {GPUS[wanted]}.is_available() else 1)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
    if device != "auto" and not found:
        kind = "Apple GPU" if device == "mps" else "GPU"
        fail(f"--device {device}: torch finds no {kind} on this machine; see `autograder doctor`")
    return wanted if found else "cpu"


def choose_data(data: str) -> str:
    """Returns `data`; ends the command if there is no such data set."""
    if data not in ("auto", "mnist", "digits"):
        fail(f"--data must be auto, mnist or digits, not {data!r}")
    return data
