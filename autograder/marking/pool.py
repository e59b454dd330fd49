"""Examiners at work at the same time, each in a process of its own; one that dies takes nobody else's mark with it."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder.candidate.cage.layers import CageError
from autograder.candidate.process import ALLOCATOR
from autograder.marking.examine import Desk, Marked, Order, withheld
from autograder.marking.journal import Known
from autograder.submission.collect import Submission

TRIES = 2  # a submission on which the grader's own process has died more often is withheld
SPARE_SECONDS = 300  # beyond a submission's own budget, for the examiner's work on it


class MarkingError(Exception):
    """No examiner could be started; the message says why."""


@dataclass(frozen=True)
class Job:
    """One submission, the folder name that its pictures get, and what is known of it from earlier runs."""

    submission: Submission
    name: str
    known: Known


class Pool:
    """As many examiners as there are jobs to do at once."""

    def __init__(self, order: Order, jobs: int) -> None:
        self.order = order
        self.promises: list[dict[str, Any]] = []
        self._size = min(jobs, gpus()) if order.device == "cuda" else jobs
        self._examiners: list[_Examiner] = []

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """Each submission's result, as it comes. Raises `CageError`, `MarkingError`."""
        waiting = deque(jobs)
        tries = {job.name: 0 for job in jobs}
        unable = 0
        try:
            while waiting or any(one.job for one in self._examiners):
                while len(self._examiners) < min(self._size, len(waiting) + sum(1 for e in self._examiners if e.job)):
                    self._examiners.append(self._hire())
                for one in self._examiners:
                    if one.ready and one.job is None and waiting:
                        one.give(waiting.popleft())
                for one in self._await():
                    told = one.hear()
                    if told is None:  # dead, or too long at it
                        self._examiners.remove(one)
                        one.end()
                        if one.job is None:
                            unable += 1
                            if unable > TRIES:
                                raise MarkingError("the examiners' processes die as they start")
                            continue
                        tries[one.job.name] += 1
                        if tries[one.job.name] > TRIES:
                            yield one.job, self._given_up(one.job)
                        else:
                            waiting.append(one.job)
                    elif told[0] == "ready":
                        one.ready = True
                        self.promises = told[1]
                    elif told[0] == "no cage":
                        raise CageError(told[1])
                    elif told[0] == "failed":
                        raise MarkingError(told[1])
                    else:
                        job, one.job = one.job, None
                        assert job is not None
                        yield job, told[1]
        finally:
            for one in self._examiners:
                one.end()
            self._examiners.clear()

    def _hire(self) -> _Examiner:
        taken = {one.number for one in self._examiners}
        number = next(number for number in range(self._size) if number not in taken)
        return _Examiner(self.order, number)

    def _await(self) -> list[_Examiner]:
        """The examiners that have something to tell, have died, or have been at it for too long."""
        by_handle: dict[Any, _Examiner] = {}
        for one in self._examiners:
            by_handle |= {one.connection: one, one.process.sentinel: one}
        late = [one for one in self._examiners if one.late()]
        found = wait(list(by_handle), timeout=0 if late else 5)
        unique = {id(by_handle[handle]): by_handle[handle] for handle in found}
        return list(unique.values()) + [one for one in late if id(one) not in unique]

    def _given_up(self, job: Job) -> Marked:
        from autograder.checks.setting import Setting

        setting = Setting.find(self.order.lab, self.order.course_file)
        message = "The grader's own process died, again and again, on this submission."
        return Marked(withheld(setting, job.submission.student, [message]), {}, {}, [])


class _Examiner:
    def __init__(self, order: Order, number: int) -> None:
        self.number = number
        self.job: Job | None = None
        self.ready = False
        self._patience = order.patience + SPARE_SECONDS
        self._since = time.monotonic()
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        environment = dict(os.environ)
        os.environ.update({name: value for name, value in ALLOCATOR.items() if name not in os.environ})
        if order.device == "cuda":
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
            cards = visible.split(",") if visible else [str(card) for card in range(gpus())]
            os.environ["CUDA_VISIBLE_DEVICES"] = cards[number % len(cards)]
        try:
            self.process = context.Process(target=work, args=(order, theirs, os.getpid()), name=f"examiner-{number}")
            self.process.start()
        finally:
            os.environ.clear()
            os.environ.update(environment)
        theirs.close()

    def give(self, job: Job) -> None:
        self.job = job
        self._since = time.monotonic()
        try:
            self.connection.send(job)
        except OSError:
            return  # it has died: the next look at it says so

    def late(self) -> bool:
        return (self.job is not None or not self.ready) and time.monotonic() - self._since > self._patience

    def hear(self) -> Any:
        try:
            return self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self.connection.close()
        self.process.join(0 if self.job else 10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def work(order: Order, connection: Connection, parent: int) -> None:
    """The life of an examiner's process: opens a desk, proves the cage, marks what it is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who has the list
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # the end of the marking process is ours too
        if os.getppid() != parent:
            return
    try:
        desk = Desk(order)
    except Exception as error:
        with contextlib.suppress(OSError):  # the other examiner has said so already
            if isinstance(error, CageError):
                connection.send(("no cage", str(error)))
            else:
                connection.send(("failed", f"{type(error).__name__}: {error}"))
        return
    try:
        connection.send(("ready", desk.promises))
        while True:
            job: Job = connection.recv()
            connection.send(("marked", desk.mark(job.submission, job.name, job.known)))
    except (EOFError, OSError):
        return
    finally:
        desk.close()


@cache
def gpus() -> int:
    """How many GPUs torch can use; asked of a process of its own, since what has touched one cannot fork."""
    code = "import torch; print(torch.cuda.device_count())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return max(1, int(told.stdout.strip() or 0)) if told.returncode == 0 else 1
