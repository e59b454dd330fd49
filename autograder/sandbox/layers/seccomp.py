"""Seccomp: the system calls that student code may make, an allow-list compiled for the kernel's filter machine.

`syscalls.txt` is the list; the rules for calls that depend on their arguments are here. The filter also covers what
the file system layers cannot: sockets of every family, signals to others, tracing, new namespaces, programs.
Source: seccomp(2), linux/filter.h, linux/seccomp.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from functools import cache
from pathlib import Path

from autograder.sandbox.layers import linux

ALLOW, KILL = 0x7FFF0000, 0x80000000
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
NUMBER, ARCH, ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; arguments are 8 bytes each
X32 = 0x40000000
SPEC_ALLOW = 4  # no slow mitigations of speculation: the process holds no secret

# clone: anything but new namespaces, and CLONE_PARENT, with which a child would become the supervisor's
CLONE_REFUSED = 0x7E028000
# prctl: thread names, death signals, memory hints; not dumpable, tracer, subreaper or the memory map
PRCTL_ALLOWED = (1, 2, 3, 15, 16, 21, 23, 25, 27, 39, 41, 42, 0x53564D41)
IOCTL_ALLOWED = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # is it a terminal, how much is there, flags
SHARED, ANONYMOUS = 0x01, 0x20
# fcntl: locks of all kinds only pretend to succeed (processes could communicate by locking the libraries' files);
# signals on behalf of others, leases and larger pipes are refused.
LOCKS, FCNTL_REFUSED = (6, 7, 37, 38), (8, 10, 15, 1024, 1026, 1031)


@cache
def table() -> dict[str, tuple[str, dict[str, int]]]:
    """Each system call's kind and its number on each machine."""
    found: dict[str, tuple[str, dict[str, int]]] = {}
    kind = "allow"
    for line in (Path(__file__).parent / "syscalls.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("["):
            kind = line[1 : line.index("]")]
        elif line and not line.startswith("#"):
            name, *numbers = line.split()
            pairs = zip(("x86_64", "aarch64"), numbers, strict=True)
            found[name] = (kind, {machine: int(number) for machine, number in pairs if number != "-"})
    return found


def refuse(number: int) -> int:
    """The filter's answer that makes a call fail with the errno `number`; 0 pretends that it succeeded."""
    return 0x00050000 | number


class _Program:
    """Instructions of the filter machine; each rule ends in an answer or falls through to the next."""

    def __init__(self) -> None:
        self.code: list[bytes] = []

    def add(self, code: int, k: int, yes: int = 0, no: int = 0) -> None:
        self.code.append(struct.pack("<HBBI", code, yes, no, k & 0xFFFFFFFF))

    def rule(self, number: int, body: list[tuple[int, int, int, int]]) -> None:
        """Runs `body` for the call `number`; it must end in a return."""
        self.add(JUMP_EQUAL, number, 0, len(body))
        for code, k, yes, no in body:
            self.add(code, k, yes, no)

    def bytes(self) -> bytes:
        return b"".join(self.code)


def _argument(index: int) -> tuple[int, int, int, int]:
    return (LOAD, ARGUMENT + 8 * index, 0, 0)


def _answer(value: int) -> tuple[int, int, int, int]:
    return (RETURN, value, 0, 0)


def _only(index: int, allowed: tuple[int, ...], otherwise: int) -> list[tuple[int, int, int, int]]:
    """Allows the call if its argument is one of `allowed`."""
    body = [_argument(index)]
    for place, value in enumerate(allowed):
        body.append((JUMP_EQUAL, value, len(allowed) - place, 0))
    return [*body, _answer(otherwise), _answer(ALLOW)]


def _fcntl(no: int) -> list[tuple[int, int, int, int]]:
    count = len(LOCKS) + len(FCNTL_REFUSED)
    body = [_argument(1)]
    for place, command in enumerate((*LOCKS, *FCNTL_REFUSED)):
        # to the answers at the end: allowed, pretended, refused
        body.append((JUMP_EQUAL, command, count - place + (0 if command in LOCKS else 1), 0))
    return [*body, _answer(ALLOW), _answer(refuse(0)), _answer(no)]


def program(own_processes: bool, links: bool, gpu: bool, own_pid: int) -> bytes:
    """The filter.

    `own_processes`: there is a process namespace, so signals and sessions reach nobody else. `links`: another layer
    refuses links and special files. `gpu`: allows the driver's ioctl calls.
    """
    machine = linux.machine()
    no = refuse(errno.EPERM)
    judged: dict[str, list[tuple[int, int, int, int]]] = {
        "clone": [_argument(0), (JUMP_SET, CLONE_REFUSED, 0, 1), _answer(no), _answer(ALLOW)],
        "clone3": [_answer(refuse(errno.ENOSYS))],  # the filter cannot see its flags; the C library falls back to clone
        # Nobody counts memory that processes share and that no file holds.
        "mmap": [
            _argument(3),
            (AND, SHARED | ANONYMOUS, 0, 0),
            (JUMP_EQUAL, SHARED | ANONYMOUS, 0, 1),
            _answer(no),
            _answer(ALLOW),
        ],
        "fcntl": _fcntl(no),
        "prctl": _only(0, PRCTL_ALLOWED, no),
        "prlimit64": _only(0, (0,), no),
        "setrlimit": [_answer(ALLOW)],
        "ioctl": [_answer(ALLOW)] if gpu else _only(1, IOCTL_ALLOWED, refuse(errno.ENOTTY)),
    }
    signals = ("kill", "tkill", "tgkill")
    if own_processes:
        judged |= {name: [_answer(ALLOW)] for name in (*signals, "setsid", "setpgid", "sched_setaffinity")}
    else:
        judged |= {name: _only(0, (own_pid,), no) for name in ("kill", "tgkill")}
        judged |= {name: _only(0, (0, own_pid), no) for name in ("sched_setaffinity", "tkill")}
        # All of them stay in the one group that the supervisor ends, and are told that they have left it.
        judged |= {name: [_answer(refuse(0))] for name in ("setsid", "setpgid")}
    judged |= {name: [_answer(ALLOW if links else no)] for name in ("symlink", "symlinkat", "mknod", "mknodat")}
    made = _Program()
    made.add(LOAD, ARCH)
    made.add(JUMP_EQUAL, ARCHITECTURE[machine], 1, 0)
    made.add(RETURN, KILL)
    made.add(LOAD, NUMBER)
    if machine == "x86_64":
        made.add(JUMP_ABOVE, X32, 0, 1)
        made.add(RETURN, KILL)
    answers = {
        "allow": ALLOW,
        "pretend": refuse(0),
        "unsupported": refuse(errno.ENOTSUP),
    }
    for name, (kind, numbers) in table().items():
        if machine in numbers:
            made.rule(numbers[machine], judged[name] if kind == "judged" else [_answer(answers[kind])])
    made.add(RETURN, no)
    return made.bytes()


def install(own_processes: bool, links: bool, gpu: bool) -> None:
    """Applies the filter to this thread and all that it starts from now on; needs PR_SET_NO_NEW_PRIVS."""
    code = program(own_processes, links, gpu, os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    described = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    linux.call(linux.SECCOMP[linux.machine()], 1, SPEC_ALLOW, ctypes.c_char_p(described))
