"""The start of a worker and of its fork server: one process imports the libraries for both, and forks.

Importing torch and its companions takes seconds and hundreds of megabytes. Before the fork there is nothing in this
process but these libraries, in a clean environment (`sandbox/environment.py`): no part of this package, no variable of
the marker's, nothing of the run. So the fork server inherits no secret, and it imports its own copy of the package,
which has no answers (`sandbox/public_copy.py`).

Run by its path as `python worker_start.py PACKAGES FD PARENT LIBRARY…`: the folder that the package is in, the socket
to the pool, the pool's process, and the modules to import.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys

MESSAGE = 4096


def start(packages: str, pool: int, parent: int, libraries: list[str]) -> None:
    """Imports the libraries, forks, and goes on as the fork server in the child, as the worker in the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that owns the pool
    gc.disable()  # imports create hundreds of thousands of objects, and no garbage
    for name in libraries:
        with contextlib.suppress(ImportError):  # whoever needs it will say so
            importlib.import_module(name)
    gc.freeze()
    gc.enable()
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        os.close(pool)
        _serve(theirs)
        return
    theirs.close()
    sys.path.insert(0, packages)
    from autograder.grading import worker

    worker.work(pool, parent, ours, child)


def _serve(ours: socket.socket) -> None:
    """Waits for the package's copy, the folder to work in, a name, and the socket to the worker; becomes its server."""
    data, descriptors, _, _ = socket.recv_fds(ours, MESSAGE, 1)
    ours.close()
    if not descriptors:  # the worker needs none, or has died
        return
    package, folder, name = json.loads(data)
    os.environ["PYTHONPATH"] = package
    sys.path.insert(0, package)
    os.chdir(folder)
    from autograder.sandbox import fork_server_main

    sys.argv[1:] = [str(descriptors[0]), name]
    fork_server_main.run()


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the folder of this file
    start(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
