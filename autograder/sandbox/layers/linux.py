"""The few Linux system calls that the sandbox needs and Python's standard library lacks."""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
NEW_NS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPSET = {"x86_64": 126, "aarch64": 91}
SECCOMP = {"x86_64": 317, "aarch64": 277}


@cache
def libc() -> ctypes.CDLL:
    """The C library; `ctypes.get_errno` gives its errno."""
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def call(number: int, *arguments: object) -> int:
    """Makes the system call `number`; raises `OSError`."""
    return _checked(libc().syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def machine() -> str:
    """This machine's architecture, a key of the tables above; raises `OSError` for an architecture without one."""
    name = platform.machine()
    if name not in SECCOMP:
        raise OSError(f"the sandbox does not know the system calls of {name}; it supports {' and '.join(SECCOMP)}")
    return name


def prctl(option: int, *arguments: int) -> int:
    """prctl(2)"""
    given = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return _checked(libc().prctl(option, *given), f"prctl {option}")


def unshare(flags: int) -> None:
    """unshare(2)"""
    _checked(libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2)"""
    done = libc().mount(
        os.fsencode(source), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _checked(done, f"mount {target}")


def pivot_root(new: str) -> None:
    """Makes the mount at `new` the root, and unmounts the old one."""
    os.chdir(new)
    call(PIVOT_ROOT[machine()], b".", b".")
    _checked(libc().umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def drop_capabilities() -> None:
    """Gives up every capability, permanently."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # this kernel has no such capability, or there is nothing to drop
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    call(CAPSET[machine()], ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))
