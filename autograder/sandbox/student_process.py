"""The student process's side of the wire: runs procedures on a student's definitions and answers with plain data.

Runs untrusted code. It holds no expected value, no label and no result; whatever it says is checked elsewhere.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.sandbox import wire
from autograder.sandbox.student import FileStudent, Student, describe, quiet


def serve(requests: int, replies: int, settings: dict[str, Any]) -> None:
    """Answers requests from one pipe on the other until the grader closes it."""
    import torch

    torch.set_num_threads(int(settings.get("threads", 1)))
    _load_in_this_process()
    folder = Path(settings["folder"])
    sys.path.append(str(folder))  # last, so that no file of the student's stands in for a library
    student = FileStudent(folder, Path(settings["scratch"]), settings["device"])
    limit = int(settings["frame_mb"]) * 2**20
    while True:
        try:
            request = wire.receive(requests, limit)
        except wire.WireClosed:
            return
        if request["kind"] == "escape probe":
            request["decoys"]["descriptors"] += [requests, replies]
        answer = _answer(student, request)
        try:
            wire.send(replies, {**answer, "id": request["id"]})
        except wire.WireError as error:
            wire.send(
                replies, {"id": request["id"], "error": {"type": "WireError", "message": str(error), "places": []}}
            )


def _load_in_this_process() -> None:
    """A `DataLoader` of the student's works without worker processes: they would need sockets, and bring no speed here.

    What it yields is the same.
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


def _answer(student: FileStudent, request: dict[str, Any]) -> dict[str, Any]:
    kind = request["kind"]
    if kind == "describe":
        definitions = student.definitions
        return {
            "value": {
                "problems": definitions.problems[:50],
                "files": [unit.name for unit in definitions.units],
            }
        }
    if kind == "source":  # asked before anything of the student's has run
        return guarded(lambda: _source(student, request["tasks"]))
    if kind == "escape probe":
        escape_probe = importlib.import_module("autograder.sandbox.layers.escape_probe")
        return {"value": escape_probe.run(request["part"], request["decoys"])}
    student.notebooks.update(request.get("notebooks", {}))
    if kind == "load":
        name = request["name"]

        def load() -> dict[str, Any]:
            value = student.get(name)
            notebook = student.notebooks.get(name, "")
            untouched = value is None or value is Ellipsis or student.definitions.untouched(name, notebook)
            if untouched and (written := student.definitions.overwritten(name, notebook)):
                raise NotImplementedError(f"`{name}` is not filled in yet.\n{written}")
            return {"untouched": untouched, "notes": student.definitions.notes(name, notebook)}

        answer = guarded(load)
        student.leave()
        return answer

    def call() -> Any:
        try:
            return run_procedure(student, request["procedures"], request["procedure"], request["arguments"])
        except NameError as error:
            because = student.because(error)
            raise NameError(f"{error}; {because}").with_traceback(error.__traceback__) if because else error from None

    answer = guarded(call)
    student.leave()
    return answer


def _source(student: FileStudent, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """The code of each task as text, and names and digests of its code cells."""
    from autograder.submission.excerpt import cells_of, code_of

    definitions = student.definitions
    names = {name for task in tasks for name in task["definitions"]}
    code = {task["id"]: code_of(definitions, task["definitions"], task["notebook"], names) for task in tasks}
    return {"code": code, "cells": cells_of(definitions.folder)}


def guarded(work: Callable[[], Any]) -> dict[str, Any]:
    """`{"value": …}` of `work`, or `{"error": …}` for whatever student code raised."""
    try:
        with quiet():
            return {"value": work()}
    except BaseException as error:
        return {"error": describe(error)}


def run_procedure(student: Student, procedures: str, procedure: str, arguments: dict[str, Any]) -> Any:
    """Runs a procedure of the lab's module `procedures` on the student's definitions."""
    function = getattr(importlib.import_module(procedures), procedure)
    here = os.getcwd()
    try:
        return function(student, **arguments)
    finally:
        os.chdir(here)
