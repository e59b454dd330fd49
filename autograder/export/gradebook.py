"""Opens nbgrader's gradebook, by path or database URL, and reads the points that people gave in it by hand."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.export.formats import ExportError
from autograder.export.marks import ByHand
from autograder.export.what_was_marked import HIDDEN, remembered
from autograder.results import StudentResult
from autograder.submission.names import spelt_as

CHECK_CELL = "{task}-check"
"""The `grade_id` of a task's test cell."""
TABLES = {"assignment", "student", "submitted_assignment", "grade"}


def as_url(where: str) -> str:
    """A database URL for a path or a URL."""
    if re.match(r"^[a-z][a-z0-9+]*://", where):
        return where
    return f"sqlite:///{Path(where).absolute()}"


@contextmanager
def opened(where: str, create: bool = False) -> Iterator[Any]:
    """The `nbgrader.api.Gradebook` at a path or database URL. Raises `ExportError` if it cannot be opened.

    With `create`, the file is made if it does not exist.
    """
    try:
        from nbgrader.api import Gradebook, InvalidEntry, MissingEntry
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SAWarning, SQLAlchemyError
    except ImportError as error:
        raise ExportError(f"nbgrader is needed for gradebooks: pip install nbgrader ({error})") from error
    url = as_url(where)
    if url.startswith("sqlite:///"):
        _require_gradebook(Path(url.removeprefix("sqlite:///")), where, create)
    log = logging.getLogger("traitlets")
    level = log.level
    log.setLevel(logging.CRITICAL)  # nbgrader logs tracebacks for what becomes a sentence here
    path = os.environ.get("PATH", "")
    # nbgrader runs the program `alembic`, which is beside this Python, on the path or not.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # about how nbgrader builds a submission
            gradebook = Gradebook(url)
            # Nobody else writes meanwhile, and reading everything again after each commit would take minutes.
            gradebook.db().expire_on_commit = False
            try:
                yield gradebook
            finally:
                gradebook.close()
                gradebook.engine.dispose()
    except (MissingEntry, InvalidEntry) as error:
        raise ExportError(f"{_without_password(where)}: {error}") from error
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ExportError(f"{_without_password(where)}: the database cannot be opened: {error}") from error
    except SQLAlchemyError as error:
        what = str(getattr(error, "orig", None) or error).splitlines()[0]
        hint = "; another program is writing to it, so try again" if "locked" in what else ""
        hint = "; an older nbgrader made it, so run `nbgrader db upgrade`" if "no such column" in what else hint
        raise ExportError(f"{_without_password(where)}: the gradebook cannot be used: {what}{hint}") from error
    finally:
        log.setLevel(level)
        os.environ["PATH"] = path


def given_by_hand(where: str, assignment: str, students: Iterable[StudentResult]) -> dict[str, ByHand]:
    """What people gave in formgrader, by student: points of written answers, and changes to test cells.

    A score by hand on a test cell replaces the public points of its task; extra credit is added. Automatic scores in
    the gradebook are ignored, since the results have them. Raises `ExportError`.
    """
    with opened(where) as gradebook:
        names = [known.name for known in gradebook.assignments]
        if assignment not in names:
            listed = ", ".join(names) or "none"
            raise ExportError(
                f"{_without_password(where)}: the gradebook has no assignment {assignment!r}, only: {listed}"
            )
        book = gradebook.find_assignment(assignment)
        written_max = round(sum(_written_max(notebook) for notebook in book.notebooks), 2)
        submissions = {submission.student.id: submission for submission in book.submissions}
        hidden = HIDDEN.format(assignment=assignment)
        beside = gradebook.find_assignment(hidden).submissions if hidden in names else []
        shown = {submission.student.id: remembered(submission).submission for submission in beside}
        students = list(students)
        known = spelt_as([student.student for student in students], submissions)
        return {
            student.student: _of_submission(
                submissions[known[student.student]], student, written_max, shown.get(known[student.student], "")
            )
            if student.student in known
            else ByHand(written_max=written_max, there=written_max == 0)
            for student in students
        }


def names_in(gradebook: Any, students: Iterable[str]) -> dict[str, str]:
    """How the gradebook spells each student's name; as it is, if the gradebook does not have the student."""
    students = list(students)
    known = spelt_as(students, [student.id for student in gradebook.students])
    return {student: known.get(student, student) for student in students}


def public_points(student: StudentResult) -> dict[str, tuple[float, float]]:
    """Points and maximum of the public checks of each task, by the `grade_id` of the task's test cell."""
    found = {}
    for task in student.tasks:
        checks = [check for check in task.checks if check.public]
        points = (round(sum(c.score for c in checks), 2), round(sum(c.max_score for c in checks), 2))
        found[CHECK_CELL.format(task=task.id)] = points
    return found


def is_written(cell: Any) -> bool:
    """Whether a person marks this cell of a gradebook: a written answer, or a task cell."""
    return bool(cell.cell_type == "markdown")


def _written_max(notebook: Any) -> float:
    return float(sum(cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells) if is_written(cell)))


def _of_submission(submission: Any, student: StudentResult, written_max: float, shown: str) -> ByHand:
    public = public_points(student)
    written = changes = 0.0
    pending: list[str] = []
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            extra = grade.extra_credit or 0.0
            place = f"{notebook.name}/{grade.name}"
            if is_written(grade.cell):
                if grade.needs_manual_grade:
                    pending.append(place)
                written += grade.score
                continue
            changes += extra
            if grade.manual_score is not None:
                if grade.needs_manual_grade:  # marked again since: a person must say which score counts
                    pending.append(place)
                automatic = public[grade.name][0] if grade.name in public else grade.auto_score or 0.0
                changes += grade.manual_score - automatic
    outdated = bool(shown and student.submission and shown != student.submission)
    return ByHand(round(written, 2), written_max, round(changes, 2), tuple(sorted(pending)), outdated=outdated)


def _require_gradebook(path: Path, where: str, create: bool) -> None:
    if not path.exists():
        if create and path.parent.is_dir():
            return
        what = f"there is no folder {path.parent}" if create else "there is no such gradebook"
        raise ExportError(f"{where}: {what}")
    if not path.is_file():
        raise ExportError(f"{where}: is not a file; give a file such as gradebook.db, or a database URL")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise ExportError(f"{where}: is not a gradebook: {error}") from error
    if not tables >= TABLES and (tables or not create):
        raise ExportError(f"{where}: is not a gradebook of nbgrader")


def _without_password(where: str) -> str:
    return re.sub(r"(://[^:@/]*):[^@/]*@", r"\1:***@", where)
