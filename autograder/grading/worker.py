"""A worker: a process that marks submissions one by one, and the pipe to it. Any process may own one."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from autograder.course import Limits
from autograder.grading.grader import Grader, GradingSpec
from autograder.labs.findings import CachedChecks
from autograder.manifest import PACKAGE
from autograder.sandbox import process_titles
from autograder.sandbox.environment import ALLOCATOR, clean_environment
from autograder.sandbox.fork_server import Forked, ForkServer, Process
from autograder.sandbox.fork_server_main import LIBRARIES
from autograder.sandbox.layers.choice import Layers, SandboxError
from autograder.sandbox.public_copy import copy_public
from autograder.submission.taken_in import Submission

START = PACKAGE / "grading" / "worker_start.py"
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
        clean, whole = clean_environment(home=tempfile.gettempdir()), {**os.environ, **ALLOCATOR}
        if spec.device == "cuda":
            visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
            cards = visible.split(",") if visible else [str(card) for card in range(gpus() or 1)]
            clean["CUDA_VISIBLE_DEVICES"] = whole["CUDA_VISIBLE_DEVICES"] = cards[number % len(cards)]
        ours, theirs = socket.socketpair()
        safe = "-P" if sys.version_info >= (3, 11) else "-s"  # import nothing from the current folder
        command = [sys.executable, safe, str(START), str(PACKAGE.parent)]
        with theirs:
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno()), str(os.getpid()), *LIBRARIES],
                env=clean,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.connection = Connection(ours.detach())
        self._send(whole)
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


class SharedForkServer(ForkServer):
    """The process `child`, which shares this worker's libraries and waits at `waiting` to be told that it is needed."""

    def __init__(self, waiting: socket.socket, child: int, layers: Layers | None, limits: Limits) -> None:
        self._waiting, self._child = waiting, child
        super().__init__(layers, limits)

    def _begin(self, theirs: socket.socket, limits: Limits) -> Process:
        copy_public(self.package)
        with self._waiting:
            said = json.dumps([str(self.package), self.working_folder, self.name]).encode()
            socket.send_fds(self._waiting, [said], [theirs.fileno()])
        return Forked(self._child)


def work(pool: int, parent: int, waiting: socket.socket, child: int) -> None:
    """What a worker's process runs: makes a grader, which proves the sandbox, and marks the jobs that it receives.

    `pool` is the socket to the process `parent`, which owns the pool; at `waiting`, its `child` waits to be the fork
    server (`worker_start.py`).
    """
    os.set_inheritable(pool, False)
    connection = Connection(pool)
    process_titles.set_name(process_titles.WORKER)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # end with the process that started this one
        if os.getppid() != parent:
            return

    def fork_server(layers: Layers | None, limits: Limits) -> ForkServer:
        if layers is None or not layers.bubblewrap:
            return SharedForkServer(waiting, child, layers, limits)
        waiting.close()  # with bubblewrap, a fork server is started in a file system of its own
        return ForkServer(layers, limits)

    try:
        os.environ.clear()
        os.environ.update(connection.recv())
        sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
        spec: GradingSpec = connection.recv()
        grader = Grader(spec, fork_server)
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
