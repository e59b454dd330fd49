"""Workers at the workers of a Dask cluster: submissions go there as bytes, results come back as data."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.grading.grader import NO_SANDBOX, GradingSpec, Marked
from autograder.grading.worker import Job
from autograder.grading.worker_pool import TRIES, MarkingError, WorkerPool

if TYPE_CHECKING:
    from distributed import Client, Future

LOOKING_SECONDS = 1  # between two looks at which workers are there
ANSWER_SECONDS = 15  # for a scheduler to say that it is one
FETCHING_SECONDS = 60  # for a finished result, whose worker may die just then


@dataclass(frozen=True)
class Elsewhere:
    """Where workers work if not on this machine: `address` opens the cluster and gives its scheduler's address.

    `sandbox` is the kind that each worker is to have ("auto": its best), None for none.
    """

    address: Callable[[], AbstractContextManager[str]]
    sandbox: str | None


class RemoteWorker:
    """The marker's side of a worker at a worker (`autograder.grading.cluster_worker.HostedWorker`). Nothing of it
    moves to another worker by itself: what was given to one that is gone is given anew."""

    def __init__(self, client: Client, worker: str, number: int, spec: bytes, woken: threading.Event) -> None:
        from autograder.grading.cluster_worker import start_worker, what_it_says

        self.worker, self.number = worker, number
        self.job: Job | None = None
        self.ready = False
        self.sandbox = NO_SANDBOX
        self.promises: list[dict[str, Any]] = []
        self.gone = False
        self._client, self._woken = client, woken
        self._hosted = self._submit(start_worker, spec, number)
        self._told: Future | None = None
        self._ask(what_it_says)

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Future:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")  # a submission is as large as it is
            return self._client.submit(
                function, *arguments, workers=[self.worker], allow_other_workers=False, pure=False
            )

    def _ask(self, function: Callable[..., bytes], *arguments: Any) -> None:
        self._told = self._submit(function, self._hosted, *arguments)
        self._told.add_done_callback(lambda _: self._woken.set())

    def give(self, job: Job) -> None:
        from autograder.grading.cluster_wire import pack_job
        from autograder.grading.cluster_worker import mark

        self.job = job
        self._ask(mark, pack_job(job))

    def has_news(self) -> bool:
        return self.gone or (self._told is not None and self._told.done())

    def hear(self) -> Any:
        from autograder.grading.cluster_wire import unpack_reply

        if self.gone or self._told is None:
            return None
        told, self._told = self._told, None
        try:
            return unpack_reply(told.result(timeout=FETCHING_SECONDS))
        except (Exception, asyncio.CancelledError) as error:
            if self.ready or told.cancelled():
                return None
            return "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"

    def end(self) -> None:
        """Lets go of it, and with that the worker, too."""
        self._told = None
        del self._hosted


class Cluster(WorkerPool[RemoteWorker]):
    """A worker for each thread of each worker that has proved itself; workers may come and go."""

    def __init__(self, spec: GradingSpec, elsewhere: Elsewhere, tell: Callable[[str], None]) -> None:
        super().__init__(spec)
        self._elsewhere, self._tell = elsewhere, tell
        self._woken = threading.Event()
        self._workers: dict[str, int] = {}
        self._looked = 0.0
        self._room: dict[str, int] = {}
        self._left_out: dict[str, str] = {}
        self._died: Counter[str] = Counter()
        self._waits = False

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """As `WorkerPool.mark`. Starts or finds the cluster, if there is anything to do."""
        if not jobs:
            return
        with ExitStack() as stack:
            self._open(stack)
            yield from super().mark(jobs)

    def _open(self, stack: ExitStack) -> None:
        from distributed import Client

        from autograder.grading.cluster_wire import PortableSpec, pack_spec
        from autograder.grading.cluster_worker import content

        spec = self.spec
        own = content(spec.lab, spec.data)
        self._spec = pack_spec(
            PortableSpec(spec.lab.name, spec.data, spec.device, spec.seed, self._elsewhere.sandbox, own)
        )
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told by `tell`
        address = stack.enter_context(self._elsewhere.address())
        call_on(address)
        try:
            self._client = stack.enter_context(Client(address, set_as_default=False))
        except (OSError, ValueError, TimeoutError) as error:
            raise MarkingError(f"{address}: no Dask scheduler can be reached there ({error})") from error

    def start_workers(self, wanted: int) -> None:
        self._look()
        taken = {(one.number, one.worker) for one in self.workers}
        places = sorted(
            (number, worker)
            for worker, threads in self._workers.items()
            if worker not in self._left_out
            for number in range(min(threads, self._room.get(worker, threads)))
        )
        for number, worker in places:
            if len(self.workers) < wanted and (number, worker) not in taken:
                self.workers.append(RemoteWorker(self._client, worker, number, self._spec, self._woken))
        if self.workers:
            self._waits = False
        elif self._workers:
            reasons = "\n".join(f"  {worker}: {self._left_out[worker]}" for worker in self._workers)
            raise MarkingError(f"no worker of the cluster can mark:\n{reasons}")
        elif not self._waits:
            self._waits = True
            self._tell("No worker is there; waiting for one. Ctrl-C stops, and loses nothing.")

    def _look(self) -> None:
        """Which workers are there, and which are not any more."""
        if time.monotonic() - self._looked < LOOKING_SECONDS:
            return
        try:
            self._workers = dict(self._client.nthreads())
        except (OSError, TimeoutError, RuntimeError) as error:
            raise MarkingError(f"the cluster's scheduler is gone ({error}); run the same command to go on") from error
        self._looked = time.monotonic()
        for worker in {one.worker for one in self.workers if not one.gone} - self._workers.keys():
            self._tell(f"{worker}: is gone; its submissions go elsewhere.")
        for one in self.workers:
            one.gone = one.gone or one.worker not in self._workers

    def await_news(self) -> list[RemoteWorker]:
        if not any(one.has_news() for one in self.workers):
            self._woken.wait(LOOKING_SECONDS)
        self._woken.clear()
        return [one for one in self.workers if one.has_news()]

    def died_idle(self, one: RemoteWorker) -> None:
        if not one.gone:
            self._died[one.worker] += 1
            if self._died[one.worker] > TRIES:
                self._leave_out(one.worker, "the workers' processes die as they start")

    def refused(self, one: RemoteWorker, kind: str, reason: str) -> None:
        self.workers.remove(one)
        one.end()
        if kind == "full" and one.number:
            self._room[one.worker] = min(one.number, self._room.get(one.worker, one.number))
        else:
            words = {"no sandbox": "no sandbox: ", "differs": "another version: "}
            self._leave_out(one.worker, words.get(kind, "") + reason)

    def _leave_out(self, worker: str, reason: str) -> None:
        """No submission goes to this worker any more, and what it has is given to others."""
        if worker not in self._left_out:
            self._left_out[worker] = reason
            self._tell(f"{worker}: gets no work. {' '.join((reason[:1].upper() + reason[1:]).split())}")
        for one in self.workers:
            one.gone = one.gone or one.worker == worker


def call_on(address: str) -> None:
    """Raises `MarkingError` unless a scheduler answers there, soon: a client would wait without end for whatever else
    listens, and cannot be closed after a worker has answered it."""
    from distributed.core import rpc
    from distributed.security import Security

    async def identity() -> str:
        async with rpc(address, connection_args=Security().get_connection_args("client")) as there:
            return str((await there.identity()).get("type"))

    try:
        kind = asyncio.run(asyncio.wait_for(identity(), ANSWER_SECONDS))
    except (Exception, asyncio.CancelledError) as error:
        reason = " ".join(str(error).split())[:300] or f"nothing answers within {ANSWER_SECONDS} seconds"
        cure = ""
        if address.startswith("tls:") and "ssl_context" in reason:
            reason, cure = "TLS needs certificates", "; Dask's configuration names them, see docs/many-machines.md"
        raise MarkingError(f"{address}: no Dask scheduler can be reached there ({reason}){cure}") from error
    if kind != "Scheduler":
        raise MarkingError(f"{address}: this is the address of a Dask {kind.lower()}; say the scheduler's")


def at(address: str) -> Callable[[], AbstractContextManager[str]]:
    """A cluster that runs, by its scheduler's address. Raises `MarkingError` where that is none."""
    from distributed.comm.addressing import get_address_host_port

    try:
        get_address_host_port(address, strict=True)
    except ValueError as error:
        raise MarkingError(f"{address!r} is no scheduler's address, such as tcp://host:8786 ({error})") from None
    return lambda: contextlib.nullcontext(address)


def require(package: str, wanted_by: str) -> None:
    """Raises `MarkingError` where a package of the extra `cluster` is missing."""
    if importlib.util.find_spec(package) is None:
        raise MarkingError(f"{wanted_by} needs the package {package}: pip install 'lab4-autograder[cluster]'")
