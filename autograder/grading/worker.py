"""A worker: a process that marks submissions one by one, and the pipe to it. Any process may own one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from autograder.grading.grader import Grader, GradingSpec
from autograder.labs.findings import CachedChecks
from autograder.manifest import PACKAGE
from autograder.sandbox import process_titles
from autograder.sandbox.environment import ALLOCATOR
from autograder.sandbox.layers.choice import SandboxError
from autograder.submission.collect import Submission

SPARE_SECONDS = 300  # for the worker's own work, on top of the submission's budget


@dataclass(frozen=True)
class Job:
    """A submission, the folder of its pictures relative to MARKS, and what earlier runs found of it."""

    submission: Submission
    name: str
    known: CachedChecks


class Worker:
    """A grader in another process. `number` is its own in the pool, and chooses its GPU.

    It is not a `multiprocessing.Process`: a Dask worker under a nanny is a daemon, and daemons cannot start those.
    """

    def __init__(self, spec: GradingSpec, number: int) -> None:
        self.number = number
        self.job: Job | None = None
        self.ready = False
        self.sandbox = ""
        self.promises: list[dict[str, Any]] = []
        self._patience = spec.patience + SPARE_SECONDS
        self._since = time.monotonic()
        # Dask sets the allocator's variables for itself, to the opposite of what a grader needs.
        environment = {**os.environ, **ALLOCATOR}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])
        )
        if spec.device == "cuda":
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
            cards = visible.split(",") if visible else [str(card) for card in range(gpus() or 1)]
            environment["CUDA_VISIBLE_DEVICES"] = cards[number % len(cards)]
        ours, theirs = socket.socketpair()
        safe = "-P" if sys.version_info >= (3, 11) else "-s"  # import nothing from the current folder
        command = [sys.executable, safe, "-m", __name__, str(theirs.fileno()), str(os.getpid())]
        with theirs:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        self.connection = Connection(ours.detach())
        self._send(spec)

    def start(self, job: Job) -> None:
        """Has it mark a submission; `read_reply` gives the result when there is one."""
        self.job = job
        self._since = time.monotonic()
        self._send(job)

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # it has died, and `read_reply` will say so
            self.connection.send(message)

    def overdue(self) -> bool:
        """Whether it has taken longer than it may to start, or to mark its submission."""
        return (self.job is not None or not self.ready) and time.monotonic() - self._since > self._patience

    def read_reply(self) -> Any:
        """Its reply: ("ready", sandbox, promises), ("marked", `Marked`), or ("no sandbox" or "failed", the reason).

        None if it is dead, or has not replied yet.
        """
        try:
            return self.connection.recv() if self.connection.poll() else None
        except Exception:  # the end of the pipe, or what is no reply
            return None

    def end(self) -> None:
        """Ends the process, at once if it is marking."""
        self.connection.close()
        try:
            self.process.wait(0 if self.job else 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def work(connection: Connection, parent: int) -> None:
    """What a worker's process runs: makes a grader, which proves the sandbox, and marks the jobs that it receives."""
    process_titles.set_name(process_titles.WORKER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that owns the pool
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # end with the process that started this one
        if os.getppid() != parent:
            return
    try:
        spec: GradingSpec = connection.recv()
        grader = Grader(spec)
    except EOFError:
        return
    except Exception as error:
        with contextlib.suppress(OSError):  # the pool has ended: another worker was first to say so
            if isinstance(error, SandboxError):
                connection.send(("no sandbox", str(error)))
            else:
                connection.send(("failed", f"{type(error).__name__}: {error}"))
        return
    try:
        connection.send(("ready", spec.sandbox, grader.promises))
        while True:
            job: Job = connection.recv()
            connection.send(("marked", grader.mark(job.submission, job.name, job.known)))
    except (EOFError, OSError):
        return
    finally:
        grader.close()


@cache
def gpus() -> int:
    """How many GPUs torch can use. Another process asks: one that has touched a GPU cannot fork."""
    code = "import torch; print(torch.cuda.device_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return int(done.stdout.strip() or 0) if done.returncode == 0 else 0


if __name__ == "__main__":
    os.set_inheritable(int(sys.argv[1]), False)
    work(Connection(int(sys.argv[1])), int(sys.argv[2]))
