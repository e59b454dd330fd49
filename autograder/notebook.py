"""What the lab's notebooks use: `check` a task, `borrow` a definition, find the best device, `pack` the submission."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

# Some of these have no name here: what a lab's checks and its reference are made of is imported when a notebook begins,
# and not in the middle of its first check.
from autograder.feedback import notebook_cells
from autograder.feedback.check_as_text import task_as_text
from autograder.judge import accuracy  # noqa: F401
from autograder.judge.oracle import KEY_SEED, Oracle
from autograder.labs.context import Context
from autograder.labs.kinds import figure, function, image, network, saved_weights, training, value  # noqa: F401
from autograder.labs.lab import Lab, open_lab
from autograder.labs.respondents import Respondents
from autograder.labs.run import run_checks
from autograder.sandbox.own_kernel import Kernel
from autograder.sandbox.student_notebook import best_device, borrow
from autograder.storage import take_all_text
from autograder.submission.packing import pack_submission, unsaved_names
from autograder.training import recipes  # noqa: F401

__all__ = ["best_device", "borrow", "check", "pack"]

take_all_text(sys.stdout)  # of a script; a kernel's takes all


def check(task: str) -> float:
    """Checks what this notebook defines for `task`, shows what was found, and returns the points earned.

    Only public checks run here; the final marking runs more. Raises `CourseError` for an unknown task.
    """
    lab, oracle = _lab()
    lab.assignment.task(task)
    kernel = Kernel(_namespace())
    try:
        with _speechless():  # anything on stderr would cost the points under nbgrader
            findings = run_checks(Context(lab, Path.cwd(), oracle), Respondents(lab, kernel), [task], hidden=False)
    finally:
        kernel.close()
    credit = notebook_cells.Credit()
    for result in findings.task_results(lab.assignment):
        _show(task_as_text(result), partial(notebook_cells.task_as_html, result))
        credit = notebook_cells.Credit(credit + result.score)
    return credit


@contextlib.contextmanager
def _speechless() -> Iterator[None]:
    """Drops what student code prints, warns of and displays, such as progress bars, and what goes past `sys.stderr`:
    bytes written to the descriptors, and lines of a log that has the kernel's own stream."""
    from IPython.utils.capture import capture_output

    disabled = logging.root.manager.disable
    kept: list[tuple[int, int]] = []
    logging.disable(logging.CRITICAL)
    try:
        with open(os.devnull, "w", encoding="utf-8") as sink:
            with contextlib.suppress(OSError):  # a kernel may have no descriptors
                for standard in (1, 2):
                    kept.append((standard, os.dup(standard)))
                    os.dup2(sink.fileno(), standard)
            with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with capture_output(stdout=False, stderr=False):
                    yield
    finally:
        for standard, copy in kept:
            os.dup2(copy, standard)
            os.close(copy)
        logging.disable(disabled)


def pack() -> None:
    """Writes `submission.zip` into this folder, and shows what is missing from it. Save your notebooks before."""
    lab = open_lab()
    packed = pack_submission(lab.assignment, Path.cwd(), _unsaved_notebooks(lab))
    _show(notebook_cells.packed_as_text(packed), partial(notebook_cells.packed_as_html, packed))
    if "google.colab" in sys.modules:
        from google.colab import files

        files.download(str(packed.archive))


@cache
def _lab() -> tuple[Lab, Oracle]:
    lab = open_lab()
    return lab, lab.oracle(KEY_SEED)


def _show(text: str, as_html: Callable[[], str]) -> None:
    """Displays the HTML in a notebook, and prints the text elsewhere."""
    if not hasattr(_shell(), "kernel"):
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": as_html()}, raw=True)


def _namespace() -> dict[str, Any]:
    shell = _shell()
    return shell.user_ns if shell is not None else sys._getframe(2).f_globals


def _shell() -> Any:
    """IPython's shell, which a kernel has, too; None in plain Python."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _unsaved_notebooks(lab: Lab) -> list[str]:
    """The notebook of this kernel, if its file lacks a task's definition as it was run last."""
    namespace = _namespace()
    path = Path(str(namespace.get("__session__") or os.environ.get("JPY_SESSION_NAME") or ""))
    path = Path.cwd() / path.name
    names = [name for task in lab.assignment.tasks if task.notebook == path.stem for name in task.definitions]
    history = [text for text in namespace.get("In", []) if isinstance(text, str)]
    if path.suffix != ".ipynb" or not path.is_file():
        return []
    return [path.stem] if unsaved_names(path, names, history) else []
