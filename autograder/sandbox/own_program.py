"""A student process that is a program of its own, for machines that can't fork one: Windows, and macOS with torch.

It is slower to start than a fork, and answers the same. There is no sandbox around it.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from autograder.course import Limits
from autograder.manifest import PACKAGE
from autograder.sandbox import wire
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.environment import clean_environment
from autograder.sandbox.fork_server import ForkServerError
from autograder.sandbox.rooms import make_room, remove

MAIN = PACKAGE / "sandbox" / "own_program_main.py"
SLICE = 0.2  # seconds: on Windows, Ctrl-C is heard between two waits


def can_fork() -> bool:
    """Whether student processes are forks here. On macOS, a process with torch can crash after a fork."""
    return sys.platform not in ("win32", "darwin")


class OwnProgram(StudentProcess):
    """Answers for one submission. The program starts at once and imports `libraries` until the first question."""

    def __init__(self, folder: Path, limits: Limits, device: str, libraries: Iterable[str], threads: int = 1) -> None:
        super().__init__(None, folder, limits, device, threads)
        self._libraries = list(libraries)
        self._program: subprocess.Popen[bytes] | None = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        # Nothing is imported from the folder it starts in, which is not the student's.
        command = [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", str(MAIN), str(PACKAGE.parent)]
        home = tempfile.gettempdir()
        environment = {**os.environ, **clean_environment(home)}
        pipe = subprocess.PIPE
        return subprocess.Popen([*command, *self._libraries], stdin=pipe, stdout=pipe, env=environment, cwd=home)

    def _begin(self) -> tuple[int, int]:
        self._program = self._program or self._started()
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._box = Path(tempfile.mkdtemp(prefix="autograder-"))
        room = self._box / "room"
        room.mkdir()
        make_room(str(room), str(self._original))
        requests, replies = self._program.stdin.fileno(), self._program.stdout.fileno()
        try:
            wire.send(requests, {**self._settings(), "room": str(room)})
        except OSError as error:
            raise ForkServerError(f"a student process could not start ({error}); see the error above") from error
        return requests, replies

    def _send(self, message: Any, left: Callable[[], float]) -> None:
        try:
            wire.send(self._start()[0], message)  # it waits for nothing but this
        except OSError as error:  # Windows calls a closed pipe an invalid argument
            raise wire.WireClosed("the other end has closed") from error

    def _receive(self, limit: int, left: Callable[[], float]) -> Any:
        """A thread reads, since Windows has no time-out for a pipe. It ends with the program, if not before."""
        replies = self._start()[1]
        arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def read() -> None:
            try:
                arrived.put(wire.receive(replies, limit))
            except Exception as error:
                arrived.put(error)

        threading.Thread(target=read, daemon=True).start()
        while (seconds := left()) > 0:
            try:
                found = arrived.get(timeout=min(seconds, SLICE))
            except queue.Empty:
                continue
            if isinstance(found, Exception):
                raise found
            return found
        raise wire.WireTimeout("no answer arrived in time")

    def _usage(self) -> None:
        """Nothing: the clock counts."""

    def end(self) -> str:
        """Ends the program and removes its folder; returns "ended" if it had died, else ""."""
        program, self._program, self._pipes = self._program, None, None
        self._loaded.clear()
        if program is None:
            return ""
        died = program.poll() is not None
        program.kill()
        program.wait()
        for pipe in (program.stdin, program.stdout):
            if pipe is not None:
                pipe.close()
        if self._box is not None:
            remove(str(self._box))
            self._box = None
        return "ended" if died else ""
