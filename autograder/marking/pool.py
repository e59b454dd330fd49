"""Examiners at work at the same time, each in a process of its own; one that dies takes nobody else's mark with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any, Generic, Protocol, TypeVar

from autograder.candidate.cage.layers import CageError
from autograder.checks.setting import Setting
from autograder.marking.examine import Marked, Order, withheld
from autograder.marking.examiner import Examiner, Job, gpus

TRIES = 2  # a submission on which the grader's own process has died more often is withheld


class MarkingError(Exception):
    """No examiner could be started; the message says why."""


class Hired(Protocol):
    """An examiner, wherever it works; `autograder.marking.examiner.Examiner` says what each of these means."""

    job: Job | None
    ready: bool
    cage: str
    promises: list[dict[str, Any]]

    def give(self, job: Job) -> None: ...
    def hear(self) -> Any: ...
    def end(self) -> None: ...


One = TypeVar("One", bound=Hired)


class Staff(ABC, Generic[One]):
    """Examiners who share a list of submissions. Where they work is for subclasses to say."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.examiners: list[One] = []

    @abstractmethod
    def hire(self, wanted: int) -> None:
        """Hires examiners until there are `wanted`, as far as there is room. Raises `MarkingError`."""

    @abstractmethod
    def await_news(self) -> list[One]:
        """The examiners that have something to tell, have died, or have been at it for too long; waits for seconds."""

    @abstractmethod
    def died_idle(self, one: One) -> None:
        """What follows from the death of an examiner that had no submission. Raises `MarkingError`."""

    @abstractmethod
    def refused(self, one: One, kind: str, reason: str) -> None:
        """What follows from one that cannot mark. Raises `CageError`, `MarkingError`."""

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """Each submission's result, once, as it comes. Raises `CageError`, `MarkingError`."""
        waiting = deque(jobs)
        tries = {job.name: 0 for job in jobs}
        try:
            while waiting or any(one.job for one in self.examiners):
                self.hire(len(waiting) + sum(1 for one in self.examiners if one.job))
                for one in self.examiners:
                    if one.ready and one.job is None and waiting:
                        one.give(waiting.popleft())
                for one in self.await_news():
                    told = one.hear()
                    if told is None:  # dead, or too long at it
                        self.examiners.remove(one)
                        one.end()
                        if one.job is None:
                            self.died_idle(one)
                            continue
                        tries[one.job.name] += 1
                        if tries[one.job.name] > TRIES:
                            yield one.job, replace(self._given_up(one.job), cage=one.cage, promises=one.promises)
                        else:
                            waiting.append(one.job)
                    elif told[0] == "ready":
                        one.ready = True
                        _, one.cage, one.promises = told
                    elif told[0] == "marked":
                        job, one.job = one.job, None
                        assert job is not None
                        yield job, replace(told[1], cage=one.cage, promises=one.promises)
                    else:
                        self.refused(one, *told)
        finally:
            for one in self.examiners:
                one.end()
            self.examiners.clear()

    def _given_up(self, job: Job) -> Marked:
        setting = Setting.find(self.order.lab, self.order.course_file)
        message = "The grader's own process died, again and again, on this submission."
        return Marked(withheld(setting, job.submission.student, [message]), {}, {}, [])


class Pool(Staff[Examiner]):
    """As many examiners on this machine as there are jobs to do at once."""

    def __init__(self, order: Order, jobs: int) -> None:
        super().__init__(order)
        self._size = min(jobs, gpus() or 1) if order.device == "cuda" else jobs
        self._died = 0

    def hire(self, wanted: int) -> None:
        while len(self.examiners) < min(self._size, wanted):
            taken = {one.number for one in self.examiners}
            number = next(number for number in range(self._size) if number not in taken)
            self.examiners.append(Examiner(self.order, number))

    def await_news(self) -> list[Examiner]:
        late = [one for one in self.examiners if one.late()]
        found = wait([one.connection for one in self.examiners], timeout=0 if late else 5)  # a death ends its pipe
        return [one for one in self.examiners if one in late or one.connection in found]

    def died_idle(self, one: Examiner) -> None:
        self._died += 1
        if self._died > TRIES:
            raise MarkingError("the examiners' processes die as they start")

    def refused(self, one: Examiner, kind: str, reason: str) -> None:
        raise CageError(reason) if kind == "no cage" else MarkingError(reason)
