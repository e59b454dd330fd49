"""Runs a task's checks, hidden ones included, on definitions that stand in this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autograder.judge.oracle import KEY_SEED, LiveOracle, Oracle
from autograder.labs.examination import Examination
from autograder.labs.lab import Setting
from autograder.labs.run import run_checks
from autograder.results import CheckResult
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer
from autograder.sandbox.own_kernel import Kernel
from tests.sample_class import TRAINED

SETTING = Setting.find("lab4")
assert SETTING.reference is not None
REFERENCE: Path = SETTING.reference
NAMES = [name for task in SETTING.assignment.tasks for name in task.definitions]


@cache
def live_oracle(seed: int = KEY_SEED) -> LiveOracle:
    """The reference with its bank of mistakes, which answer at the key's seed as they were kept."""
    return SETTING.live_oracle(seed)


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
    task: str, definitions: Mapping[str, Any], folder: Path, oracle: Oracle | None = None, hidden: bool = True
) -> dict[str, CheckResult]:
    """What each check of a task says of definitions and of the files in `folder` (weights, own pictures)."""
    return _examined(lambda: Here(dict(definitions), SETTING.lab), task, folder, oracle or live_oracle(), hidden)


def in_processes(fork_server: ForkServer, folder: Path, task: str) -> dict[str, CheckResult]:
    """What each check of a task says of a submission's folder, whose code runs in processes of its own."""
    limits = SETTING.assignment.limits
    return _examined(lambda: StudentProcess(fork_server, folder, SETTING.lab, limits), task, folder, live_oracle())


def _examined(
    start: Callable[[], Here | StudentProcess], task: str, folder: Path, oracle: Oracle, hidden: bool = True
) -> dict[str, CheckResult]:
    with start() as respondent:
        examination = Examination(
            lab=SETTING.lab,
            assignment=SETTING.assignment,
            respondent=respondent,
            restart=start,
            folder=folder,
            oracle=oracle,
            data="digits",
            hidden_seed=oracle.seed,
        )
        with examination:
            run_checks(examination, [task], hidden)
    return {check: result for (_, check), result in examination.results.items()}
