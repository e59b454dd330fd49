"""Shares a list of submissions among workers, each a process of its own; if one dies, nobody else loses a mark."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any, Generic, Protocol, TypeVar

from autograder.grading.grader import Grader, GradingSpec, Marked, withheld
from autograder.grading.worker import Job, Worker, gpus
from autograder.sandbox.layers.choice import SandboxError

DEATHS = 2  # if a worker dies more often than this on one submission, the mark is withheld


class MarkingError(Exception):
    """No worker could be started; the message says why."""


class AnyWorker(Protocol):
    """A worker on any machine; `autograder.grading.worker.Worker` documents the attributes and methods."""

    job: Job | None
    ready: bool
    sandbox: str
    promises: list[dict[str, Any]]

    def start(self, job: Job) -> None: ...
    def read_reply(self) -> Any: ...
    def end(self) -> None: ...


WorkerT = TypeVar("WorkerT", bound=AnyWorker)


class WorkerPool(ABC, Generic[WorkerT]):
    """Workers that share a list of submissions. Subclasses decide where they run."""

    def __init__(self, spec: GradingSpec) -> None:
        self.spec = spec
        self.workers: list[WorkerT] = []
        self.begun: Callable[[Job], None] = lambda job: None
        """Is told of each submission as a worker begins with it."""

    @abstractmethod
    def start_workers(self, wanted: int) -> None:
        """Starts workers until there are `wanted`, or as many as there is room for. Raises `MarkingError`."""

    @abstractmethod
    def wait_for_replies(self) -> list[WorkerT]:
        """Waits some seconds; the workers that have replied, died, or run out of time."""

    @abstractmethod
    def on_idle_death(self, worker: WorkerT) -> None:
        """Called when a worker without a submission has died. Raises `MarkingError`."""

    @abstractmethod
    def on_refusal(self, worker: WorkerT, kind: str, reason: str) -> None:
        """Called when a worker says that it cannot mark. Raises `SandboxError`, `MarkingError`."""

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """Yields each submission's result once, as it is finished. Raises `SandboxError`, `MarkingError`."""
        waiting = deque(jobs)
        tries = {job.name: 0 for job in jobs}
        try:
            while waiting or self._busy():
                self.start_workers(len(waiting) + self._busy())
                for worker in self.workers:
                    if worker.ready and worker.job is None and waiting:
                        sent = waiting.popleft()
                        self.begun(sent)
                        try:
                            worker.start(sent)
                        except Exception as error:  # it cannot be sent
                            traceback.print_exc()
                            worker.job = None
                            words = f"The grader failed: {type(error).__name__}: {error}"
                            yield sent, Marked(withheld(self.spec.lab, sent.submission.student, [words]), {})
                for worker in self.wait_for_replies():
                    reply = worker.read_reply()
                    if reply is None:  # dead, or out of time
                        self.workers.remove(worker)
                        worker.end()
                        lost = worker.job
                        if lost is None:
                            self.on_idle_death(worker)
                            continue
                        tries[lost.name] += 1
                        if tries[lost.name] > DEATHS:
                            yield lost, replace(self._given_up(lost), sandbox=worker.sandbox, promises=worker.promises)
                        else:
                            waiting.append(lost)
                    elif reply[0] == "ready":
                        worker.ready = True
                        _, worker.sandbox, worker.promises = reply
                    elif reply[0] == "marked":
                        marked, worker.job = worker.job, None
                        assert marked is not None
                        yield marked, replace(reply[1], sandbox=worker.sandbox, promises=worker.promises)
                    else:
                        self.on_refusal(worker, *reply)
        finally:
            for worker in self.workers:
                worker.end()
            self.workers.clear()

    def _busy(self) -> int:
        return sum(1 for worker in self.workers if worker.job)

    def _given_up(self, job: Job) -> Marked:
        message = f"The grader's own process died {DEATHS + 1} times on this submission."
        return Marked(withheld(self.spec.lab, job.submission.student, [message]), {}, {}, [])


class LocalWorkers(WorkerPool[Worker]):
    """Workers on this machine, at most `jobs` of them."""

    def __init__(self, spec: GradingSpec, jobs: int) -> None:
        super().__init__(spec)
        self._size = min(jobs, gpus() or 1) if spec.device == "cuda" else jobs
        self._died = 0

    def start_workers(self, wanted: int) -> None:
        while len(self.workers) < min(self._size, wanted):
            taken = {worker.number for worker in self.workers}
            number = next(number for number in range(self._size) if number not in taken)
            self.workers.append(Worker(self.spec, number))

    def wait_for_replies(self) -> list[Worker]:
        overdue = [worker for worker in self.workers if worker.overdue()]
        # The pipe of a worker that has died is ready, too.
        ready = wait([worker.connection for worker in self.workers], timeout=0 if overdue else 5)
        return [worker for worker in self.workers if worker in overdue or worker.connection in ready]

    def on_idle_death(self, worker: Worker) -> None:
        self._died += 1
        if self._died > DEATHS:
            raise MarkingError(f"{self._died} workers died as they started; their output above may say why")

    def on_refusal(self, worker: Worker, kind: str, reason: str) -> None:
        raise SandboxError(reason) if kind == "no sandbox" else MarkingError(reason)


class ThisProcess:
    """Marks one submission after the other in this process, where no worker can be forked: slowly, with no sandbox."""

    def __init__(self, spec: GradingSpec) -> None:
        self.spec = spec
        self.begun: Callable[[Job], None] = lambda job: None

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """Yields each submission's result, as it is finished."""
        grader = Grader(self.spec) if jobs else None
        try:
            for job in jobs:
                assert grader is not None
                self.begun(job)
                yield job, replace(grader.mark(job.submission, job.name, job.known), sandbox=self.spec.sandbox)
        finally:
            if grader is not None:
                grader.close()
