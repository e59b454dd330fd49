"""Marks submissions one after the other, with one fork server and one proof of the sandbox for all of them.

torch is imported inside the functions that need it, so that the process that only distributes submissions starts fast.
"""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from autograder.course import Assignment, Limits
from autograder.grading.check_cells import cell_flags, check_cells
from autograder.grading.flags import flags_of_digits, flags_of_files, flags_of_reach, flags_of_rivals, flags_of_weights
from autograder.judge.oracle import KEY_SEED, Oracle
from autograder.labs.findings import CachedCheck, CachedChecks
from autograder.labs.lab import Lab
from autograder.results import CheckResult, OwnDigit, StudentResult, TaskResult, most, settle
from autograder.sandbox.client import Reading, Source, StudentProcess
from autograder.sandbox.fork_server import ForkServer
from autograder.sandbox.fork_server_main import LIBRARIES
from autograder.sandbox.layers.choice import Layers
from autograder.sandbox.own_program import OwnProgram, can_fork
from autograder.sandbox.proof import promises
from autograder.sandbox.respondent import StudentError
from autograder.storage import storable
from autograder.submission.taken_in import Submission

NO_SANDBOX = "none: --unsafe-no-sandbox, student code had access to everything that the marker has"


@dataclass(frozen=True)
class GradingSpec:
    """What a worker is told about a run, the same for all students. `layers` is the sandbox; None marks without one."""

    lab: Lab
    data: str
    device: str
    seed: int
    threads: int
    layers: Layers | None = None
    hidden: bool = True

    @property
    def sandbox(self) -> str:
        """How results describe the sandbox."""
        return f"{self.layers}; every promise held" if self.layers else NO_SANDBOX

    @property
    def patience(self) -> float:
        """Seconds after which a submission counts as stuck: four times its budget.

        Public and hidden checks have a budget each, and each again for naming mistakes.
        """
        return 4 * self.lab.assignment.limits.submission_seconds


@dataclass
class Marked:
    """The outcome of marking one submission: the result, pictures by file name, each check for the cache, the seconds
    that it took, how many questions ran out of time while the machine was busy, and the sandbox with the promises that
    were proved in it."""

    result: StudentResult
    pictures: dict[str, bytes]
    checks: dict[tuple[str, str], CachedCheck] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0
    busy: int = 0
    sandbox: str = NO_SANDBOX
    promises: list[dict[str, Any]] = field(default_factory=list)


class Grader:
    """Holds the reference, the hidden images and a fork server, and marks submissions one by one.

    Proves the sandbox before the first one; raises `SandboxError` if it does not hold. `start` starts the fork server.
    """

    def __init__(self, spec: GradingSpec, start: Callable[[Layers | None, Limits], ForkServer] = ForkServer) -> None:
        self.spec = spec
        self.lab = spec.lab
        # It starts to import its libraries.
        self.fork_server = start(spec.layers, self.lab.assignment.limits) if can_fork() else None
        self.promises: list[dict[str, Any]] = []
        gc.disable()  # imports make hundreds of thousands of objects and no garbage
        try:
            with ThreadPoolExecutor(1) as aside:
                server = self.fork_server
                proved = aside.submit(promises.prove, server) if spec.layers is not None and server else None
                self.oracle, self.namer = self._prepare()
                if proved is not None and spec.layers is not None:
                    promises.require(proved.result(), spec.layers)
                    self.promises = promises.as_data(proved.result())
            if spec.device != "cpu" and self.fork_server is not None:
                promises.require_gpu(self.fork_server)
        except Exception:
            self.close()
            raise
        finally:
            gc.freeze()
            gc.enable()

    def _prepare(self) -> tuple[Oracle, Oracle]:
        """Imports and makes what every submission needs, while the fork server starts and proves the sandbox."""
        import torch

        from autograder.labs import context, run  # noqa: F401

        torch.set_num_threads(self.spec.threads)
        oracles = self.lab.live_oracle(self.spec.seed, named=False), self.lab.live_oracle(KEY_SEED)
        context.hidden_images(self.spec.data, self.spec.seed)
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1)  # a process's first optimiser takes a second
        return oracles

    def close(self) -> None:
        """Ends the fork server."""
        if self.fork_server is not None:
            self.fork_server.close()

    def mark(self, submission: Submission, name: str, known: CachedChecks | None = None) -> Marked:
        """Marks one student's submission. `name` is the folder of the pictures; checks in `known` are not run again.

        Nothing that a student does makes it raise. If the grader itself fails, the mark is withheld.
        """
        started = time.monotonic()
        processes: list[StudentProcess] = []
        try:
            return self._mark(submission, name, known, processes)
        except Exception as error:
            traceback.print_exc()
            messages = [*submission.problems, storable(f"The grader failed: {type(error).__name__}: {error}")]
            seconds, busy = time.monotonic() - started, sum(process.busy for process in processes)
            return Marked(withheld(self.lab, submission.student, messages), {}, seconds=seconds, busy=busy)

    def _mark(
        self, submission: Submission, name: str, known: CachedChecks | None, processes: list[StudentProcess]
    ) -> Marked:
        from autograder.labs.context import Context
        from autograder.labs.respondents import Respondents
        from autograder.labs.run import run_checks

        started = time.monotonic()
        lab, spec, assignment = self.lab, self.spec, self.lab.assignment

        def start() -> StudentProcess:
            folder, limits = submission.folder, assignment.limits
            if self.fork_server is not None:
                process = StudentProcess(self.fork_server, folder, limits, spec.device, spec.threads)
            else:
                process = OwnProgram(folder, limits, spec.device, LIBRARIES, spec.threads)
            processes.append(process)
            return process

        messages = list(submission.problems)
        with start() as first, Respondents(lab, first, start) as respondents:
            reading, source = _described(first, assignment)
            messages += reading.problems
            context = Context(lab, submission.folder, self.oracle, spec.data, spec.device, spec.seed)
            findings = run_checks(context, respondents, hidden=spec.hidden, namer=self.namer, cached=known)
            notes = list(dict.fromkeys([*(known.notes if known else []), *respondents.notes]))
        messages += notes
        tasks = findings.task_results(assignment)
        for task in tasks:
            task.code = source.code.get(task.id, "") if source is not None else ""
            task.compared = source.compared.get(task.id, "") if source is not None else ""
        digits = [digit.model_copy() for found in findings.digits.values() for digit in found]
        _point_to(tasks, digits, name)
        status, score = settle(tasks)
        code = [file for file in submission.files() if file.suffix in (".ipynb", ".py")]
        result = StudentResult(
            student=submission.student,
            status=status,
            score=score,
            max_score=most(tasks),
            tasks=tasks,
            messages=messages,
            digits=digits,
            unread=reading.lost[0] if reading.lost and len(reading.lost) >= len(code) else "",
            flags=[
                *_flags(lab, source),
                *flags_of_files(tasks, reading.lost),
                *flags_of_weights(tasks, lab.reference),
                *flags_of_digits(digits),
            ],
        )
        pictures = {f"{key}.png": picture for key, picture in findings.pictures.items()}
        busy = sum(process.busy for process in processes)
        return Marked(result, pictures, findings.to_cache(), notes, time.monotonic() - started, busy)


def withheld(lab: Lab, student: str, messages: list[str]) -> StudentResult:
    """The result of a student whose work could not be marked, through no fault of theirs."""
    assignment = lab.assignment
    return StudentResult(
        student=student,
        status="withheld",
        score=None,
        max_score=assignment.points,
        tasks=[
            TaskResult(
                id=task.id,
                title=task.title,
                notebook=task.notebook,
                score=0,
                max_score=task.points,
                checks=[
                    CheckResult(
                        id=name,
                        status="error",
                        score=0,
                        max_score=points,
                        public=True,
                        message=messages[-1] if messages else "",
                    )
                    for name, points in task.checks.items()
                ],
                extra=task.extra,
            )
            for task in assignment.tasks
        ],
        messages=messages,
    )


def _described(respondent: StudentProcess, assignment: Assignment) -> tuple[Reading, Source | None]:
    """What cannot be read of a submission, and its source. Asked for before any of the student's code has run."""
    try:
        reading = respondent.describe()
    except StudentError as error:
        return Reading([f"The submission's files could not be read: {error.message}"], []), None
    try:
        return reading, respondent.source(assignment.tasks)
    except StudentError:  # only pages and flags need the source, no mark does
        return reading, None


def _flags(lab: Lab, source: Source | None) -> list[str]:
    """What a marker should look at in this submission by itself, without comparing it with others."""
    if source is None:
        return [
            "The files could not be read as text, so the code was not compared with others' and check cells were not"
            " compared with the released ones."
        ]
    flags = cell_flags(check_cells(lab.release), source.cells) if lab.release is not None else []
    asides = [f"{what} was not run. {words} Look at it before a 0 counts." for what, words in source.elsewhere.items()]
    return [*flags, *asides, *flags_of_rivals(source.rivals), *flags_of_reach(source.reached)]


def _point_to(tasks: list[TaskResult], digits: list[OwnDigit], folder: str) -> None:
    for task in tasks:
        for check in task.checks:
            check.pictures = [f"{folder}/{key}.png" for key in check.pictures]
    for digit in digits:
        if digit.picture:
            digit.picture = f"{folder}/{digit.picture}.png"
