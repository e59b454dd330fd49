"""Landlock: restricts which files a process may reach, whatever user it runs as.

Source: landlock(7), linux/landlock.h. Rights that an older kernel does not know are left out; the escape probe shows
whether the rest is enough.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from autograder.sandbox.layers import linux

CREATE, ADD, RESTRICT = 444, 445, 446
EXECUTE, WRITE, READ, READ_FOLDER, REMOVE_FOLDER, REMOVE = (1 << bit for bit in range(6))
MAKE_CHARACTER, MAKE_FOLDER, MAKE_FILE, MAKE_SOCKET, MAKE_FIFO, MAKE_BLOCK, MAKE_LINK = (
    1 << bit for bit in range(6, 13)
)
REFER, TRUNCATE, IOCTL = 1 << 13, 1 << 14, 1 << 15
KNOWN = (0, 13, 14, 15, 15, 16, 16, 16)  # how many of these rights each version of Landlock has
NETWORK = 3  # binding and connecting TCP, from version 4
SCOPED = 3  # abstract Unix sockets and signals, from version 6
FILE_RIGHTS = EXECUTE | WRITE | READ | TRUNCATE | IOCTL
SCRATCH = WRITE | READ | READ_FOLDER | REMOVE_FOLDER | REMOVE | MAKE_FOLDER | MAKE_FILE | REFER | TRUNCATE


def version() -> int:
    """The kernel's version of Landlock; 0 if it has none."""
    try:
        return linux.call(CREATE, None, 0, 1)
    except (OSError, AttributeError):
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], devices: Iterable[str]) -> None:
    """Lets this process only read below `readable`, create files and folders below `writable`, and use `devices`.

    Paths that do not exist are skipped. It can execute no program and create no link or special file. Needs
    PR_SET_NO_NEW_PRIVS.
    """
    found = version()
    files = (1 << KNOWN[min(found, len(KNOWN) - 1)]) - 1
    handled = struct.pack("<QQQ", files, NETWORK if found >= 4 else 0, SCOPED if found >= 6 else 0)
    size = 24 if found >= 6 else 16 if found >= 4 else 8
    rules = linux.call(CREATE, ctypes.c_char_p(handled), ctypes.c_size_t(size), 0)
    try:
        for paths, rights in (
            (readable, READ | READ_FOLDER),
            (writable, SCRATCH),
            (devices, READ | WRITE | IOCTL),
        ):
            for path in paths:
                _allow(rules, path, rights & files)
        linux.call(RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= FILE_RIGHTS
        linux.call(ADD, rules, 1, ctypes.c_char_p(struct.pack("<Qi", rights, opened)), 0)
    finally:
        os.close(opened)
