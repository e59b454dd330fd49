"""Namespaces: the student process has its own file system, and no network, processes or shared memory but its own.

Root can create them directly; an ordinary user needs a user namespace first. Source: namespaces(7),
user_namespaces(7), mount_namespaces(7), pivot_root(2).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

from autograder.sandbox.layers import linux
from autograder.sandbox.layers.linux import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    NEW_IPC,
    NEW_NET,
    NEW_NS,
    NEW_PID,
    NEW_USER,
    NEW_UTS,
)

ROOM = "/room"
SHARED_MB = 16  # of /dev/shm
# Of the whole machine, by which processes could talk. Landlock, where there is any, leaves nothing of this kind.
COUNTERS = (
    *("stat", "meminfo", "vmstat", "loadavg", "zoneinfo", "uptime", "diskstats", "buddyinfo", "softirqs", "interrupts"),
    *("schedstat", "sys/fs/file-nr", "sys/fs/inode-nr", "sys/fs/inode-state", "sys/fs/dentry-state"),
)


def enter_processes() -> None:
    """From now on, children of this process are in a process namespace of their own; the next one is its init."""
    if os.geteuid() == 0:
        linux.unshare(NEW_PID)
        return
    user, group = os.geteuid(), os.getegid()
    linux.unshare(NEW_USER | NEW_PID)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def try_mounts() -> None:
    """Raises `OSError` if this machine does not allow a file system of its own."""
    linux.unshare(NEW_NS | NEW_NET | NEW_IPC | NEW_UTS)
    linux.mount("none", "/", "", MS_REC | MS_PRIVATE)
    linux.mount("tmpfs", "/tmp", "tmpfs", 0)


def unshare_and_mount(place: str, readable: Iterable[str], devices: Iterable[str], room_mb: float, owner: int) -> None:
    """Gives this process its own network, shared memory and file system, and builds the new root.

    The root is built in the empty folder `place`: `readable` and `devices` under their own names, read-only, and
    the folder `/room` of `room_mb` MB, which belongs to the user `owner`. Everything else stays reachable until
    `enter_root` is called.
    """
    linux.unshare(NEW_NS | NEW_NET | NEW_IPC | NEW_UTS)
    linux.mount("none", "/", "", MS_REC | MS_PRIVATE)
    linux.mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for path in sorted(set(readable)):
        if os.path.islink(path):
            os.symlink(os.readlink(path), _parent(place + path))
        elif os.path.exists(path):
            _bind(path, place + path, MS_NOSUID | MS_NODEV)
    for path in devices:
        if os.path.exists(path):
            _bind(path, place + path, MS_NOSUID | MS_NOEXEC)
    own = f"size={int(room_mb * 2**20)},nr_inodes=20000,mode=700,uid={owner},gid={owner}"
    for name, options in ((ROOM, own), ("/dev/shm", f"size={SHARED_MB}m,mode=1777")):
        os.makedirs(place + name, exist_ok=True)
        linux.mount("tmpfs", place + name, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
    os.makedirs(place + "/proc")
    with contextlib.suppress(OSError):  # some containers do not allow a new /proc: then there is none
        linux.mount("proc", place + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
        for name in COUNTERS:
            if os.path.exists(f"{place}/proc/{name}"):
                linux.mount("/dev/null", f"{place}/proc/{name}", "", MS_BIND)


def enter_root(place: str) -> None:
    """Makes `place` the root, read-only."""
    linux.pivot_root(place)
    linux.mount("none", "/", "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _bind(path: str, target: str, flags: int) -> None:
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(_parent(target), os.O_CREAT | os.O_WRONLY, 0o644))
    linux.mount(path, target, "", MS_BIND | MS_REC)
    # Keep the original's restrictions: a user namespace may not remove a flag.
    found = os.statvfs(target).f_flag
    kept = found & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
    times = (1024 if found & 1024 else 0) | (2048 if found & 2048 else 0) | (1 << 21 if found & 4096 else 0)
    linux.mount("none", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY | flags | kept | times)


def _parent(path: str) -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path
