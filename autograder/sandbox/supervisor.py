"""The supervisor beside each student process: watches what its processes use together, and ends all of them.

The supervisor is forked from the fork server and forks the student's process in its turn. It hears from the grader
over a socket: when the grader lets go of it, or is killed, the student's processes end. What ended them before that is
told over the same socket. It runs nothing of a student's.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from autograder.sandbox import wire

READY = {"ready": True}
LINUX = sys.platform == "linux"
GLANCE = 0.1  # seconds between two looks at the student's processes
SPARE_PROCESSES = 4  # the init process, and what is just ending
ENTRIES, DEPTH = 20_000, 60  # of files and folders in the room; more count as too much
END = 20.0  # seconds after which what cannot be ended is told


def keep(settings: dict[str, Any], requests: int, replies: int, control: int) -> None:
    """Starts the student's process, watches it, ends it; never returns."""
    status = 1
    try:
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
    """One student's processes."""

    def __init__(self, settings: dict[str, Any], control: int) -> None:
        self.settings = settings
        self.control = control
        self.layers: dict[str, bool] = settings["layers"]
        self.sandboxed = any(self.layers.values())
        self.user = 0
        self.child = 0
        self.own_memory = 0

    def start(self, requests: int, replies: int) -> None:
        """Forks the student's process, in a process namespace of its own where the sandbox has one."""
        self.own_memory = _anonymous(os.getpid())
        if self.sandboxed:
            from autograder.sandbox.layers import entering, linux, namespaces

            linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)  # orphans come to us
            linux.prctl(linux.PR_SET_DUMPABLE, 1)  # else /proc/self, where namespaces are made, is not ours
            root = os.geteuid() == 0
            self.user = entering.free_user() if root else os.geteuid()
            self.settings["alone"] = root  # the student's process gets a user that has no other process
            if self.layers["namespaces"]:
                namespaces.enter_processes()
            else:
                os.makedirs(self.settings["room"], exist_ok=True)
                entering.make_room(self.settings, self.user)
        else:
            _plain_room(self.settings)
        self.child = os.fork()
        if self.child == 0:
            os.close(self.control)
            if self.layers["namespaces"]:
                _be_init(self.settings, self.user, requests, replies)
            _become_student_process(self.settings, self.user, requests, replies)
        if self.sandboxed:
            linux.prctl(linux.PR_SET_DUMPABLE, 0)

    def watch(self) -> str:
        """Waits until the grader lets go ("") or the process has ended or used too much: then why."""
        while True:
            ready, _, _ = select.select([self.control], [], [], GLANCE)
            if ready:
                return ""
            if self._ended():
                self.child = 0
                return "ended"
            if self.layers["supervisor"] and LINUX:
                reason = self._too_much()
                if reason:
                    return reason

    def _ended(self) -> bool:
        """Buries whatever has died; whether the student's process is among it."""
        while True:
            try:
                dead, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if dead in (0, self.child):
                return dead != 0

    def _too_much(self) -> str:
        processes = self._processes()
        memory = sum(max(0, _anonymous(one) - self.own_memory) for one in processes)
        if memory > self.settings["memory_mb"] * 2**20:
            return "memory"
        if sum(map(_threads, processes)) > self.settings["processes"] + SPARE_PROCESSES:
            return "processes"
        if not self.layers["namespaces"] and _used(self.settings["room"], processes) > self.settings["room_mb"] * 2**20:
            return "disk"
        return ""

    def _processes(self) -> list[int]:
        """All descendants of this process."""
        found: list[int] = []
        to_do = [os.getpid()]
        while to_do:
            children = _children(to_do.pop())
            found += children
            to_do += children
        return found

    def end(self) -> int:
        """Ends every process of the student's; how many could not be ended."""
        if self.child:
            for kill in (os.kill, os.killpg):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self.child, signal.SIGKILL)
        deadline = time.monotonic() + END
        left: list[int] = []
        while time.monotonic() < deadline:
            # Without a process namespace, what left the group comes to us as an orphan.
            left = self._processes() if LINUX and self.layers["supervisor"] else []
            for one in left:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(one, signal.SIGKILL)
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


def _be_init(settings: dict[str, Any], user: int, requests: int, replies: int) -> None:
    """The first process of the namespace: when it ends, the kernel ends all the others. Never returns."""
    status = 1
    try:
        from autograder.sandbox.layers import entering, linux

        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        entering.leave_the_rest(settings, user)
        student = os.fork()
        if student == 0:
            _become_student_process({**settings, "room": "/room"}, user, requests, replies)
        os.close(requests)
        os.close(replies)
        ended = 0
        while ended != student:
            ended, _ = os.wait()
        status = 0
    except BaseException as error:
        _tell(replies, error)
    finally:
        os._exit(status)


def _become_student_process(settings: dict[str, Any], user: int, requests: int, replies: int) -> None:
    """Locks the sandbox behind this process, says so, and serves; never returns."""
    status = 1
    try:
        try:
            _lock_in(settings, user)
            from autograder.sandbox.student_process import serve
        except BaseException as error:
            _tell(replies, error)
            raise
        wire.send(replies, READY)
        room = settings["room"]
        serve(requests, replies, {**settings, "folder": f"{room}/submission", "scratch": f"{room}/scratch"})
        status = 0
    finally:
        os._exit(status)


def _lock_in(settings: dict[str, Any], user: int) -> None:
    os.setsid()
    room = settings["room"]
    os.environ.clear()
    os.environ.update(settings["environment"])
    os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), f"{room}/scratch"))
    os.umask(0o077)
    tempfile.tempdir = None
    if any(settings["layers"].values()):
        from autograder.sandbox.layers import entering

        entering.become_user(user)
        os.chdir(f"{room}/submission")
        entering.lock(settings)
    else:
        os.chdir(f"{room}/submission")
        _plain_limits(settings)


def _tell(replies: int, error: BaseException) -> None:
    """Tells the grader that no student process came to be: the grader's own failure."""
    with contextlib.suppress(Exception):
        wire.send(replies, {"failed": f"{type(error).__name__}: {error}"[:500]})


def _plain_room(settings: dict[str, Any]) -> None:
    room = settings["room"]
    shutil.copytree(settings["submission"], f"{room}/submission")
    os.mkdir(f"{room}/scratch")


def _plain_limits(settings: dict[str, Any]) -> None:
    """The limits where nobody asked for a sandbox: a student's own machine."""
    import resource

    file_size = int(settings["room_mb"]) * 2**20
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    if LINUX and settings["device"] == "cpu":
        memory = int(settings["memory_mb"]) * 2**20 + mapped()
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def mapped(kind: str = "VmData") -> int:
    """The bytes that this process has mapped: what the libraries need before a student's code."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(kind))
    return 0


def _close_all_but(*kept: int) -> None:
    """No descriptor of the fork server's goes in; what a student prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    places = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in itertools.pairwise(places):
        os.closerange(low + 1, high)


def _anonymous(process: int) -> int:
    """The bytes of memory that a process has for itself or shares with its children, files left out."""
    total = 0
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{process}/status") as file:
        for line in file:
            if line.startswith(("RssAnon", "RssShmem", "VmSwap", "VmPTE")):
                total += int(line.split()[1]) * 1024
    return total


def _children(process: int) -> list[int]:
    """The children of a process, of whichever of its threads."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{process}/task/{thread}/children") as file:
                found += [int(one) for one in file.read().split()]
    return found


def _threads(process: int) -> int:
    try:
        return len(os.listdir(f"/proc/{process}/task"))
    except OSError:
        return 0


def _used(room: str, processes: list[int]) -> float:
    """The bytes in the room, with files that are open and have no name any more; infinite where nobody can count."""
    files: dict[tuple[int, int], int] = {}
    try:
        for entry in _walk(room):
            found = entry.stat(follow_symlinks=False)
            files[found.st_dev, found.st_ino] = found.st_blocks * 512
    except (OSError, OverflowError) as error:
        return 0 if isinstance(error, FileNotFoundError) else math.inf  # for now: something went away meanwhile
    device = os.stat(room).st_dev
    for process in processes:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(OSError):
                    found = os.stat(f"/proc/{process}/fd/{name}")
                    if found.st_dev == device and not found.st_nlink:
                        files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(files.values())


def _walk(room: str) -> Iterator[os.DirEntry[str]]:
    """All entries below the room, by open folders, since names may be longer than a path can be.

    Raises `OverflowError` where there are more, or deeper ones, than anybody needs.
    """
    count = 0
    to_do = [(os.open(room, os.O_RDONLY | os.O_DIRECTORY), 0)]
    try:
        while to_do:
            folder, depth = to_do.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        count += 1
                        if count > ENTRIES or depth > DEPTH:
                            raise OverflowError
                        yield entry
                        if entry.is_dir(follow_symlinks=False):
                            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                            to_do.append((os.open(entry.name, flags, dir_fd=folder), depth + 1))
            finally:
                os.close(folder)
    finally:
        for folder, _ in to_do:
            os.close(folder)


def remove(path: str) -> None:
    """Removes a folder with everything in it, however deep it is and whatever its modes are."""
    with contextlib.suppress(OSError):
        shutil.rmtree(path, ignore_errors=True) if not _awkward(path) else _remove_by_program(path)


def _awkward(path: str) -> bool:
    try:
        for _ in _walk(path):
            pass
    except (OSError, OverflowError):
        return True
    return False


def _remove_by_program(path: str) -> None:
    """The system's own tools neither recurse nor mind long names."""
    for command in (["chmod", "-R", "u+rwx", path], ["rm", "-rf", path]):
        program = shutil.which(command[0], path=os.defpath)
        if program is not None:
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run([program, *command[1:]], capture_output=True, timeout=END)
