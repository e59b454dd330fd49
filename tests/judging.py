"""Runs a task's checks, hidden ones included, on definitions that stand in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autograder.judge.oracle import KEY_SEED, LiveOracle, Oracle
from autograder.labs.context import Context
from autograder.labs.lab import open_lab
from autograder.labs.respondents import Respondents
from autograder.labs.run import run_checks
from autograder.results import CheckResult
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer
from autograder.sandbox.own_kernel import Kernel
from tests.sample_class import TRAINED

LAB = open_lab("lab4")
LAB.questions, LAB.mistakes  # noqa: B018 -- where its files are is settled: some tests put others in their place
assert LAB.reference is not None
REFERENCE: Path = LAB.reference
NAMES = [name for task in LAB.assignment.tasks for name in task.definitions]


@cache
def live_oracle(seed: int = KEY_SEED) -> LiveOracle:
    """The reference with its bank of mistakes, which answer at the key's seed as they were kept."""
    return LAB.live_oracle(seed)


class Here(Kernel):
    """Definitions of this process in the place of a student's own process."""

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def end(self) -> None:
        self.close()


def definitions_of(found: Any) -> dict[str, Any]:
    """The contract's names, taken from `found` (an object that has them)."""
    return {name: getattr(found, name) for name in NAMES}


def lay_out(folder: Path, data: str = "digits") -> Path:
    """A submission's folder with the reference's weights and pictures, and no notebooks."""
    (folder / "weights").mkdir(parents=True)
    for name in TRAINED:
        shutil.copyfile(REFERENCE / "weights" / data / name, folder / "weights" / name)
    shutil.copytree(REFERENCE / "own", folder / "own")
    return folder


def judged(
    task: str,
    definitions: Mapping[str, Any],
    folder: Path,
    oracle: Oracle | None = None,
    hidden: bool = True,
    namer: Oracle | None = None,
) -> dict[str, CheckResult]:
    """What each check of a task says of definitions and of the files in `folder` (weights, own pictures)."""
    return examined(lambda: Here(dict(definitions)), task, folder, oracle or live_oracle(), hidden, namer)


def in_processes(fork_server: ForkServer, folder: Path, task: str) -> dict[str, CheckResult]:
    """What each check of a task says of a submission's folder, whose code runs in processes of its own."""
    limits = LAB.assignment.limits
    return examined(lambda: StudentProcess(fork_server, folder, limits), task, folder, live_oracle())


def examined(
    start: Callable[[], Here | StudentProcess],
    task: str,
    folder: Path,
    oracle: Oracle,
    hidden: bool = True,
    namer: Oracle | None = None,
) -> dict[str, CheckResult]:
    context = Context(LAB, folder, oracle, data="digits", hidden_seed=oracle.seed)
    with start() as first, Respondents(LAB, first, start) as respondents:
        findings = run_checks(context, respondents, [task], hidden, namer)
    results = findings.task_results(LAB.assignment)
    tripped = [check.unjudged for result in results for check in result.checks if check.unjudged]
    assert not tripped, f"the grader failed {tripped}"
    return {check.id: check for result in results for check in result.checks}
