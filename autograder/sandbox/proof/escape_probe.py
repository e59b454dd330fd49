"""The escape probe: runs where student code runs, tries what must not work, and reports whatever did.

`decoys.py` sets up what it tries to reach; `promises.py` asks it and draws the conclusions.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.sandbox.closed_folders import closed_to_python
from autograder.sandbox.layers import linux

Breaches = list[str]
NOTICED_SECONDS = 5  # in which a working supervisor notices and ends whatever is too much, even on a busy machine
# Kernel interfaces that coursework does not need, each a known way out: number on x86_64, number on aarch64.
INTERFACES = {
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "mq_open": (180, 180),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "personality": (135, 92),
    "pidfd_open": (434, 434),
    "process_vm_readv": (310, 270),
    "fanotify_init": (300, 262),
    "sync": (162, 81),
    "preadv2": (327, 286),
    "mincore": (27, 232),
    "fadvise64": (221, 223),
    "readahead": (187, 213),
    "cachestat": (451, 451),
    "sysinfo": (99, 179),
}
SEIZE, DETACH = 0x4206, 17  # tracing that does not stop the traced
IMPORTED_LATE = ("colorsys", "xml.dom.minidom", "torch.utils.bundled_inputs")


def run(part: str, decoys: dict[str, Any]) -> Any:
    """Runs one part of the escape probe, by its name below."""
    parts: dict[str, Callable[[dict[str, Any]], Any]] = {
        "closed folders": lambda _: closed_to_python(),
        "promises": _promises,
        "gpu": _gpu,
        "processes": _processes,
        "memory": _memory,
        "disk": _disk,
        "time": _time,
    }
    return parts[part](decoys)


def _promises(decoys: dict[str, Any]) -> dict[str, Breaches]:
    return {
        "inheritance": _inheritance(decoys),  # before ordinary work opens a file
        "works": _works(decoys),
        "network": _network(decoys),
        "reading": _reading(decoys),
        "writing": _writing(decoys),
        "others": _others(decoys),
        "kernel": _apart(_kernel, decoys),
        "programs": _programs(decoys),
        "plain-files": _plain_files(decoys),
        "descriptors": _apart(_descriptors, decoys),
    }


def _gpu(decoys: dict[str, Any]) -> str:
    """Why the GPU cannot be used; empty if it can."""
    import torch

    try:
        return "" if float(torch.ones(2, device="cuda").sum()) == 2 else "it computes 1 + 1 wrong"
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _apart(probe: Callable[[dict[str, Any]], Breaches], decoys: dict[str, Any]) -> Breaches:
    """Runs a probe in a process of its own, so that what succeeds there does not change the other probes."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.write(writing, json.dumps(probe(decoys)).encode()[:60000])
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        return list(json.loads(answer.read() or b'["the probe died"]'))


def _succeeds(act: Callable[[], Any]) -> bool:
    try:
        act()
    except (OSError, ValueError):
        return False
    return True


# --- what must work ---------------------------------------------------------------------------------------------------


def _works(decoys: dict[str, Any]) -> Breaches:
    found = []
    for name in IMPORTED_LATE:
        try:
            importlib.import_module(name)
        except Exception as error:
            found.append(f"cannot import {name} ({error})")
    heard: list[int] = []
    thread = threading.Thread(target=lambda: heard.append(1))
    try:
        thread.start()
        thread.join()
        with open(os.path.join(os.environ["TMPDIR"], "file"), "w") as file:
            file.write("text")
        with open(os.devnull, "w") as file:
            file.write("text")
        os.urandom(4)
        import io

        from matplotlib.figure import Figure

        figure = Figure()
        figure.subplots().set_title("text")
        figure.savefig(io.BytesIO())
    except Exception as error:
        found.append(f"{type(error).__name__}: {error}")
    return found


# --- what must not ----------------------------------------------------------------------------------------------------


def _network(decoys: dict[str, Any]) -> Breaches:
    found = []
    families = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_BLUETOOTH")
    for name in families:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            family = getattr(socket, name, None)
            if family is None:
                continue
            try:
                socket.socket(family, kind).close()
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EACCES):
                    found.append(f"a socket of {name} fails for another reason than the sandbox ({error})")
            else:
                found.append(f"can create a socket of {name}")
    for address in decoys["addresses"]:
        family, where = (socket.AF_UNIX, address) if isinstance(address, str) else (socket.AF_INET, tuple(address))
        if _succeeds(lambda f=family, w=where: socket.socket(f).connect(w)):  # type: ignore[misc]
            found.append(f"can connect to {address!r}")
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        if _succeeds(lambda k=kind: socket.socketpair(socket.AF_UNIX, k)):  # type: ignore[misc]
            found.append("can create a pair of sockets")
    return found


def _reading(decoys: dict[str, Any]) -> Breaches:
    found = [f"can read {path}" for path in decoys["secrets"] if _succeeds(lambda p=path: Path(p).read_bytes())]  # type: ignore[misc]
    for path, names in decoys["folders"].items():
        try:
            seen = set(os.listdir(path)) & set(names)
        except OSError:
            continue
        if seen:
            found.append(f"sees {sorted(seen)[0]} in {path}")
    return found


def _writing(decoys: dict[str, Any]) -> Breaches:
    found = []
    for path in decoys["victims"]:
        if _succeeds(lambda p=path: open(p, "ab").close()):  # type: ignore[misc]
            found.append(f"can write {path}")
        if _succeeds(lambda p=path: os.unlink(p)):  # type: ignore[misc]
            found.append(f"can remove {path}")
    for folder in ("/", "/tmp", "/var/tmp", "/dev", "/run", sys.prefix, sys.base_prefix, *decoys["folders"]):
        path = os.path.join(folder, f"escape-probe-{os.getpid()}")
        if _succeeds(lambda p=path: os.close(os.open(p, os.O_CREAT | os.O_WRONLY))):  # type: ignore[misc]
            found.append(f"can create files in {folder}")
            os.unlink(path)
    shared = "/dev/shm/escape-probe"
    if decoys["shared_memory"] and _succeeds(lambda: os.close(os.open(shared, os.O_CREAT | os.O_WRONLY))):
        found.append("can create files in /dev/shm")
        os.unlink(shared)
    return found


def _others(decoys: dict[str, Any]) -> Breaches:
    found = []
    libc = linux.libc()
    for process, started in decoys["processes"]:
        seen = start_time(process)
        if seen and seen != started:  # in a process namespace, this number belongs to a process of its own
            continue
        if _succeeds(lambda p=process: os.kill(p, 0)):  # type: ignore[misc]
            found.append(f"can signal process {process}")
        for name in ("environ", "mem", "maps", "cmdline"):
            if _succeeds(lambda p=process, n=name: _first_byte(f"/proc/{p}/{n}")):  # type: ignore[misc]
                found.append(f"can read /proc/{process}/{name}")
        if libc.ptrace(SEIZE, process, 0, 0) == 0:
            libc.ptrace(DETACH, process, 0, 0)
            found.append(f"can trace process {process}")
        import fcntl
        import resource

        if _succeeds(lambda p=process: resource.prlimit(p, resource.RLIMIT_NOFILE)):  # type: ignore[misc]
            found.append(f"can see the limits of process {process}")
        nice = libc.getpriority(0, process)
        if libc.setpriority(0, process, nice) == 0:
            found.append(f"can slow process {process} down")
        if _succeeds(lambda p=process: fcntl.fcntl(0, fcntl.F_SETOWN, p)):  # type: ignore[misc]
            found.append(f"can have signals sent to process {process}")
    if libc.prctl(4, 1, 0, 0, 0) == 0:
        found.append("can allow others to trace it")
    return found


def start_time(process: int) -> int:
    """When a process started, in clock ticks after the machine did; 0 if that cannot be seen."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0


def _first_byte(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(1)


def _kernel(decoys: dict[str, Any]) -> Breaches:
    found = []
    libc = linux.libc()
    column = 0 if linux.machine() == "x86_64" else 1
    refused = (errno.EPERM, errno.ENOSYS)
    for name, numbers in INTERFACES.items():
        result = libc.syscall(ctypes.c_long(numbers[column]), 0, 0, 0, 0, 0, 0)
        if result >= 0 or ctypes.get_errno() not in refused:
            found.append(f"the kernel answers {name}")
            if result > 2 and name != "sync":
                os.close(result)
    shared = libc.mmap(None, ctypes.c_size_t(4096), 3, 0x21, -1, ctypes.c_long(0))
    if shared != -1:
        found.append("can share memory that no limit counts")
    flags = {"user": linux.NEW_USER, "mount": linux.NEW_NS, "network": linux.NEW_NET}
    for name, flag in flags.items():
        if libc.unshare(flag) == 0:
            found.append(f"can create a {name} namespace")
    if libc.chroot(b".") == 0:
        found.append("can change the root")
    for name, act in (("user", lambda: os.setresuid(0, 0, 0)), ("group", lambda: os.setgroups([0]))):
        if _succeeds(act):
            found.append(f"can switch to root's {name}")
    if os.geteuid() == 0:
        found.append("runs as root")
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    number = {"x86_64": 125, "aarch64": 90}[linux.machine()]
    if libc.syscall(ctypes.c_long(number), ctypes.byref(header), ctypes.byref(data)) == 0 and any(data):
        found.append("has capabilities")
    return found


def _programs(decoys: dict[str, Any]) -> Breaches:
    found = []
    for path in (sys.executable, "/bin/sh", "/usr/bin/env"):
        child = os.fork()
        if child == 0:
            try:
                os.execv(path, [path, "-c", "exit 0"] if path != "/usr/bin/env" else [path])
            except OSError as error:
                os._exit(77 if error.errno in (errno.EPERM, errno.EACCES) else 78)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) not in (77, 78):
            found.append(f"can start {path}")
    return found


def _plain_files(decoys: dict[str, Any]) -> Breaches:
    scratch = os.environ["TMPDIR"]
    acts: dict[str, Callable[[], None]] = {
        "a link": lambda: os.symlink("/", f"{scratch}/link"),
        "a named pipe": lambda: os.mkfifo(f"{scratch}/pipe"),
        "a device": lambda: os.mknod(f"{scratch}/device", 0o020600, 0x0103),
        "a named socket": lambda: os.mknod(f"{scratch}/socket", 0o140600),
    }
    return [f"can create {what} in its scratch folder" for what, act in acts.items() if _succeeds(act)]


def _inheritance(decoys: dict[str, Any]) -> Breaches:
    found = [f"has the environment variable {name}" for name in os.environ if name not in decoys["variables"]]
    for descriptor in range(3, 1024):
        if descriptor not in decoys["descriptors"] and _succeeds(lambda d=descriptor: os.fstat(d)):  # type: ignore[misc]
            found.append(f"has the file descriptor {descriptor}")
    return found


def _descriptors(decoys: dict[str, Any]) -> Breaches:
    opened = 0
    while opened < 2 * decoys["open_files"] and _succeeds(lambda: os.open(os.devnull, os.O_RDONLY)):
        opened += 1
    return [f"can open {opened} files at once"] if opened > decoys["open_files"] else []


# --- what must be ended -----------------------------------------------------------------------------------------------


def _processes(decoys: dict[str, Any]) -> int:
    """Starts a daemon, then processes until that fails; returns how many. All of them stay.

    If it could start all that it tried, it gives the supervisor, which counts only now and then, time to end them.
    """
    count = 0
    if os.fork() == 0:
        try:
            os.setsid()
            if os.fork() == 0:
                time.sleep(decoys["seconds"])
        finally:
            os._exit(0)
    while count < decoys["more"]:
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            time.sleep(decoys["seconds"])
            os._exit(0)
        count += 1
    if count >= decoys["more"]:
        time.sleep(NOTICED_SECONDS)
    return count


def _memory(decoys: dict[str, Any]) -> str:
    """Takes more memory than allowed, in several processes, none of which takes too much by itself."""
    for _ in range(4):
        if os.fork() == 0:
            try:
                held = bytearray(int(decoys["bytes"]) // 3)
                held[::4096] = b"x" * len(held[::4096])
                time.sleep(decoys["seconds"])
            finally:
                os._exit(0)
    time.sleep(decoys["seconds"])
    return "was not stopped"


def _disk(decoys: dict[str, Any]) -> int:
    """Writes to files that it has deleted until that fails; returns how many bytes it wrote."""
    written = 0
    block = b"x" * 2**20
    kept = []
    while written < decoys["bytes"]:
        path = os.path.join(os.environ["TMPDIR"], f"block-{written}")
        try:
            file = open(path, "wb", buffering=0)  # noqa: SIM115 (it stays open)
            kept.append(file)
            os.unlink(path)
            for _ in range(4):
                file.write(block)
                written += len(block)
        except OSError:
            break
    time.sleep(0.5)
    return written


def _time(decoys: dict[str, Any]) -> None:
    import signal

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass
