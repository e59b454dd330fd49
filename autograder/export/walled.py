"""Writes an export in which nobody is missing because the export fails on somebody else."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.export.formats import Exported, ExportError, Format, Request
from autograder.export.marks import Mark


def write_walled(chosen: Format, request: Request) -> Exported:
    """What the format writes; students on whom it fails are left out, with the error, and all others are in it.

    Raises `ExportError` and `OSError`, which are for the marker to mend, and any error that is nobody's in particular.
    """
    try:
        return chosen.write(request)
    except (ExportError, OSError):
        raise
    except Exception:
        if "://" in request.output:
            raise
        traceback.print_exc()
        failures = _failures(chosen, request)
        if not failures:
            raise
    done = chosen.write(_only(request, [mark for mark in request.marks if mark.student not in failures]))
    done.left_out += [(student, f"the export fails on this student: {error}") for student, error in failures.items()]
    return done


def _failures(chosen: Format, request: Request) -> dict[str, str]:
    """On whom the format fails alone, and how; what it writes for that is thrown away."""
    found = {}
    with tempfile.TemporaryDirectory() as aside:
        for number, mark in enumerate(request.marks):
            folder = Path(aside, str(number))
            folder.mkdir()
            alone = replace(_only(request, [mark]), output=str(folder / request.path.name))
            try:
                chosen.write(alone)
            except (ExportError, OSError):
                continue
            except Exception as error:
                found[mark.student] = f"{type(error).__name__}: {error}"
    return found


def _only(request: Request, marks: Sequence[Mark]) -> Request:
    """The same request for some of the students."""
    names = {mark.student for mark in marks}
    students = [student for student in request.results.students if student.student in names]
    return replace(request, marks=tuple(marks), results=request.results.model_copy(update={"students": students}))
