"""Puts a student process into the sandbox, layer by layer, in the only order in which each can still be applied.

Everything here runs in forks of the fork server, before any student code.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

from autograder.sandbox.layers import landlock, linux, namespaces, seccomp
from autograder.sandbox.rooms import make_room
from autograder.sandbox.usage import mapped

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")
# What the libraries read about the machine: nothing that names a person, a course or another process.
SYSTEM = ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/usr/share/zoneinfo", "/sys/devices/system/cpu")
OF_PROC = (
    "/proc/cpuinfo",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/cap_last_cap",
)
OPEN_FILES = 256
ADDRESSES = 8 * 2**30  # for stacks and arenas; page tables for more would be memory that nobody counts
OF_ITSELF = ("status", "stat", "statm", "maps", "comm")


@cache
def libraries() -> list[str]:
    """The folders and files that Python and its libraries need, by their names on this machine."""
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/lib", "/lib32", "/lib64", "/opt/cuda"}
    places |= {os.path.realpath(place) for place in places}
    places |= {sysconfig.get_path(name) or "" for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    found = sorted(place for place in places if place and place != "/" and os.path.lexists(place))
    return [
        place for place in found if os.path.islink(place) or not any(place.startswith(other + "/") for other in found)
    ]


def devices(gpu: bool) -> list[str]:
    """The devices that student code may open."""
    if not gpu:
        return list(DEVICES)
    return [*DEVICES, *(str(path) for path in sorted(Path("/dev").glob("nvidia*")) if not path.is_dir())]


def become_user(user: int) -> None:
    """Root becomes an unprivileged user that no other process has; every user gives up all capabilities."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    linux.drop_capabilities()


def free_user() -> int:
    """A user id that nobody has: the highest one that is mapped here, minus a number from our process id."""
    highest = 65534
    with contextlib.suppress(OSError, ValueError), open("/proc/self/uid_map") as file:
        highest = max(int(line.split()[0]) + int(line.split()[2]) - 1 for line in file)
    highest = min(highest, 2**31 - 2)
    return highest - os.getpid() % max(1, min(2**22, highest // 4))


def set_limits(settings: dict[str, Any], own_count: bool) -> None:
    """Sets the kernel's limits for each process; `own_count` says that this user has no other processes."""
    import resource

    file_size = int(settings["room_mb"] * 2**20)
    processes = int(settings["processes"])
    if not own_count:  # the user's other processes count too, so this is a loose bound; the supervisor counts exactly
        processes = 16 * processes + _processes_of_this_user()
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_MEMLOCK: 2**16,
        resource.RLIMIT_CPU: int(settings["seconds"]) + 60,
    }
    if settings["device"] == "cpu":  # a GPU's driver maps more memory than any student's limit
        memory = int(settings["memory_mb"] * 2**20)
        limits[resource.RLIMIT_DATA] = mapped("VmData") + memory
        limits[resource.RLIMIT_AS] = mapped("VmSize") + 2 * memory + ADDRESSES
    for name, value in limits.items():
        _, hard = resource.getrlimit(name)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))


def _processes_of_this_user() -> int:
    """How many threads this user has already; they count towards the same limit."""
    count = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                count += len(os.listdir(f"/proc/{name}/task"))
    return count


def lock(settings: dict[str, Any]) -> None:
    """Applies the last layers, in the student process itself; nothing can undo them."""
    layers = settings["layers"]
    gpu = settings["device"] != "cpu"
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    own_processes = layers["namespaces"]
    if layers["limits"]:
        set_limits(settings, own_count=settings["alone"] or _counts_for_itself(own_processes))
    if layers["landlock"]:
        # What else is in /proc counts what all processes do, by which they could talk.
        own = [f"/proc/{os.getpid()}/{name}" for name in OF_ITSELF]
        readable = [*libraries(), *SYSTEM, settings["package"], *OF_PROC, *own]
        writable = [settings["room"], *(["/dev/shm"] if own_processes else [])]
        landlock.restrict(readable, writable, devices(gpu))
    if layers["seccomp"]:
        seccomp.install(own_processes, links=layers["landlock"], gpu=gpu)


def _counts_for_itself(own_processes: bool) -> bool:
    """Whether the kernel counts a user namespace's processes separately, as it does from Linux 5.14 on."""
    major, minor = (int("".join(filter(str.isdigit, part)) or 0) for part in os.uname().release.split(".")[:2])
    return own_processes and (major, minor) >= (5, 14)


def build_root(settings: dict[str, Any], user: int) -> None:
    """Gives the namespace a root folder of its own that holds the room, and makes the room for `user`."""
    place = settings["place"]
    readable = [*libraries(), *SYSTEM, settings["package"]]
    namespaces.unshare_and_mount(place, readable, devices(settings["device"] != "cpu"), settings["room_mb"], user)
    make_room(place + namespaces.ROOM, settings["submission"], user)
    namespaces.enter_root(place)
