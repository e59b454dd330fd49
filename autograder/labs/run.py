"""Runs a lab's checks on one submission, quietly, from within a program."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from unittest import mock

from autograder.judge.oracle import Oracle
from autograder.labs.context import Context
from autograder.labs.findings import CachedChecks, Findings
from autograder.labs.lab import LABS
from autograder.labs.respondents import Respondents

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


def run_checks(
    context: Context,
    respondents: Respondents,
    tasks: Collection[str] | None = None,
    hidden: bool = True,
    namer: Oracle | None = None,
    cached: CachedChecks | None = None,
    tell: Callable[[str], object] | None = None,
) -> Findings:
    """What the checks of `tasks` (default: all) find, hidden ones too if `hidden`.

    `namer` knows mistakes by name; by default, that is the context's own oracle. `cached` holds what an earlier run
    found; `tell` hears the title of each task. Raises `ChecksError` where the checks could not be run, and
    `KeyboardInterrupt`.
    """
    import pytest

    from autograder.labs.plugin import ChecksPlugin

    findings = Findings()
    wanted = [task for task in context.assignment.tasks if tasks is None or task.id in tasks]
    notebooks = dict.fromkeys(task.notebook for task in wanted)
    files = [str(context.lab.folder / f"test_{notebook}.py") for notebook in notebooks]
    # Without the cut, pytest would list every folder on the way from / to the checks, whatever lies in them.
    arguments = [*files, "-s", "--assert=plain", f"--rootdir={LABS}", f"--confcutdir={LABS}", f"-c{os.devnull}"]
    arguments += [part for name in QUIET for part in ("-p", f"no:{name}")]
    plugin = ChecksPlugin(context, respondents, findings, tasks, hidden, namer, cached, tell)
    # Plugins and options of whoever runs this are no business of the checks.
    with mock.patch.dict(os.environ, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}):
        status = pytest.main(arguments, plugins=[plugin])
    if status == pytest.ExitCode.INTERRUPTED:  # by Ctrl-C: whoever is above is to hear of it
        raise KeyboardInterrupt
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise ChecksError(f"the checks in {context.lab.folder} could not be run (pytest ended with {status!r})")
    return findings
