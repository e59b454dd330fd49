"""The supervisor of one student process: adds up what its processes use together, and ends them all.

Forked from the fork server; forks the student process in its turn, by way of the namespace's init where there is one.
It shares a socket with the grader: when the grader closes its end or dies, the supervisor ends the student's
processes; the reason for ending them earlier goes back over the same socket, and so does the time that they have used,
a line each time that the grader asks. No student code runs here.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import select
import signal
import sys
import time
from typing import Any, NoReturn

from autograder.sandbox import namespace_init, process_titles, student_process_main
from autograder.sandbox.rooms import make_room, remove, used
from autograder.sandbox.usage import computing_seconds, descendants, occupied, own_memory, threads

LINUX = sys.platform == "linux"
LOOK_SECONDS = 0.1  # between two looks at what the student's processes use
DISK_SECONDS = 20  # in all, that waiting for a disk is not counted
SPARE_PROCESSES = 4  # the init process, and what is just ending
ENDING_SECONDS = 60.0  # after which the grader is told that something could not be ended


def supervise(settings: dict[str, Any], requests: int, replies: int, control: int) -> NoReturn:
    """Starts the student process, watches it and ends it.

    `requests` and `replies` are the student process's ends of its two pipes, `control` is our end of the socket.
    """
    status = 1
    try:
        process_titles.set_title(process_titles.SUPERVISOR, settings["fork_server"])
        _close_all_but(requests, replies, control)
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor = Supervisor(settings, control)
        reason = "failed"
        try:
            supervisor.start(requests, replies)
            os.close(requests)
            os.close(replies)
            reason = supervisor.watch()
        finally:
            left = supervisor.end()
        with contextlib.suppress(OSError):
            os.write(control, (reason if left == 0 else "left running").encode())
        status = 0
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(control, f"failed: {type(error).__name__}: {error}".encode()[:500])
    finally:
        os._exit(status)


class Supervisor:
    """Watches and ends the processes of one student process."""

    def __init__(self, settings: dict[str, Any], control: int) -> None:
        self.settings = settings
        self.control = control
        self.layers: dict[str, bool] = settings["layers"]
        self.sandboxed = any(self.layers.values())
        self.child = 0
        self.inherited_memory = 0
        self.computing = 0.0  # seconds, up to the last look
        self.asleep = 0.0
        self.at_disk = 0.0
        self.looked = time.monotonic()

    def start(self, requests: int, replies: int) -> None:
        """Forks the student process, in a process namespace of its own where the sandbox has one."""
        self.inherited_memory = own_memory(os.getpid())
        user = 0
        if self.sandboxed:
            from autograder.sandbox.layers import entering, linux, namespaces

            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)  # orphans become our children
            linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self, where namespaces are set up, is not ours
            root = os.geteuid() == 0
            user = entering.free_user() if root else os.geteuid()
            self.settings["alone"] = root  # the student process gets a user who has no other process
            if self.layers["namespaces"]:
                namespaces.enter_processes()
            else:
                os.makedirs(self.settings["room"], exist_ok=True)
                make_room(self.settings["room"], self.settings["submission"], user)
        else:
            make_room(self.settings["room"], self.settings["submission"])
        self.child = os.fork()
        if self.child == 0:
            os.close(self.control)
            if self.layers["namespaces"]:
                namespace_init.run(self.settings, user, requests, replies)
            student_process_main.run(self.settings, user, requests, replies)
        if self.sandboxed:
            linux.prctl(linux.PR_SET_DUMPABLE, 0)

    def watch(self) -> str:
        """Waits until the grader closes its end, the process ends, or a limit is exceeded.

        Returns "", "ended", or the limit: "memory", "processes" or "disk".
        """
        while True:
            ready, _, _ = select.select([self.control], [], [], LOOK_SECONDS)
            if ready and not os.read(self.control, 1):
                return ""
            if self._ended():
                self.child = 0
                return "ended"
            processes = descendants(os.getpid()) if LINUX else []
            self._add_time(processes)
            if self.layers["supervisor"] and LINUX:
                limit = self._exceeded_limit(processes)
                if limit:
                    return limit
            if ready:
                os.write(self.control, f"{self.computing} {self.asleep}\n".encode() if LINUX else b"unknown\n")

    def _add_time(self, processes: list[int]) -> None:
        """Adds up the time since the last look, which counts as asleep if the processes are and have done little.

        A disk that is busy is not the student's fault, but nobody waits for one for long.
        """
        now = time.monotonic()
        computing = computing_seconds(processes)
        since, done = now - self.looked, max(0.0, computing - self.computing)
        if done < since / 2:
            what = occupied(processes)
            self.at_disk += since - done if what == "at the disk" else 0.0
            if what == "asleep" or (what == "at the disk" and self.at_disk > DISK_SECONDS):
                self.asleep += since - done
        self.computing = max(self.computing, computing)
        self.looked = now

    def _ended(self) -> bool:
        """Collects whatever has died, and says whether our child is among it."""
        while True:
            try:
                dead, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if dead in (0, self.child):
                return dead != 0

    def _exceeded_limit(self, processes: list[int]) -> str:
        memory = sum(max(0, own_memory(process) - self.inherited_memory) for process in processes)
        if memory > self.settings["memory_mb"] * 2**20:
            return "memory"
        if sum(map(threads, processes)) > self.settings["processes"] + SPARE_PROCESSES:
            return "processes"
        if not self.layers["namespaces"] and used(self.settings["room"], processes) > self.settings["room_mb"] * 2**20:
            return "disk"
        return ""

    def end(self) -> int:
        """Ends every process of the student's and removes the room; returns how many could not be ended."""
        if self.child:
            for kill in (os.kill, os.killpg):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self.child, signal.SIGKILL)
        deadline = time.monotonic() + ENDING_SECONDS
        left: list[int] = []
        while time.monotonic() < deadline:
            # Without a process namespace, a process that left the group becomes our child once it is an orphan.
            left = descendants(os.getpid()) if LINUX and self.layers["supervisor"] else []
            for process in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
            try:
                while os.waitpid(-1, os.WNOHANG) != (0, 0):
                    pass
            except ChildProcessError:
                left = []
                break
            time.sleep(0.002)
        if not self.layers["namespaces"]:
            remove(self.settings["room"])
        return len(left)


def _close_all_but(*kept: int) -> None:
    """Closes the fork server's descriptors, so that student code inherits none; what it prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    places = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in itertools.pairwise(places):
        os.closerange(low + 1, high)
