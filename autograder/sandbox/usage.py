"""What processes use, as the kernel tells it in /proc: memory, threads, children."""

from __future__ import annotations

import contextlib
import os


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
