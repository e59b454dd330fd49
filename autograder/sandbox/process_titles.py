"""Gives each process a title of its own, which `ps` shows: a fork would otherwise look like the process that it came
from.

Linux only; elsewhere the titles stay as they are.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from functools import cache

PR_SET_NAME = 15  # prctl(2)
# The kernel keeps 15 bytes of a name.
WORKER, FORK_SERVER, SUPERVISOR = "grader's worker", "fork server", "supervisor"
NAMESPACE_INIT, STUDENT_PROCESS = "namespace init", "student process"


def set_name(role: str) -> None:
    """Shows `role` as this process's name (`ps -o comm`). To be called by its main thread."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, role.encode(), 0, 0, 0)


def set_title(role: str, fork_server: str) -> None:
    """Shows `role` as this process's name, and with the name of its fork server as its command line (`ps -o args`).

    A command line cannot grow: what does not fit is cut off.
    """
    set_name(role)
    with contextlib.suppress(OSError, ValueError, IndexError):
        start, size = _command_line()
        if size > 1:
            title = f"autograder: {role} ({fork_server})".encode()[: size - 1]
            ctypes.memmove(start, title.ljust(size, b"\0"), size)


@cache
def _command_line() -> tuple[int, int]:
    """The address of this process's command line, and its length in bytes; (0, 0) where it cannot be known.

    Forks have it at the same address, so theirs is known even where they see no /proc. Source: proc_pid_stat(5).
    """
    if sys.platform != "linux":
        return 0, 0
    with open(f"/proc/{os.getpid()}/stat") as file:
        fields = file.read().rpartition(")")[2].split()  # the first of these is field 3
    start, end = int(fields[48 - 3]), int(fields[49 - 3])
    return (start, end - start) if 0 < start < end else (0, 0)
