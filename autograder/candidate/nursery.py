"""A clean process that has imported the libraries once and forks a fresh candidate whenever it is asked to.

Importing torch and its companions takes seconds, forking takes milliseconds. The nursery never holds anything secret:
it is started before a submission is read, and it gets nothing but three descriptors and the candidate's settings. It
does no computing, so that a forked child finds no half-started threads.

Started as `python -m autograder.candidate.nursery FD`; FD is a Unix socket over which requests come as JSON, each with
the descriptors of the pipes for requests and replies, and of a socket to the candidate's keeper (`keeper.py`).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import signal
import socket
import sys
from collections.abc import Iterable

MESSAGE = 65536
LIBRARIES = (
    "encodings.utf_8_sig",
    "encodings.latin_1",
    "torchvision",
    "torchbearer",
    "PIL.Image",
    "PIL.PngImagePlugin",
    "matplotlib.pyplot",
    "torch.utils.data",
)
OURS = (
    *("autograder.candidate.server", "autograder.candidate.keeper"),
    *("autograder.notebook", "autograder.data", "autograder.drawing", "autograder.training.recipes"),
)
CAGE = ("enter", "namespaces", "landlock", "seccomp", "kernel", "canary")


def main() -> None:
    """Serves until the examiner closes its end."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()  # imports make hundreds of thousands of objects, and no garbage
    _import_everything()
    ours = os.environ["PYTHONPATH"]
    sys.path[:] = [place for place in sys.path if place == ours or place.startswith((sys.prefix, sys.base_prefix))]
    serve(channel)


def serve(channel: socket.socket) -> None:
    """Forks candidates until the examiner closes its end."""
    channel.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries ended keepers
    gc.collect()
    gc.freeze()  # nor is what all candidates share looked through in each of them
    gc.enable()
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, MESSAGE, 3)
        if not data:
            return
        settings = json.loads(data)
        if os.fork() == 0:
            from autograder.candidate.keeper import keep

            keep(settings, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(b"forked")


def import_libraries(names: Iterable[str]) -> None:
    """Imports those that are there: submissions may do without any of them."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _import_everything() -> None:
    os.environ.setdefault("MPLBACKEND", "Agg")
    import matplotlib
    import torch

    matplotlib.use("Agg")
    torch.set_num_threads(1)
    import_libraries(LIBRARIES)
    for name in OURS:
        importlib.import_module(name)
    if sys.platform == "linux" and importlib.util.find_spec("autograder.candidate.cage") is not None:
        # Within the cage there is no file of ours to import from.
        for name in CAGE:
            importlib.import_module(f"autograder.candidate.cage.{name}")
        from autograder.candidate.cage import enter, kernel, seccomp

        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        enter.libraries()
        seccomp.table()
    import autograder.checks

    for lab in pkgutil.iter_modules(autograder.checks.__path__):
        if lab.ispkg:
            importlib.import_module(f"autograder.checks.{lab.name}.procedures")


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the examiner is gone
