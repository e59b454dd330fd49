"""A clean process that has imported the libraries once and forks a fresh student process whenever it is asked to.

Importing torch and its companions takes seconds, forking takes milliseconds. The fork server never holds anything
secret: it is started before a submission is read, and it gets nothing but three descriptors and the student process's
settings. It does no computing, so that a forked child finds no half-started threads.

Started as `python -m autograder.sandbox.fork_server FD`; FD is a Unix socket over which requests come as JSON, each
with the descriptors of the pipes for requests and replies, and of a socket to the student process's supervisor
(`supervisor.py`).
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
    "IPython.core.inputtransformer2",
)
OURS = (
    *("autograder.sandbox.student_process", "autograder.sandbox.supervisor"),
    *("autograder.notebook", "autograder.data", "autograder.drawing", "autograder.training.recipes"),
)
LAYERS = ("entering", "namespaces", "landlock", "seccomp", "linux", "escape_probe")


def main() -> None:
    """Serves until the grader closes its end."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()  # imports make hundreds of thousands of objects, and no garbage
    _import_everything()
    ours = os.environ["PYTHONPATH"]
    sys.path[:] = [place for place in sys.path if place == ours or place.startswith((sys.prefix, sys.base_prefix))]
    serve(channel)


def serve(channel: socket.socket) -> None:
    """Forks student processes until the grader closes its end."""
    channel.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries ended supervisors
    gc.collect()
    gc.freeze()  # nor is what all student processes share looked through in each of them
    gc.enable()
    while True:
        data, descriptors, _, _ = socket.recv_fds(channel, MESSAGE, 3)
        if not data:
            return
        settings = json.loads(data)
        if os.fork() == 0:
            from autograder.sandbox.supervisor import keep

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
    if sys.platform == "linux" and importlib.util.find_spec("autograder.sandbox.layers") is not None:
        # Within the sandbox there is no file of ours to import from.
        for name in LAYERS:
            importlib.import_module(f"autograder.sandbox.layers.{name}")
        from autograder.sandbox.layers import entering, linux, seccomp

        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        entering.libraries()
        seccomp.table()
    import autograder.labs

    for lab in pkgutil.iter_modules(autograder.labs.__path__):
        if lab.ispkg:
            importlib.import_module(f"autograder.labs.{lab.name}.procedures")


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the grader is gone
