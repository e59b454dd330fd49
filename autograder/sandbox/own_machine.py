"""The student process on a student's own machine. Where that is safe, its fork server is forked from the self-check, so
that both share one import of torch; on Windows and macOS it is a program of its own.

There is no sandbox and nothing secret there, so student processes need no clean origin. What holds for every fork
server holds here: before the fork nothing has been computed, and no student code has run.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import re
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from autograder.course import Limits
from autograder.manifest import PACKAGE
from autograder.sandbox import fork_server_main, process_titles
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.environment import clean_environment
from autograder.sandbox.fork_server import Forked, ForkServer, Process
from autograder.sandbox.own_program import OwnProgram, can_fork

COMPANIONS = ("torchbearer", "PIL.Image", "PIL.PngImagePlugin", "matplotlib.pyplot", "torchvision")  # of notebooks
# Torch imports this when its first optimiser is made, which takes as long as all the rest. A student's `train` needs
# it, and so does the reference that it is compared with.
COMPILER = "torch._dynamo"


@contextlib.contextmanager
def student_process(folder: Path, names: Collection[str], limits: Limits, device: str) -> Iterator[StudentProcess]:
    """The student process for the submission in `folder`; `names` are the definitions that the checks ask for."""
    if not can_fork():
        shared, companions = _wanted(folder, names)
        with OwnProgram(folder, limits, device, ["torch", *shared, *companions]) as process:
            yield process
        return
    fork_server = local_fork_server(folder, names, device)
    try:
        with StudentProcess(fork_server, folder, limits, device) as process:
            yield process
    finally:
        fork_server.close()


def local_fork_server(folder: Path, names: Collection[str], device: str = "cpu") -> ForkServer:
    """A fork server for the submission in `folder`, forked from this process if that is safe, else a separate one.

    `names` are the definitions that the checks ask for. It is not safe once torch is imported (it may have computed),
    with several threads, or with a GPU (which forks cannot use after it has been looked for).
    """
    if device != "cpu" or "torch" in sys.modules or threading.active_count() > 1:
        return ForkServer()
    return LocalForkServer(*_wanted(folder, names))


def _wanted(folder: Path, names: Collection[str]) -> tuple[list[str], list[str]]:
    """The modules, beside torch, that both the self-check and the submission will want, and those for the latter."""
    code = code_in(folder)
    written = [part for part in code if _written(part, names)]
    named = [name for name in COMPANIONS if any(name.partition(".")[0] in part for part in code)]
    trains = "torchvision" in named or any("optim" in part for part in written)  # torchvision imports the compiler, too
    return [COMPILER] if written and trains else [], named if written else []


def code_in(folder: Path) -> list[str]:
    """The code of notebooks and scripts, in parts of at most one definition each; unreadable files are left out."""
    texts = []
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            if path.suffix == ".py":
                texts.append(path.read_text("utf-8"))
            elif path.suffix == ".ipynb":
                cells = json.loads(path.read_text("utf-8"))["cells"]
                texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [part for text in texts for part in re.split(r"^(?=def |class |# %%)", text, flags=re.MULTILINE)]


def _written(part: str, names: Collection[str]) -> bool:
    """Whether a part looks like a definition that is asked for and not like a stub. A wrong guess only costs time."""
    defined = re.match(r"(?:def|class) +(\w+)", part)
    return defined is not None and defined[1] in names and "NotImplementedError" not in part


class LocalForkServer(ForkServer):
    """Forks student processes from a fork of this process; imports torch and `shared` before that fork, `companions`
    after it."""

    def __init__(self, shared: Iterable[str], companions: Iterable[str]) -> None:
        self._shared = list(shared)
        self._companions = list(companions)
        super().__init__()

    def _begin(self, theirs: socket.socket, limits: Limits) -> Process:
        gc.disable()  # imports create hundreds of thousands of objects, and no garbage
        try:
            import torch

            for name in self._shared:
                with contextlib.suppress(Exception):  # the code that needs it will report it
                    importlib.import_module(name)
            gc.freeze()  # no student process needs to look through them, nor does this one at its end
            child = os.fork()
            if child == 0:
                self._channel.close()
                _serve(theirs, self.name, self._companions)
        finally:
            gc.enable()
        torch.set_num_threads(1)  # the student process uses the other core, and small tensors are slower on two
        return Forked(child)


def _serve(channel: socket.socket, name: str, companions: list[str]) -> NoReturn:
    """The fork server's process, made to look like one that was started separately."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when the grader does
        # No file of the student's may replace a library, wherever the libraries are on this machine.
        ours, started = str(PACKAGE.parent), os.getcwd()
        sys.path[:] = [place for place in sys.path if place == ours or os.path.abspath(place) != started]
        here = tempfile.gettempdir()
        os.environ.clear()
        os.environ.update(clean_environment(home=here))
        os.chdir(here)
        sys.dont_write_bytecode = True
        sys.argv[:] = [fork_server_main.__file__, str(channel.fileno()), name]
        process_titles.set_title(process_titles.FORK_SERVER, name)
        import torch

        torch.set_num_threads(1)
        fork_server_main.import_libraries(companions)
        gc.enable()
        fork_server_main.serve(channel)
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the grader has died
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)
