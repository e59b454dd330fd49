"""What processes use, as the kernel tells it in /proc: memory, threads, children."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable


def mapped(kind: str = "VmData") -> int:
    """The bytes that this process has mapped: what the libraries need before any student code runs. 0 if unknown."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(kind))
    return 0


def own_memory(process: int) -> int:
    """The bytes of memory that a process has to itself or shares with its children, not counting files."""
    total = 0
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{process}/status") as file:
        for line in file:
            if line.startswith(("RssAnon", "RssShmem", "VmSwap", "VmPTE")):
                total += int(line.split()[1]) * 1024
    return total


def threads(process: int) -> int:
    """How many threads a process has; 0 once it has ended."""
    try:
        return len(os.listdir(f"/proc/{process}/task"))
    except OSError:
        return 0


def descendants(process: int) -> list[int]:
    """All processes that a process or one of its descendants has started, if they still run."""
    found: list[int] = []
    to_do = [process]
    while to_do:
        children = _children(to_do.pop())
        found += children
        to_do += children
    return found


def _children(process: int) -> list[int]:
    """The children of a process, whichever of its threads started them."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{process}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{process}/task/{thread}/children") as file:
                found += [int(child) for child in file.read().split()]
    return found


def computing_seconds(processes: Iterable[int]) -> float:
    """The seconds that processes, and those of their children that have ended, have spent on a processor."""
    ticks = 0
    for process in processes:
        with contextlib.suppress(OSError, ValueError), open(f"/proc/{process}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def occupied(processes: Iterable[int]) -> str:
    """What the threads of processes do: "running", or waiting for a processor; else "at the disk", or waiting for one,
    as a process also looks that waits for a child which it made as `vfork` does; else "asleep"."""
    found = "asleep"
    for process in processes:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{process}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{process}/task/{thread}/stat", "rb") as file:
                    state = file.read().rpartition(b")")[2].split()[0]
                    if state == b"R":
                        return "running"
                    if state == b"D":
                        found = "at the disk"
    return found
