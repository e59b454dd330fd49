"""Marks with the workers of a Dask cluster: submissions travel there as bytes, results come back as data.

What Dask calls a worker, its process on a machine of the cluster, is a *host* here. A *worker* is a process that marks,
as on the marker's own machine; a host runs one for each of its threads.
"""

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
from typing import TYPE_CHECKING, Any, NamedTuple

from autograder.grading.grader import NO_SANDBOX, GradingSpec, Marked
from autograder.grading.worker import Job
from autograder.grading.worker_pool import DEATHS, MarkingError, WorkerPool

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.security import Security

POLL_SECONDS = 1  # between two questions to the scheduler about its hosts
ANSWER_SECONDS = 15  # for a scheduler to say that it is one
FETCH_SECONDS = 60  # for a finished result, whose host may be dying


class Scheduler(NamedTuple):
    """Where a cluster's scheduler is, and the keys with which to connect to it and to the workers."""

    address: str
    security: Security


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster to mark with: `scheduler` finds or starts it.

    `sandbox` is the kind that each worker must have ("auto": the best it can), None for none.
    """

    scheduler: Callable[[], AbstractContextManager[Scheduler]]
    sandbox: str | None


class RemoteWorker:
    """The marker's end of a worker in the cluster (`autograder.grading.cluster_worker.HostedWorker` is the other end).

    Dask never moves it to another host: when its host is gone, its submission is given to another worker.
    """

    def __init__(self, client: Client, host: str, number: int, spec: bytes, woken: threading.Event) -> None:
        from autograder.grading.cluster_worker import first_reply, start_worker

        self.host, self.number = host, number
        self.job: Job | None = None
        self.ready = False
        self.sandbox = NO_SANDBOX
        self.promises: list[dict[str, Any]] = []
        self.gone = False
        self._client, self._woken = client, woken
        self._hosted = self._submit(start_worker, spec, number)
        self._reply: Future | None = None
        self._ask(first_reply)

    def _submit(self, function: Callable[..., Any], *arguments: Any) -> Future:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")  # that is a submission's size
            return self._client.submit(function, *arguments, workers=[self.host], allow_other_workers=False, pure=False)

    def _ask(self, function: Callable[..., bytes], *arguments: Any) -> None:
        self._reply = self._submit(function, self._hosted, *arguments)
        self._reply.add_done_callback(lambda _: self._woken.set())

    def start(self, job: Job) -> None:
        from autograder.grading.cluster_wire import pack_job
        from autograder.grading.cluster_worker import mark

        self.job = job
        self._ask(mark, pack_job(job))

    def has_reply(self) -> bool:
        """Whether `read_reply` has something to say, which may be that the worker is gone."""
        return self.gone or (self._reply is not None and self._reply.done())

    def read_reply(self) -> Any:
        from autograder.grading.cluster_wire import unpack_reply

        if self.gone or self._reply is None:
            return None
        reply, self._reply = self._reply, None
        try:
            return unpack_reply(reply.result(timeout=FETCH_SECONDS))
        except (Exception, asyncio.CancelledError) as error:
            if self.ready or reply.cancelled():
                return None
            return "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"

    def end(self) -> None:
        """Lets Dask forget the worker, which ends its process."""
        self._reply = None
        del self._hosted


class ClusterWorkers(WorkerPool[RemoteWorker]):
    """A worker for each thread of each host that can mark. Hosts may join and leave at any time."""

    def __init__(self, spec: GradingSpec, cluster: Cluster, tell: Callable[[str], None]) -> None:
        super().__init__(spec)
        self._cluster, self._tell = cluster, tell
        self._woken = threading.Event()
        self._hosts: dict[str, int] = {}  # threads of each
        self._asked = 0.0  # when the scheduler was last asked for them
        self._capacity: dict[str, int] = {}  # of hosts that have room for fewer workers than they have threads
        self._excluded: dict[str, str] = {}  # hosts that get no work, and the reason
        self._deaths: Counter[str] = Counter()
        self._told_to_wait = False

    def mark(self, jobs: list[Job]) -> Iterator[tuple[Job, Marked]]:
        """As `WorkerPool.mark`; finds or starts the cluster if there is anything to do."""
        if not jobs:
            return
        with ExitStack() as stack:
            self._connect(stack)
            yield from super().mark(jobs)

    def _connect(self, stack: ExitStack) -> None:
        from distributed import Client

        from autograder.grading.cluster_wire import PortableSpec, pack_spec
        from autograder.grading.cluster_worker import content

        spec = self.spec
        own = content(spec.lab, spec.data)
        self._spec = pack_spec(
            PortableSpec(spec.lab.name, spec.data, spec.device, spec.seed, self._cluster.sandbox, own)
        )
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # `tell` says what matters
        address, security = stack.enter_context(self._cluster.scheduler())
        require_scheduler(address, security)
        try:
            self._client = stack.enter_context(Client(address, security=security, set_as_default=False))
        except (OSError, ValueError, TimeoutError) as error:
            raise MarkingError(f"{address}: could not connect to a Dask scheduler ({error})") from error

    def start_workers(self, wanted: int) -> None:
        self._update_hosts()
        taken = {(worker.number, worker.host) for worker in self.workers}
        places = sorted(
            (number, host)
            for host, threads in self._hosts.items()
            if host not in self._excluded
            for number in range(min(threads, self._capacity.get(host, threads)))
        )
        for number, host in places:
            if len(self.workers) < wanted and (number, host) not in taken:
                self.workers.append(RemoteWorker(self._client, host, number, self._spec, self._woken))
        if self.workers:
            self._told_to_wait = False
        elif self._hosts:
            reasons = "\n".join(f"  {host}: {self._excluded[host]}" for host in self._hosts)
            raise MarkingError(f"no worker of the cluster can mark:\n{reasons}")
        elif not self._told_to_wait:
            self._told_to_wait = True
            self._tell("The cluster has no workers yet; waiting for one. Ctrl-C stops, and loses nothing.")

    def _update_hosts(self) -> None:
        """Asks the scheduler, at most once in `POLL_SECONDS`, which hosts there are."""
        if time.monotonic() - self._asked < POLL_SECONDS:
            return
        try:
            self._hosts = dict(self._client.nthreads())
        except (OSError, TimeoutError, RuntimeError) as error:
            raise MarkingError(
                f"lost the connection to the cluster's scheduler ({error}); run the same command to continue"
            ) from error
        self._asked = time.monotonic()
        for host in {worker.host for worker in self.workers if not worker.gone} - self._hosts.keys():
            self._tell(f"{host}: has left the cluster; its submissions go to other workers.")
        for worker in self.workers:
            worker.gone = worker.gone or worker.host not in self._hosts

    def wait_for_replies(self) -> list[RemoteWorker]:
        if not any(worker.has_reply() for worker in self.workers):
            self._woken.wait(POLL_SECONDS)
        self._woken.clear()
        return [worker for worker in self.workers if worker.has_reply()]

    def on_idle_death(self, worker: RemoteWorker) -> None:
        if not worker.gone:
            self._deaths[worker.host] += 1
            if self._deaths[worker.host] > DEATHS:
                self._exclude(worker.host, "the processes that mark die as they start; its log may say why")

    def on_refusal(self, worker: RemoteWorker, kind: str, reason: str) -> None:
        self.workers.remove(worker)
        worker.end()
        if kind == "full" and worker.number:
            self._capacity[worker.host] = min(worker.number, self._capacity.get(worker.host, worker.number))
        else:
            words = {"no sandbox": "no sandbox: ", "differs": "another version: "}
            self._exclude(worker.host, words.get(kind, "") + reason)

    def _exclude(self, host: str, reason: str) -> None:
        """Gives this host no more submissions, and its present ones to others."""
        if host not in self._excluded:
            self._excluded[host] = reason
            self._tell(f"{host}: gets no work. {' '.join((reason[:1].upper() + reason[1:]).split())}")
        for worker in self.workers:
            worker.gone = worker.gone or worker.host == host


def require_scheduler(address: str, security: Security) -> None:
    """Raises `MarkingError` unless a scheduler answers at `address`, to these keys, within `ANSWER_SECONDS`.

    Dask's client would wait forever for anything else that listens there, and could not be closed after a Dask worker
    has answered it.
    """
    from distributed.core import rpc

    async def identity() -> str:
        async with rpc(address, connection_args=security.get_connection_args("client")) as remote:
            return str((await remote.identity()).get("type"))

    try:
        kind = asyncio.run(asyncio.wait_for(identity(), ANSWER_SECONDS))
    except (Exception, asyncio.CancelledError) as error:
        reason = " ".join(str(error).split())[:300] or f"no answer within {ANSWER_SECONDS} seconds"
        cure = ""
        if address.startswith("tls:") and "ssl_context" in reason:
            reason, cure = "TLS needs certificates", "; name them in Dask's configuration, see docs/many-machines.md"
        raise MarkingError(f"{address}: could not connect to a Dask scheduler ({reason}){cure}") from error
    if kind != "Scheduler":
        raise MarkingError(f"{address}: this is the address of a Dask {kind.lower()}; use the scheduler's")


def running_at(address: str) -> Callable[[], AbstractContextManager[Scheduler]]:
    """The `scheduler` of a `Cluster` that is running already; its keys are those of Dask's configuration.

    Raises `MarkingError` if it is not an address.
    """
    from distributed.comm.addressing import get_address_host_port
    from distributed.security import Security

    try:
        get_address_host_port(address, strict=True)
    except ValueError as error:
        raise MarkingError(f"{address!r} is not a scheduler's address, such as tcp://host:8786 ({error})") from None
    return lambda: contextlib.nullcontext(Scheduler(address, Security()))


def require(package: str, wanted_by: str) -> None:
    """Raises `MarkingError` if a package of the extra `cluster` is missing."""
    if importlib.util.find_spec(package) is None:
        raise MarkingError(f"{wanted_by} needs the package {package}: pip install 'lab4-autograder[cluster]'")
