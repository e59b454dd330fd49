"""The grader's handle on a fork server: starts it, asks it for student processes, ends it. Each grader has its own."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from autograder.course import Limits
from autograder.sandbox.environment import clean_environment
from autograder.sandbox.public_copy import copy_public
from autograder.sandbox.rooms import remove

if TYPE_CHECKING:  # a student's package has no sandbox
    from autograder.sandbox.layers.choice import Layers

NO_LAYERS = ("namespaces", "bubblewrap", "landlock", "seccomp", "limits", "supervisor")
FORKING_SECONDS = 300


class ForkServerError(Exception):
    """The grader's own machinery failed; never a student's fault."""


class Process(Protocol):
    """What `ForkServer` needs of the process that it has started; `subprocess.Popen` has it."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; raises `subprocess.TimeoutExpired`."""

    def kill(self) -> None:
        """Ends it at once."""


class Forked:
    """A forked child with the methods of `subprocess.Popen` that `ForkServer` needs."""

    def __init__(self, child: int) -> None:
        self._child = child

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; raises `subprocess.TimeoutExpired`."""
        started = time.monotonic()
        while True:
            ended, status = os.waitpid(self._child, os.WNOHANG if timeout is not None else 0)
            if ended:
                return status
            if timeout is not None and time.monotonic() - started > timeout:
                raise subprocess.TimeoutExpired("the fork server", timeout)
            time.sleep(0.001)

    def kill(self) -> None:
        """Ends it at once."""
        os.kill(self._child, signal.SIGKILL)


class ForkServer:
    """A process that has imported the libraries and forks student processes; `layers` is the sandbox they live in, None
    for none."""

    def __init__(self, layers: Layers | None = None, limits: Limits | None = None, start_seconds: float = 600) -> None:
        self.layers = layers
        self.boxes = Path(tempfile.mkdtemp(prefix="autograder-fork-server-"))
        self._count = 0
        self._one_at_a_time = threading.Lock()
        self._channel, theirs = socket.socketpair()
        self._process = self._begin(theirs, limits or Limits())
        theirs.close()
        self._start_seconds = start_seconds
        self._ready = False

    def _begin(self, theirs: socket.socket, limits: Limits) -> Process:
        """Starts the process that serves at `theirs`, the other end of our channel."""
        layers = self.layers
        environment = clean_environment(home=tempfile.gettempdir())
        copy_public(self.package)
        environment["PYTHONPATH"] = str(self.package)
        safe = "-P" if sys.version_info >= (3, 11) else "-s"  # nothing is imported from the folder it starts in
        module = "autograder.sandbox.fork_server_main"
        command = [sys.executable, safe, "-m", module, str(theirs.fileno()), self.name]
        if layers is not None and layers.bubblewrap:
            from autograder.sandbox.layers import bubblewrap, entering

            self.boxes.chmod(0o755)
            readable = [*entering.libraries(), *entering.SYSTEM]
            command = [
                *bubblewrap.command(readable, str(self.boxes), entering.devices(False), 2 * limits.scratch_mb),
                *command,
            ]
        return subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=self.working_folder,
        )

    @property
    def package(self) -> Path:
        """The folder of the copy of this package that the fork server imports."""
        return self.boxes / "package"

    @property
    def working_folder(self) -> str:
        """The folder that the fork server is started in."""
        return "/" if self.layers is not None else tempfile.gettempdir()

    @property
    def name(self) -> str:
        """The name that this fork server's processes, and no others, have in their command lines."""
        return self.boxes.name

    def fork(self, folder: Path, settings: dict[str, Any]) -> tuple[int, int, socket.socket, Path]:
        """A new student process for the submission in `folder`: our ends of the pipes for requests and replies, the
        socket to its supervisor, and a folder to remove when the process has ended.

        Raises `ForkServerError`. May be called from several threads.
        """
        with self._one_at_a_time:
            return self._fork(folder, settings)

    def _fork(self, folder: Path, settings: dict[str, Any]) -> tuple[int, int, socket.socket, Path]:
        self._count += 1
        box = self.boxes / f"{self._count:06}"
        box.mkdir(mode=0o700)
        layers = dataclasses.asdict(self.layers) if self.layers is not None else dict.fromkeys(NO_LAYERS, False)
        settings = {
            **settings,
            "fork_server": self.name,
            "layers": layers,
            "submission": str(folder),
            "package": str(self.package),
        }
        if layers["bubblewrap"]:
            shutil.copytree(folder, box / "submission")
            box.chmod(0o755)
            settings |= {"submission": str(box / "submission"), "room": f"/room/{box.name}"}
        elif layers["namespaces"]:
            settings |= {"place": str(box)}
        else:
            box.chmod(0o711)
            self.boxes.chmod(0o711)
            (box / "room").mkdir()
            settings |= {"room": str(box / "room")}
        try:
            self.wait_until_ready()
            their_requests, our_requests = os.pipe()
            our_replies, their_replies = os.pipe()
            control, their_control = socket.socketpair()
            theirs = [their_requests, their_replies, their_control.fileno()]
            socket.send_fds(self._channel, [json.dumps(settings).encode()], theirs)
            os.close(their_requests)
            os.close(their_replies)
            their_control.close()
            self._channel.settimeout(FORKING_SECONDS)
            if self._channel.recv(32) != b"forked":
                raise ForkServerError("the fork server has died; run the same command again")
        except OSError as error:
            raise ForkServerError(f"could not start a student process ({error}); run the same command again") from error
        os.set_blocking(our_requests, False)
        return our_requests, our_replies, control, box

    def wait_until_ready(self) -> None:
        """Waits until the libraries are imported; raises `ForkServerError` if that fails or takes too long."""
        if not self._ready:
            self._channel.settimeout(self._start_seconds)
            try:
                said = self._channel.recv(16)
            except TimeoutError:
                raise ForkServerError(
                    f"the fork server timed out after {self._start_seconds:g} seconds while importing its libraries;"
                    " run the same command again when the machine is less busy"
                ) from None
            if said != b"ready":
                raise ForkServerError(
                    "the fork server could not start; see the error above, or run `autograder doctor`"
                )
            self._ready = True

    def close(self) -> None:
        """Ends the fork server and removes its folders."""
        self._channel.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        remove(str(self.boxes))
