"""One worker in a process of its own, and the pipe to it; whoever owns it may itself be any process."""

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

SPARE_SECONDS = 300  # beyond a submission's own budget, for the worker's work on it


@dataclass(frozen=True)
class Job:
    """One submission, the folder name that its pictures get, and what is known of it from earlier runs."""

    submission: Submission
    name: str
    known: CachedChecks


class Worker:
    """A grader in another process. `number` tells it from its neighbours, and which GPU is its own.

    It is no `multiprocessing.Process`: a Dask worker under its nanny is a daemon, which may have none.
    """

    def __init__(self, spec: GradingSpec, number: int) -> None:
        self.number = number
        self.job: Job | None = None
        self.ready = False
        self.sandbox = ""
        self.promises: list[dict[str, Any]] = []
        self._patience = spec.patience + SPARE_SECONDS
        self._since = time.monotonic()
        # What a Dask worker has set for itself is the opposite of what a worker needs.
        environment = {**os.environ, **ALLOCATOR}
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])
        )
        if spec.device == "cuda":
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
            cards = visible.split(",") if visible else [str(card) for card in range(gpus() or 1)]
            environment["CUDA_VISIBLE_DEVICES"] = cards[number % len(cards)]
        ours, theirs = socket.socketpair()
        safe = "-P" if sys.version_info >= (3, 11) else "-s"  # the folder it starts in is nobody's package
        command = [sys.executable, safe, "-m", __name__, str(theirs.fileno()), str(os.getpid())]
        with theirs:
            self.process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
            )
        self.connection = Connection(ours.detach())
        self._send(spec)

    def give(self, job: Job) -> None:
        """Lets it mark a submission."""
        self.job = job
        self._since = time.monotonic()
        self._send(job)

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # it has died: the next look at it says so
            self.connection.send(message)

    def late(self) -> bool:
        """Whether it has been at it for longer than it may."""
        return (self.job is not None or not self.ready) and time.monotonic() - self._since > self._patience

    def hear(self) -> Any:
        """What it has to tell: "ready" with its sandbox and the promises, "no sandbox" or "failed" with the reason,
        "marked" with the result; None where it is dead, or late."""
        try:
            return self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """Ends the process, at once if it is at work."""
        self.connection.close()
        try:
            self.process.wait(0 if self.job else 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def work(connection: Connection, parent: int) -> None:
    """The life of a worker's process: makes a grader, proves the sandbox, marks what it is given."""
    process_titles.set_name(process_titles.WORKER)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who has the list
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # the end of the marking process is ours too
        if os.getppid() != parent:
            return
    try:
        spec: GradingSpec = connection.recv()
        grader = Grader(spec)
    except EOFError:
        return
    except Exception as error:
        with contextlib.suppress(OSError):  # the other worker has said so already
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
    """How many GPUs torch can use; asked of a process of its own, since what has touched one cannot fork."""
    code = "import torch; print(torch.cuda.device_count())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return int(told.stdout.strip() or 0) if told.returncode == 0 else 0


if __name__ == "__main__":
    os.set_inheritable(int(sys.argv[1]), False)
    work(Connection(int(sys.argv[1])), int(sys.argv[2]))
