"""The student process: locks itself into the sandbox, then answers requests with a student's definitions.

Untrusted from the first definition that it loads. It holds no expected value, no label and no result; the grader
checks whatever it says.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import os
import sys
import tempfile
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, NoReturn

from autograder import manifest, own_work
from autograder.sandbox import process_titles, wire
from autograder.sandbox.closed_folders import why_denied
from autograder.sandbox.file_student import FileStudent
from autograder.sandbox.respondent import Procedure
from autograder.sandbox.student import guarded
from autograder.sandbox.usage import mapped


def run(settings: dict[str, Any], user: int, requests: int, replies: int) -> NoReturn:
    """Enters the sandbox as the user id `user`, says so to the grader, and serves until the grader closes its end."""
    status = 1
    try:
        try:
            process_titles.set_title(process_titles.STUDENT_PROCESS, settings["fork_server"])
            _lock_in(settings, user)
        except BaseException as error:
            report_failure(replies, error)
            raise
        wire.send(replies, wire.READY)
        room = settings["room"]
        serve(requests, replies, {**settings, "folder": f"{room}/submission", "scratch": f"{room}/scratch"})
        status = 0
    finally:
        os._exit(status)


def report_failure(replies: int, error: BaseException) -> None:
    """Tells the grader that no student process could be started: the grader's own failure, not the student's."""
    with contextlib.suppress(Exception):
        known = why_denied(error, "its working folder")
        wire.send(replies, {"failed": known or f"{type(error).__name__}: {error}"[:500], "known": bool(known)})


def _lock_in(settings: dict[str, Any], user: int) -> None:
    if sys.platform != "win32":
        os.setsid()
    room = settings["room"]
    os.environ.clear()
    os.environ.update(settings["environment"])
    os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR"), f"{room}/scratch"))
    os.umask(0o077)
    tempfile.tempdir = None
    if any(settings["layers"].values()):
        from autograder.sandbox.layers import entering

        entering.become_user(user)
        os.chdir(f"{room}/submission")
        entering.lock(settings)
    else:
        os.chdir(f"{room}/submission")
        _set_plain_limits(settings)


def _set_plain_limits(settings: dict[str, Any]) -> None:
    """The limits where nobody asked for a sandbox, as on a student's own machine."""
    if sys.platform == "win32":
        return
    import resource

    file_size = int(settings["room_mb"]) * 2**20
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    if sys.platform == "linux" and settings["device"] == "cpu":
        memory = int(settings["memory_mb"]) * 2**20 + mapped()
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def serve(requests: int, replies: int, settings: dict[str, Any]) -> None:
    """Answers requests from one pipe on the other, until the grader closes the first."""
    import torch

    from autograder.sandbox import student_notebook
    from autograder.sandbox.precision import full_precision

    student_notebook.take_the_notebooks_place()
    torch.set_num_threads(int(settings.get("threads", 1)))
    _load_in_this_process()
    procedures = _procedures()
    folder = Path(settings["folder"])
    sys.path.append(str(folder))  # last, so that no file of the student's replaces a library
    student = FileStudent(folder, Path(settings["scratch"]), settings["device"])
    limit = int(settings["frame_mb"]) * 2**20
    while True:
        try:
            request = wire.receive(requests, limit)
        except wire.WireClosed:
            return
        if request["kind"] == "escape probe":
            request["decoys"]["descriptors"] += [requests, replies]
        if request["kind"] in ("load", "call"):
            hide_ours()
        with full_precision():
            answer = _answer(student, request, procedures)
        try:
            wire.send(replies, {**answer, "id": request["id"]})
        except wire.WireError as error:
            wire.send(
                replies, {"id": request["id"], "error": {"type": "WireError", "message": str(error), "places": []}}
            )


def _load_in_this_process() -> None:
    """Makes each `DataLoader` load in this process: workers would need sockets, and are no faster here.

    It yields the same batches.
    """
    from torch.utils.data import DataLoader

    made = DataLoader.__init__
    signature = inspect.signature(made)

    @functools.wraps(made)
    def make(*args: Any, **options: Any) -> None:
        given = signature.bind(*args, **options).arguments
        more = given.pop("kwargs", {})
        for name in ("num_workers", "prefetch_factor", "persistent_workers", "multiprocessing_context", "timeout"):
            given.pop(name, None)
        loader = given.pop("self")
        made(loader, **given, **more)

    DataLoader.__init__ = make  # type: ignore[method-assign]


def hidden(name: str) -> bool:
    """Whether student code may not import this module: the grader asks with it, and an answer built from it is none."""
    package, _, inside = name.partition(".")
    return package == manifest.PACKAGE.name and bool(inside) and inside.partition(".")[0] not in manifest.IN_REACH


class Hidden(MetaPathFinder):
    """Refuses imports of what is hidden."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if hidden(name):
            raise ModuleNotFoundError(f"No module named {name!r}: it is the grader's own", name=name)


def _procedures() -> dict[str, Procedure]:
    """All that can be asked, by names such as "autograder.labs.kinds.value_procedures:values"."""
    modules = [sys.modules.get(name) or importlib.import_module(name) for name in manifest.procedure_modules()]
    return {
        f"{module.__name__}:{name}": value
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
    }


def hide_ours() -> None:
    """Takes the grader's modules out of reach of imports, before student code runs."""
    if any(isinstance(finder, Hidden) for finder in sys.meta_path):
        return
    for name in filter(hidden, list(sys.modules)):
        module = sys.modules.pop(name)
        parent, _, last = name.rpartition(".")
        if getattr(sys.modules.get(parent), last, None) is module:
            delattr(sys.modules[parent], last)
    sys.meta_path.insert(0, Hidden())


def _run(student: FileStudent, procedure: Procedure, arguments: dict[str, Any]) -> Any:
    here = os.getcwd()
    own_work.asked = True
    try:
        return procedure(student, **arguments)
    finally:
        own_work.asked = False
        os.chdir(here)


def _answer(student: FileStudent, request: dict[str, Any], procedures: dict[str, Procedure]) -> dict[str, Any]:
    kind = request["kind"]
    if kind == "describe":
        definitions = student.definitions
        return {
            "value": {
                "problems": definitions.problems[:50],
                "lost": definitions.lost[:50],
                "files": [unit.name for unit in definitions.units],
            }
        }
    if kind == "source":  # asked before any student code has run
        return guarded(lambda: _source(student, request["tasks"]))
    if kind == "escape probe":
        escape_probe = importlib.import_module("autograder.sandbox.proof.escape_probe")
        return {"value": escape_probe.run(request["part"], request["decoys"])}
    student.notebooks.update(request.get("notebooks", {}))
    if kind == "load":
        name = request["name"]

        def load() -> dict[str, Any]:
            value = student.get(name)
            notebook = student.notebooks.get(name, "")
            untouched = value is None or value is Ellipsis or student.definitions.untouched(name, notebook)
            definitions = student.definitions
            if untouched and (written := definitions.overwritten(name, notebook) or definitions.elsewhere(name)):
                raise NotImplementedError(f"`{name}` is not filled in yet.\n{written}")
            return {"untouched": untouched, "notes": student.definitions.notes(name, notebook)}

        answer = guarded(load)
        student.leave()
        return answer

    def call() -> Any:
        try:
            return _run(student, procedures[request["procedure"]], request["arguments"])
        except NameError as error:
            because = student.because(error)
            raise NameError(f"{error}; {because}").with_traceback(error.__traceback__) if because else error from None

    answer = guarded(call)
    student.leave()
    return answer


def _source(student: FileStudent, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """A submission as text: the fields of `Source`, whose docstring says what they are."""
    from autograder.submission.excerpt import cells_of, code_of, compared_code
    from autograder.submission.reach import reaches

    definitions = student.definitions
    names = {name for task in tasks for name in task["definitions"]}
    code = {task["id"]: code_of(definitions, task["definitions"], task["notebook"], names) for task in tasks}
    compared = {task["id"]: compared_code(definitions, task["definitions"], task["notebook"], names) for task in tasks}
    gone = [
        (task, name)
        for task in tasks
        for name in task["definitions"]
        if definitions.untouched(name, task["notebook"]) or not definitions.where(name, task["notebook"])
    ]
    elsewhere = {f"{task['id']}: {name}": words for task, name in gone if (words := definitions.elsewhere(name, True))}
    reached = [list(finding) for finding in reaches(definitions, tasks)]
    rivals = [
        [name, *files]
        for task in tasks
        for name in task["definitions"]
        for files in definitions.rivals(name, task["notebook"])
    ]
    told = {"code": code, "compared": compared, "elsewhere": elsewhere, "reached": reached, "rivals": rivals}
    return {**told, "cells": cells_of(definitions.folder)}
