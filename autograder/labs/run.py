"""Runs a lab's checks on one submission, quietly, from within a program."""

from __future__ import annotations

import os
from collections.abc import Collection
from unittest import mock

from autograder.labs.catalogue import CHECKS
from autograder.labs.examination import Examination

QUIET = (
    "terminal",
    "cacheprovider",
    "warnings",
    "faulthandler",
    "logging",
    "junitxml",
    "pastebin",
    "threadexception",
    "unraisableexception",
)


class ChecksError(Exception):
    """The checks could not be run: the grader's own fault."""


def run_checks(examination: Examination, tasks: Collection[str] | None = None, hidden: bool = True) -> None:
    """Runs the checks of `tasks` (default: all), hidden ones if `hidden`; what they find is in `examination`.

    Raises `ChecksError` where they could not be run, and `KeyboardInterrupt`.
    """
    import pytest

    from autograder.labs.plugin import ChecksPlugin

    wanted = [task for task in examination.assignment.tasks if tasks is None or task.id in tasks]
    notebooks = dict.fromkeys(task.notebook for task in wanted)
    files = [str(CHECKS / examination.lab / f"test_{notebook}.py") for notebook in notebooks]
    arguments = [*files, "-s", "--assert=plain", f"--rootdir={CHECKS}", f"-c{os.devnull}"]
    arguments += [part for name in QUIET for part in ("-p", f"no:{name}")]
    # Plugins and options of whoever runs this are no business of the checks.
    with mock.patch.dict(os.environ, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}):
        status = pytest.main(arguments, plugins=[ChecksPlugin(examination, tasks, hidden)])
    if status == pytest.ExitCode.INTERRUPTED:  # by Ctrl-C: whoever is above is to hear of it
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise ChecksError(f"the checks in {CHECKS / examination.lab} could not be run (pytest ended with {status!r})")
