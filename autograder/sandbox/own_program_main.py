"""The program of a student process that was not forked: imports libraries, is told its settings, and answers.

Run by its path as `python own_program_main.py PACKAGES LIBRARY…`: the folder that the package is in, and the modules
to import while nothing has been asked. Requests come on standard input, replies go to standard output.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
from collections.abc import Iterable

SETTINGS = 2**20  # bytes


def main(packages: str, libraries: Iterable[str]) -> None:
    """Runs until the grader closes its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when the grader does
    requests, replies = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (requests, replies):
            msvcrt.setmode(descriptor, os.O_BINARY)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):  # what student code prints
        os.dup2(nowhere, standard)
    if packages not in sys.path:
        sys.path.insert(0, packages)
    sys.dont_write_bytecode = True
    gc.disable()  # imports create hundreds of thousands of objects, and no garbage
    for name in libraries:
        with contextlib.suppress(ImportError):  # a submission may need none of them
            importlib.import_module(name)
    from autograder import manifest
    from autograder.sandbox import student_process_main, wire

    for name in (*manifest.IN_SANDBOX, *manifest.procedure_modules()):
        importlib.import_module(name)
    gc.freeze()
    gc.enable()
    settings = wire.receive(requests, SETTINGS)
    os.dup2(nowhere, 2)
    student_process_main.run({**settings, "fork_server": "", "layers": {}}, 0, requests, replies)


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the folder of this file
    main(sys.argv[1], sys.argv[2:])
