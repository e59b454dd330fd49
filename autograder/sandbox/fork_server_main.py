"""The fork server: a clean process that imports the libraries once and forks a new student process on each request.

Importing torch and its companions takes seconds, forking takes milliseconds. The fork server never holds anything
secret: it starts before a submission is read, and gets only descriptors and the settings of student processes. It
computes nothing, so that no fork inherits half-started threads.

Run as `python -m autograder.sandbox.fork_server_main FD NAME`. FD is a Unix socket over which requests come: settings
as JSON, with the descriptors of the two pipes for requests and replies and of the socket to the supervisor
(`supervisor.py`). NAME is what its command line and those of its forks show.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Iterable

from autograder import manifest
from autograder.sandbox import process_titles
from autograder.sandbox.huge_pages import use_huge_pages
from autograder.sandbox.supervisor import supervise

MESSAGE = 65536
MANY = 12  # student processes, from which on huge pages save more time than they take to make
LIBRARIES = (
    "torch",
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
# Inside the sandbox there may be no file of ours to import from.
SANDBOX = (
    *("layers.entering", "layers.namespaces", "layers.landlock", "layers.seccomp", "layers.linux"),
    "proof.escape_probe",
)


def main() -> None:
    """Imports the libraries, then serves until the grader closes its end."""
    process_titles.set_title(process_titles.FORK_SERVER, sys.argv[2])
    channel = socket.socket(fileno=int(sys.argv[1]))
    gc.disable()  # imports create hundreds of thousands of objects, and no garbage
    _import_everything()
    ours = os.environ["PYTHONPATH"]
    sys.path[:] = [place for place in sys.path if place == ours or place.startswith((sys.prefix, sys.base_prefix))]
    serve(channel)


def serve(channel: socket.socket) -> None:
    """Forks student processes until the grader closes its end."""
    channel.send(b"ready")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel collects supervisors that have ended
    gc.collect()
    gc.freeze()  # no student process needs to look through what all of them share
    gc.enable()
    for number in itertools.count(1):
        data, descriptors, _, _ = socket.recv_fds(channel, MESSAGE, 3)
        if not data:
            return
        if number == MANY:
            use_huge_pages()
        settings = json.loads(data)
        if os.fork() == 0:
            supervise(settings, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(b"forked")


def import_libraries(names: Iterable[str]) -> None:
    """Imports those that are installed: a submission may need none of them."""
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
    for name in (*manifest.IN_SANDBOX, *manifest.procedure_modules()):
        importlib.import_module(name)
    if sys.platform == "linux" and importlib.util.find_spec("autograder.sandbox.layers") is not None:
        for name in SANDBOX:
            importlib.import_module(f"autograder.sandbox.{name}")
        from autograder.sandbox.layers import entering, linux, seccomp

        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        entering.libraries()
        seccomp.table()


def run() -> None:
    """`main`, which ends quietly when the grader has died."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        main()


if __name__ == "__main__":
    run()
