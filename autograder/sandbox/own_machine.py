"""The fork server of a student's own machine: forked from the grader, so that the libraries are imported once for both.

There is no sandbox there and nothing secret, so student processes need no origin of their own. What holds of any fork
server holds here: nothing has been computed before the fork, and nothing of the student's has run.
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
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NoReturn

from autograder.course import Limits
from autograder.manifest import PACKAGE
from autograder.sandbox import fork_server
from autograder.sandbox.client import ForkServer, Process, clean_environment

COMPANIONS = ("torchbearer", "PIL.Image", "PIL.PngImagePlugin", "matplotlib.pyplot", "torchvision")  # of notebooks
# What torch imports when its first optimiser is made, as long as all of the rest: a student's `train` needs it, and so
# does whoever says what it should have done.
COMPILER = "torch._dynamo"


def local_fork_server(folder: Path, names: Collection[str], device: str = "cpu") -> ForkServer:
    """A fork server for the submission in `folder`, forked from this process while nothing has begun in it.

    `names` are the definitions that are asked for. A process that has imported torch already may have computed, one
    with threads cannot be forked safely, and a GPU that was looked for is closed to forks: there, it is a fork server
    like any other.
    """
    if device != "cpu" or "torch" in sys.modules or threading.active_count() > 1:
        return ForkServer()
    code = code_in(folder)
    written = [part for part in code if _written(part, names)]
    named = [one for one in COMPANIONS if any(one.partition(".")[0] in part for part in code)]
    trains = "torchvision" in named or any("optim" in part for part in written)  # the former imports it, too
    return LocalForkServer([COMPILER] if written and trains else [], named if written else [])


def code_in(folder: Path) -> list[str]:
    """The code of notebooks and scripts, in parts of one definition at most; what cannot be read is left out."""
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
    """Whether a part looks like a definition that is asked for, and no stub. To be wrong costs time alone."""
    defined = re.match(r"(?:def|class) +(\w+)", part)
    return defined is not None and defined[1] in names and "NotImplementedError" not in part


class LocalForkServer(ForkServer):
    """Forks student processes from a fork of this process, with torch and `shared` imported before, and `companions`
    after."""

    def __init__(self, shared: Iterable[str], companions: Iterable[str]) -> None:
        self._shared = list(shared)
        self._companions = list(companions)
        super().__init__()

    def _begin(self, theirs: socket.socket, limits: Limits) -> Process:
        gc.disable()  # an import makes hundreds of thousands of objects, and no garbage
        try:
            import torch

            for one in self._shared:
                with contextlib.suppress(Exception):  # whoever needs it will say so
                    importlib.import_module(one)
            gc.freeze()  # nor are they looked through when a student process is forked, and at the end
            child = os.fork()
            if child == 0:
                self._channel.close()
                _serve(theirs, self.name, self._companions)
        finally:
            gc.enable()
        torch.set_num_threads(1)  # the other core is the student process's, and so small sums are slower on two
        return Forked(child)


class Forked:
    """A forked child, as `subprocess.Popen` would show it."""

    def __init__(self, child: int) -> None:
        self._child = child

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; raises `subprocess.TimeoutExpired`."""
        started = time.monotonic()
        while True:
            ended, status = os.waitpid(self._child, os.WNOHANG if timeout is not None else 0)
            if ended:
                return status
            if timeout is not None and time.monotonic() - started > timeout:
                raise subprocess.TimeoutExpired("the fork server", timeout)
            time.sleep(0.001)

    def kill(self) -> None:
        """Ends it at once."""
        os.kill(self._child, signal.SIGKILL)


def _serve(channel: socket.socket, name: str, companions: list[str]) -> NoReturn:
    """The fork server's process: as one would be that was started by itself."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader's end is its end
        # No file of the student's stands in for a library, wherever the libraries lie on this machine.
        ours, started = str(PACKAGE.parent), os.getcwd()
        sys.path[:] = [place for place in sys.path if place == ours or os.path.abspath(place) != started]
        here = tempfile.gettempdir()
        os.environ.clear()
        os.environ.update(clean_environment(home=here))
        os.chdir(here)
        sys.dont_write_bytecode = True
        sys.argv[:] = [fork_server.__file__, str(channel.fileno()), name]
        import torch

        torch.set_num_threads(1)
        fork_server.import_libraries(companions)
        gc.enable()
        fork_server.serve(channel)
        status = 0
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the grader is gone
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)
