"""Workers at work at the same time, each in a process of its own; one that dies takes nobody else's mark with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any, Generic, Protocol, TypeVar

from autograder.grading.grader import GradingSpec, Marked, withheld
from autograder.grading.worker import Job, Worker, gpus
from autograder.sandbox.layers.choice import SandboxError

TRIES = 2  # a submission on which the grader's own process has died more often is withheld


class MarkingError(Exception):
    """No worker could be started; the message says why."""


class AnyWorker(Protocol):
    """A worker, wherever it works; `autograder.grading.worker.Worker` says what each of these means."""

    job: Job | None
    ready: bool
    sandbox: str
    promises: list[dict[str, Any]]

    def give(self, job: Job) -> None: ...
    def hear(self) -> Any: ...
    def end(self) -> None: ...


One = TypeVar("One", bound=AnyWorker)


class WorkerPool(ABC, Generic[One]):
    """Workers who share a list of submissions. Where they work is for subclasses to say."""

    def __init__(self, spec: GradingSpec) -> None:
        self.spec = spec
        self.workers: list[One] = []

    @abstractmethod
    def start_workers(self, wanted: int) -> None:
        """Hires workers until there are `wanted`, as far as there is room. Raises `MarkingError`."""

    @abstractmethod
    def await_news(self) -> list[One]:
        """The workers that have something to tell, have died, or have been at it for too long; waits for seconds."""

    @abstractmethod
    def died_idle(self, one: One) -> None:
        """What follows from the death of a worker that had no submission. Raises `MarkingError`."""

    @abstractmethod
    def refused(self, one: One, kind: str, reason: str) -> None:
        """What follows from one that cannot mark. Raises `SandboxError`, `MarkingError`."""

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """Each submission's result, once, as it comes. Raises `SandboxError`, `MarkingError`."""
        waiting = deque(jobs)
        tries = {job.name: 0 for job in jobs}
        try:
            while waiting or any(one.job for one in self.workers):
                self.start_workers(len(waiting) + sum(1 for one in self.workers if one.job))
                for one in self.workers:
                    if one.ready and one.job is None and waiting:
                        one.give(waiting.popleft())
                for one in self.await_news():
                    told = one.hear()
                    if told is None:  # dead, or too long at it
                        self.workers.remove(one)
                        one.end()
                        if one.job is None:
                            self.died_idle(one)
                            continue
                        tries[one.job.name] += 1
                        if tries[one.job.name] > TRIES:
                            yield one.job, replace(self._given_up(one.job), sandbox=one.sandbox, promises=one.promises)
                        else:
                            waiting.append(one.job)
                    elif told[0] == "ready":
                        one.ready = True
                        _, one.sandbox, one.promises = told
                    elif told[0] == "marked":
                        job, one.job = one.job, None
                        assert job is not None
                        yield job, replace(told[1], sandbox=one.sandbox, promises=one.promises)
                    else:
                        self.refused(one, *told)
        finally:
            for one in self.workers:
                one.end()
            self.workers.clear()

    def _given_up(self, job: Job) -> Marked:
        message = "The grader's own process died, again and again, on this submission."
        return Marked(withheld(self.spec.lab, job.submission.student, [message]), {}, {}, [])


class LocalWorkers(WorkerPool[Worker]):
    """As many workers on this machine as there are jobs to do at once."""

    def __init__(self, spec: GradingSpec, jobs: int) -> None:
        super().__init__(spec)
        self._size = min(jobs, gpus() or 1) if spec.device == "cuda" else jobs
        self._died = 0

    def start_workers(self, wanted: int) -> None:
        while len(self.workers) < min(self._size, wanted):
            taken = {one.number for one in self.workers}
            number = next(number for number in range(self._size) if number not in taken)
            self.workers.append(Worker(self.spec, number))

    def await_news(self) -> list[Worker]:
        late = [one for one in self.workers if one.late()]
        found = wait([one.connection for one in self.workers], timeout=0 if late else 5)  # a death ends its pipe
        return [one for one in self.workers if one in late or one.connection in found]

    def died_idle(self, one: Worker) -> None:
        self._died += 1
        if self._died > TRIES:
            raise MarkingError("the workers' processes die as they start")

    def refused(self, one: Worker, kind: str, reason: str) -> None:
        raise SandboxError(reason) if kind == "no sandbox" else MarkingError(reason)
