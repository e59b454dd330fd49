"""Whose fault an exception in a check is: the answer's that is judged, or the grader's own.

What the grader trips over in an answer is the answer's fault: else an odd answer would do to have a mark withheld.
What has nothing to do with an answer (no process could be started, the disk is full, the reference fails) is not.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, TypeVar

import numpy as np

from autograder.manifest import PACKAGE

# Judging one submission takes less than this, whatever it answered (`python -m tests.benches.worst`).
MEMORY = 2**31
BUSY_WITH_NO_ANSWER: set[CodeType] = set()
Function = TypeVar("Function", bound=Callable[..., Any])


def of_no_answer(function: Function) -> Function:
    """Declares that a function has nothing to do with an answer: what is raised on the way through it is ours."""
    BUSY_WITH_NO_ANSWER.add(function.__code__)
    return function


def is_the_answers(error: BaseException) -> bool:
    """Whether an exception that was raised while an answer was judged is the answer's fault.

    Errors of the operating system and missing modules are the machine's. Memory that cannot be had is the machine's
    where it could not give what judging takes at most; where it could, an answer has asked for more.
    """
    if not isinstance(error, Exception) or isinstance(error, ImportError):
        return False
    if any(frame.f_code in BUSY_WITH_NO_ANSWER for frame, _ in traceback.walk_tb(error.__traceback__)):
        return False
    if isinstance(error, OSError):
        return error.errno is None  # as Pillow raises it for a picture that it cannot read
    if type(error).__name__ == "OutOfMemoryError":  # a GPU's memory, which others use too
        return False
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return _has_memory()
    return True


def _has_memory() -> bool:
    try:
        np.empty(MEMORY, np.uint8)  # of which nothing is touched
    except MemoryError:
        return False
    return True


def told(error: BaseException) -> str:
    """An exception and its place, for a marker: the last line of ours that it came through."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).is_relative_to(PACKAGE):
            file = Path(frame.filename).relative_to(PACKAGE.parent).as_posix()
            place = f" ({file}, line {frame.lineno}, in {frame.name})"
    words = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{': ' if words else ''}{words}{place}"
