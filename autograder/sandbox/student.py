"""Runs a lab's procedures on what a student wrote, and says what of it went wrong."""

from __future__ import annotations

import ast
import contextlib
import linecache
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from autograder.submission.wanted import LoadFailed, Missing, meant, only_raises


class Student(Protocol):
    """What a procedure may use of a submission."""

    device: str
    scratch: Path

    def get(self, name: str) -> Any:
        """The student's object called `name`; raises `Missing`."""


def guarded(work: Callable[[], Any]) -> dict[str, Any]:
    """`{"value": …}` with what `work` returns, or `{"error": …}` with what student code raised."""
    try:
        with quiet():
            return {"value": work()}
    except BaseException as error:
        return {"error": describe(error)}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Discards what student code prints and warns of, so that only the check's own words are seen."""
    with open(os.devnull, "w", encoding="utf-8") as sink:
        with contextlib.redirect_stdout(sink), contextlib.redirect_stderr(sink), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield


def describe(error: BaseException) -> dict[str, Any]:
    """A student's exception as plain data: its type, its message, and the lines of the student's own code."""
    places, frames = [], []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if ", cell " in name or (name.endswith(".py") and _is_students(name)) or name.startswith("<ipython"):
            code = linecache.getline(name, trace.tb_lineno).strip()
            place = f"{os.path.basename(name)}, line {trace.tb_lineno}, in {trace.tb_frame.f_code.co_name}"
            places.append(f"{place}: {code[:100]}" if code else place)
            frames.append(trace)
        last, trace = trace, trace.tb_next
    try:
        message = str(error)[:2000]
    except BaseException:
        message = "(its message cannot be shown)"
    if isinstance(error, NotImplementedError) and error.__traceback__ is not None:
        first, *more = message.splitlines() or [""]
        found = [_unfilled(frames, last)] if frames or not more else more
        message = "\n".join([first or "It is not filled in yet.", *found]).rstrip()
    return {
        "type": type(error).__name__[:100],
        "message": message,
        "places": places[-4:],
        "stub": isinstance(error, NotImplementedError),
        "missing": isinstance(error, Missing),
        "load": isinstance(error, LoadFailed),
    }


def _unfilled(frames: list[TracebackType], last: TracebackType) -> str:
    """What a message should add where there is code, but also a `NotImplementedError`; empty for an untouched stub."""
    if last.tb_frame.f_code.co_name == "_forward_unimplemented":  # torch's, for a module that has no such method
        kind = type(last.tb_frame.f_locals.get("self"))
        own = {name: "" for name, value in vars(kind).items() if callable(value) and not name.startswith("__")}
        return f"`{kind.__name__}` has no method `forward`. {meant('forward', own)}".strip()
    if not frames or frames[-1] is not last:
        return ""
    code, line = last.tb_frame.f_code, last.tb_lineno
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    named = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == code.co_name]
    for node in named:
        if node.lineno <= line <= (node.end_lineno or line) and not only_raises(node):
            place = f"{os.path.basename(code.co_filename)}, line {line}"
            return f"The stub's `raise NotImplementedError()` is still there ({place}); delete that line."
    return ""


def _is_students(name: str) -> bool:
    path = os.path.abspath(name)
    libraries = (os.path.dirname(os.path.dirname(os.path.abspath(__file__))), os.path.dirname(os.__file__))
    return not path.startswith(libraries) and "site-packages" not in path and "dist-packages" not in path
