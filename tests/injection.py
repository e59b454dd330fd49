"""Raises an exception in one function of the grader whenever it works for one student of a class.

The steps are found by tracing: every function that runs while that student, and nobody else, is in work. A function is
changed in its code object, so that everybody who has imported it is met.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

from autograder.grading import grader
from autograder.manifest import PACKAGE
from autograder.wall import Wall

STUDENTS = ("ada-one", "ben-two", "eve-three")
TARGET = "ben-two"  # neither the first nor the last: a loop's variable keeps the last one
# What reads the marker's own files: an error in them is told to the marker, before anybody is marked.
MARKERS_OWN = ("read_overrides", "read_times", "misfits")
# The wall itself, and what is made where it has caught something.
NO_STEPS = (
    "wall:",
    "submission.collect:_noting",
    "grading.grader:withheld",
    "grading.grader:Grader.mark",
    "storage:",
    *("submission.names:composed", "submission.names:alphabetical"),  # they take every string, as `test_names` shows
    "export.marks:Mark.student",
)


class Injected(Exception):
    """What nobody expects."""


def named(value: Any, depth: int = 2) -> str:
    """The student whose this value is; empty if it is nobody's."""
    if isinstance(value, str):
        return value if value in STUDENTS else ""
    if isinstance(value, Path):
        return next((student for student in STUDENTS for part in value.parts if part.startswith(student)), "")
    if depth and type(value).__module__.startswith("autograder"):
        for name in ("student", "result", "submission", "job"):
            if found := named(getattr(value, name, None), depth - 1):
                return found
    return ""


def in_work(frame: FrameType | None) -> bool:
    """Whether the innermost of our functions that works for a student works for the target alone."""
    if _reads_markers_own(frame):
        return False
    while frame is not None:
        if frame.f_code.co_filename.startswith(str(PACKAGE)):
            students = {named(value) for value in list(frame.f_locals.values())} - {""}
            if students:
                return students == {TARGET}
        frame = frame.f_back
    return False


def _reads_markers_own(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_name not in MARKERS_OWN:
        frame = frame.f_back
    return frame is not None


def steps_of(run: Callable[[], object]) -> dict[str, FunctionType]:
    """The functions that `run` calls for the target, by module and name, in the order of their first call."""
    found: dict[CodeType, None] = {}

    def trace(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code not in found and code.co_filename.startswith(str(PACKAGE)) and in_work(frame):
            found[code] = None

    sys.setprofile(trace)
    try:
        run()
    finally:
        sys.setprofile(None)
    functions = {function.__code__: function for function in _functions()}
    steps = {}
    for code in found:
        if code in functions and not functions[code].__closure__:
            name = f"{functions[code].__module__.removeprefix('autograder.')}:{functions[code].__qualname__}"
            if not name.startswith(NO_STEPS):
                steps[name] = functions[code]
    return steps


def _functions() -> Iterator[FunctionType]:
    """All functions and methods of the package's modules that are imported."""
    modules = [module for name, module in list(sys.modules.items()) if name.split(".")[0] == "autograder"]
    for module in modules:
        for value in list(vars(module).values()):
            inside = list(vars(value).values()) if isinstance(value, type) else [value]
            for each in inside:
                for name in ("__func__", "fget", "func", "__wrapped__"):  # of methods, properties, decorators
                    each = getattr(each, name, each)
                if isinstance(each, FunctionType):
                    yield each


DISPATCH: Callable[[tuple[Any, ...], dict[str, Any]], Any] | None = None


def _stub(code: CodeType) -> CodeType:
    """The code of a function with the same parameters, which asks `DISPATCH`."""
    positional = list(code.co_varnames[: code.co_argcount])
    named_only = list(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount])
    more = list(code.co_varnames[code.co_argcount + code.co_kwonlyargcount :])
    star = [f"*{more.pop(0)}"] if code.co_flags & inspect.CO_VARARGS else []
    rest = [f"**{more.pop(0)}"] if code.co_flags & inspect.CO_VARKEYWORDS else []
    parameters = [*positional, *(star or ["*"] * bool(named_only)), *named_only, *rest]
    given = ", ".join([*positional, *star])
    by_name = ", ".join([f"{name!r}: {name}" for name in named_only] + rest)
    asked = f"tests.injection.DISPATCH(({given}{',' if given else ''}), {{{by_name}}})"
    if code.co_flags & inspect.CO_GENERATOR:  # pytest asks whether a hook is one
        asked = f"(yield from {asked})"
    source = f"""def stub({", ".join(parameters)}):
    import tests.injection
    return {asked}"""
    made: dict[str, FunctionType] = {}
    exec(source, made)
    return made["stub"].__code__


@contextmanager
def injected(function: FunctionType) -> Iterator[list[int]]:
    """Within, the function raises where it works for the target, until the wall knows of it. Gives how often it did."""
    global DISPATCH
    code = function.__code__
    original = FunctionType(code, function.__globals__, function.__name__, function.__defaults__)
    original.__kwdefaults__ = function.__kwdefaults__
    raised: list[int] = []
    noted: list[str] = []
    looking: list[int] = []

    def dispatch(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if looking:  # it is this harness that asks
            return original(*args, **kwargs)
        looking.append(1)
        try:
            mine = is_mine(args, kwargs)
        finally:
            looking.clear()
        if mine and not noted:
            raised.append(1)
            raise Injected(f"in {function.__qualname__}")
        return original(*args, **kwargs)

    def is_mine(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        students = {named(value) for value in (*args, *kwargs.values())} - {""}
        frame = sys._getframe(3)
        return students == {TARGET} and not _reads_markers_own(frame) if students else in_work(frame)

    fail, withheld = Wall.fail, grader.withheld

    def failing(self: Wall, student: str, step: str, error: object) -> None:
        noted.append(student)
        fail(self, student, step, error)

    def withholding(*args: Any) -> Any:
        noted.append("withheld")
        return withheld(*args)

    DISPATCH = dispatch
    Wall.fail, grader.withheld = failing, withholding  # type: ignore[method-assign]
    function.__code__ = _stub(code)
    try:
        yield raised
    finally:
        function.__code__ = code
        Wall.fail, grader.withheld = fail, withheld  # type: ignore[method-assign]
