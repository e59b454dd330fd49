"""A clean process that has imported the libraries once and forks a fresh candidate whenever it is asked to.

Importing torch and its companions takes seconds, forking takes milliseconds. The nursery never holds anything secret:
it is started before a submission is read, and it gets nothing but the descriptors of two pipes and the candidate's
settings. It does no computing, so that a forked child finds no half-started threads.

Started as `python -m autograder.candidate.nursery FD`; FD is a Unix socket over which requests come as JSON, each with
the two descriptors. For each it answers with the process id of the candidate, which leads a process group of its own.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import sys
from typing import Any

MESSAGE = 65536


def main() -> None:
    """Serves until the examiner closes its end."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    _import_libraries()
    channel.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries ended candidates
    gc.freeze()
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, MESSAGE, 2)
        if not data:
            return
        settings = json.loads(data)
        child = os.fork()
        if child == 0:
            channel.close()
            _become_candidate(settings, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(str(child).encode())


def _import_libraries() -> None:
    os.environ.setdefault("MPLBACKEND", "Agg")
    import matplotlib
    import torch

    matplotlib.use("Agg")
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    for name in (
        "torchvision",
        "torchbearer",
        "PIL.Image",
        "matplotlib.pyplot",
        "autograder.candidate.server",
    ):
        try:
            __import__(name)
        except ImportError:  # a library that the submissions may do without
            continue


def _become_candidate(settings: dict[str, Any], requests: int, replies: int) -> None:
    """Turns the forked child into a candidate; never returns."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Only the two pipes go in; student output goes nowhere.
        requests, replies = os.dup(requests), os.dup(replies)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nowhere, standard)
        for descriptor in range(3, 256):
            if descriptor not in (requests, replies):
                try:
                    os.close(descriptor)
                except OSError:
                    continue
        os.chdir(settings["folder"])
        os.environ.clear()
        os.environ.update(settings["environment"])
        memory = int(settings["memory_mb"]) * 2**20
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**28, 2**28))
        if sys.platform == "linux" and settings["device"] == "cpu":
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

        from autograder.candidate.server import serve

        serve(requests, replies, settings)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the examiner is gone
