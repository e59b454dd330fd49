"""Exports to nbgrader: writes the marks to a gradebook, so that people can mark the written answers in formgrader.

A gradebook has the cells of the released notebooks, whose points are those of public checks. Points of hidden checks go
to a second assignment, `<assignment>-hidden`, with a cell for each task. A deduction for lateness becomes nbgrader's
penalty, divided between the two. So `nbgrader export` gives the same total as other exports with `--gradebook`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograder.course import Limits
from autograder.export import graded_notebooks
from autograder.export.formats import Exported, ExportError, Format, Request
from autograder.export.gradebook import CHECK_CELL, is_written, names_in, opened, public_points
from autograder.export.marks import Mark, plain
from autograder.export.what_was_marked import HIDDEN, NOTEBOOK, Remembered, add_cell, remember, remembered, texts_of
from autograder.results import StudentResult
from autograder.submission.collect import SubmissionError, find_submissions
from autograder.submission.names import listed, spelt_as

UNSAFE = re.compile(r'[<>"\\/{}*?\[\]]')
"""Characters that formgrader would put into pages and paths without escaping them."""


def write(request: Request) -> Exported:
    """Writes the marks to the gradebook `request.output`, and notebooks for formgrader to `autograded/` beside it."""
    assignment = request.results.assignment
    done = Exported([request.output], 0)
    marks = []
    for mark in request.marks:
        if _unsafe(mark.student):
            done.left_out.append((mark.student, "formgrader cannot show this name safely; rename the submission"))
        else:
            marks.append(mark)
    settled = [mark for mark in marks if mark.automatic is not None]
    if not settled:
        raise ExportError("none of these students has a mark, so there is nothing to write to a gradebook")
    if "://" not in request.output and not request.path.exists():
        _released(assignment, request.notebooks)  # before an empty gradebook is made
    with opened(request.output, create=True) as gradebook:
        if assignment not in [known.name for known in gradebook.assignments]:
            _fill_from_release(gradebook, assignment, request.notebooks)
            done.notes.append(
                f"The gradebook did not have the assignment {assignment}; it was added with the release's cells."
            )
        book = gradebook.find_assignment(assignment)
        placed = _fits(book, settled[0].result, request.output)
        hidden = HIDDEN.format(assignment=assignment)
        _hidden_assignment(gradebook, hidden, settled[0].result, placed)
        cells = {notebook.name: graded_notebooks.cells_of(notebook) for notebook in book.notebooks}
        with TemporaryDirectory() as staging:
            handed_in = _handed_in(request, marks, Path(staging))
            course = _course_folder(request)
            names = names_in(gradebook, [mark.student for mark in marks])
            for mark in marks:
                request.writing(mark.student)
                folder = handed_in.get(mark.student)
                own = names[mark.student]
                done.notes += _write_student(gradebook, request, mark, own, placed, hidden, cells, folder, course)
                if mark.automatic is None:
                    done.left_out.append((mark.student, mark.missing))
                else:
                    done.count += 1
    if handed_in:
        done.files.append(course / "autograded")
        without = [mark.student for mark in marks if mark.student not in handed_in]
        if without:
            done.notes.append(f"Found no notebooks of {listed(without, None)}; formgrader shows only their marks.")
    else:
        done.notes.append("Formgrader shows only marks. To see notebooks there, give --submissions FOLDER.")
    done.notes.append(
        f"Hidden checks are in the assignment {hidden}: the mark is the sum of both in `nbgrader export`."
    )
    return done


def _write_student(
    gradebook: Any,
    request: Request,
    mark: Mark,
    own: str,
    placed: set[str],
    hidden: str,
    cells: dict[str, list[graded_notebooks.GradedCell]],
    folder: Path | None,
    course: Path,
) -> list[str]:
    """Writes the marks and notebooks of a student, whom the gradebook calls `own`; returns remarks for the marker."""
    assignment = request.results.assignment
    result = mark.result
    if mark.automatic is None:
        _take_back(gradebook, assignment, hidden, own)
        return []
    person = {field: mark.person[key] for field, key in _NAMES.items() if mark.person.get(key)}
    gradebook.update_or_create_student(own, **{field: _shown(text) for field, text in person.items()})
    when = _submitted(folder)
    submission = gradebook.update_or_create_submission(assignment, own, timestamp=when)
    rest = gradebook.update_or_create_submission(hidden, own, timestamp=when)
    remarks = []
    try:
        pages = _pages(cells, folder)
    except Exception as error:  # one student's notebook must not stop the others' export
        pages, folder = {}, None
        remarks.append(f"{mark.student}: formgrader cannot show the notebooks ({type(error).__name__}: {error})")
    before, texts = remembered(rest).texts, texts_of(pages)
    again = []
    public = public_points(result)
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            place = f"{notebook.name}/{grade.name if is_written(grade.cell) else ''}"
            other = folder is not None and before.get(place) != texts.get(place)
            changed = other
            if is_written(grade.cell):
                if folder is not None:
                    _written_grade(grade, pages.get(notebook.name))
            elif grade.name in placed:
                points = public[grade.name][0]
                changed = other or grade.auto_score != points
                grade.auto_score = points
                if grade.manual_score is None:
                    grade.needs_manual_grade = False
            # A score by hand is kept. If what it was given for has changed since, a person must look at it again.
            if changed and grade.manual_score is not None:
                grade.needs_manual_grade = True
                again += [f"{notebook.name}/{grade.name}"] if other else []
        if folder is not None:
            for comment in notebook.comments:
                page = pages.get(notebook.name)
                answered = page is not None and comment.name not in page.unanswered
                comment.auto_comment = None if answered else "No response."
    left = _hidden_points(result, placed)
    for notebook in rest.notebooks:
        for grade in notebook.grades:
            grade.auto_score = left.get(grade.name, (0.0, 0.0))[0]
            grade.needs_manual_grade = False
    _penalise(result, placed, submission, rest)
    if folder is not None:
        remember(rest, Remembered(result.submission, texts))
    gradebook.db.commit()
    if folder is not None:
        target = course / "autograded" / own / assignment
        there = [(name, page) for name, page in pages.items() if page is not None]
        graded_notebooks.write_pages(there, target, when.strftime("%Y-%m-%d %H:%M:%S UTC") if when else "")
    if again:
        listed = ", ".join(again)
        remarks.append(f"{mark.student}: what was marked by hand has changed since; mark {listed} again in formgrader")
    return remarks


def _written_grade(grade: Any, page: graded_notebooks.GradedPage | None) -> None:
    """As in `nbgrader autograde`, a missing answer gets 0, and any other needs to be marked by a person."""
    missing = page is None or grade.name in page.unanswered
    grade.auto_score = 0.0 if missing else None
    if grade.manual_score is None:
        grade.needs_manual_grade = not missing


def _take_back(gradebook: Any, assignment: str, hidden: str, student: str) -> None:
    """Removes the marks of an earlier export from a student whose mark is withheld now."""
    for name in (assignment, hidden):
        for submission in gradebook.find_assignment(name).submissions:
            if submission.student.id != student:
                continue
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = None
                for grade in notebook.grades:
                    if not is_written(grade.cell):
                        grade.auto_score = None
                        grade.needs_manual_grade = True
    gradebook.db.commit()


def _fits(book: Any, result: StudentResult, where: str) -> set[str]:
    """The gradebook's cells for public points. Raises `ExportError` if their maxima differ from ours."""
    public = public_points(result)
    placed = set()
    for notebook in book.notebooks:
        for cell in notebook.grade_cells:
            if cell.name not in public or is_written(cell):
                continue
            most = public[cell.name][1]
            if abs(cell.max_score - most) > 0.005:
                raise ExportError(
                    f"{where}: the cell {notebook.name}/{cell.name} is worth {plain(cell.max_score)} points, but the"
                    f" task's public checks are worth {plain(most)}. Build and release again, or mark with the"
                    " course.yml from which the notebooks were made."
                )
            if cell.name in placed:
                raise ExportError(f"{where}: two notebooks have a cell {cell.name}; nothing was written")
            placed.add(cell.name)
    if not placed:
        wanted = ", ".join(list(public)[:3])
        raise ExportError(
            f"{where}: {book.name} has none of the cells {wanted}, …; is this the gradebook of another course?"
        )
    return placed


def _hidden_points(result: StudentResult, placed: set[str]) -> dict[str, tuple[float, float]]:
    """Points and maximum, by task, of the checks without a cell in the notebooks."""
    public = public_points(result)
    left = {}
    for task in result.tasks:
        cell = CHECK_CELL.format(task=task.id)
        points, most = public[cell] if cell in placed else (0.0, 0.0)
        if task.max_score - most > 0.005 or task.score - points > 0.005:
            left[task.id] = (round(task.score - points, 2), round(task.max_score - most, 2))
    return left


def _hidden_assignment(gradebook: Any, name: str, result: StudentResult, placed: set[str]) -> None:
    from nbgrader.api import MissingEntry

    gradebook.update_or_create_assignment(name)
    gradebook.update_or_create_notebook(NOTEBOOK, name)
    add_cell(gradebook, name)
    for task, (_, most) in _hidden_points(result, placed).items():
        try:
            cell = gradebook.find_grade_cell(task, NOTEBOOK, name)
        except MissingEntry:
            cell = gradebook.add_grade_cell(task, NOTEBOOK, name, max_score=most, cell_type="code")
            _add_grades(gradebook, cell)
        cell.max_score = most
    gradebook.db.commit()


def _add_grades(gradebook: Any, cell: Any) -> None:
    """Adds a new cell to the existing submissions."""
    from nbgrader.api import Grade

    for submitted in cell.notebook.submissions:
        gradebook.db.add(Grade(cell_id=cell.id, notebook=submitted, needs_manual_grade=False))


def _penalise(result: StudentResult, placed: set[str], public: Any, hidden: Any) -> None:
    """Divides the deduction for lateness among the notebooks, in proportion to what each has earned."""
    late = result.late.points if result.late is not None else 0.0
    earned: list[tuple[Any, float]] = []
    for submission in (public, hidden):
        for notebook in submission.notebooks:
            automatic = [g for g in notebook.grades if not is_written(g.cell)]
            earned.append((notebook, sum(g.auto_score or 0.0 for g in automatic)))
    whole = sum(points for _, points in earned)
    spent = so_far = 0.0
    for notebook, points in earned:
        so_far += points
        share = round(late * so_far / whole - spent, 2) if whole else 0.0
        notebook.late_submission_penalty = share
        spent = round(spent + share, 2)


def _fill_from_release(gradebook: Any, assignment: str, folder: Path | None) -> None:
    """Adds an assignment with the cells of the released notebooks, as `nbgrader generate_assignment` would."""
    import nbformat
    from nbgrader import utils

    paths = _released(assignment, folder)
    gradebook.add_assignment(assignment)
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        name = path.stem
        gradebook.add_notebook(name, assignment)
        for cell in notebook.cells:
            marked = cell.metadata.get("nbgrader", {})
            if not marked.get("grade_id"):
                continue
            own = marked["grade_id"]
            kind = {"cell_type": cell.cell_type}
            if utils.is_grade(cell):
                gradebook.add_grade_cell(own, name, assignment, max_score=float(marked["points"]), **kind)
            if utils.is_task(cell):
                gradebook.add_task_cell(own, name, assignment, max_score=float(marked["points"]), **kind)
            if utils.is_solution(cell):
                gradebook.add_solution_cell(own, name, assignment)
            gradebook.add_source_cell(
                own,
                name,
                assignment,
                source=cell.source,
                locked=utils.is_locked(cell),
                checksum=marked.get("checksum") or utils.compute_checksum(cell),
                **kind,
            )


def _released(assignment: str, folder: Path | None) -> list[Path]:
    paths = sorted(folder.glob("*.ipynb")) if folder is not None else []
    if not paths:
        where = f"in {folder}" if folder is not None else "here"
        raise ExportError(
            f"The gradebook has no assignment {assignment} yet, and there are no released notebooks {where} to make it"
            " from. Give their folder with --notebooks (release/<assignment>, after `autograder build`)."
        )
    return paths


def _pages(
    cells: dict[str, list[graded_notebooks.GradedCell]], folder: Path | None
) -> dict[str, graded_notebooks.GradedPage | None]:
    if folder is None:
        return {}
    handed_in = graded_notebooks.read_notebooks(folder)
    return {name: graded_notebooks.page(name, graded, handed_in, set(cells)) for name, graded in cells.items()}


def _handed_in(request: Request, marks: Iterable[Mark], staging: Path) -> dict[str, Path]:
    """The folder with a copy of each student's files, without links and too large files, as in `autograder mark`."""
    source = request.submissions
    if source is None:
        beside = _course_folder(request) / "submitted"
        source = beside if beside.is_dir() else None
    if source is None:
        return {}
    try:
        notebooks = list(dict.fromkeys(task.notebook for mark in request.marks for task in mark.result.tasks))
        assignment = request.results.assignment
        release = _course_folder(request) / "release" / assignment
        found = find_submissions(source, assignment, staging, Limits(), notebooks, release).submissions
    except SubmissionError as error:
        raise ExportError(str(error)) from error
    names = spelt_as([submission.student for submission in found], [mark.student for mark in marks])
    return {names[submission.student]: submission.folder for submission in found if submission.student in names}


def _course_folder(request: Request) -> Path:
    """nbgrader's course folder: the folder of the gradebook's file, or the current folder for another database."""
    where = request.output.removeprefix("sqlite:///")
    return Path.cwd() if "://" in where else Path(where).absolute().parent


def _submitted(folder: Path | None) -> datetime | None:
    """When the work was handed in (UTC, without a zone, as nbgrader keeps it), or None if that is not known.

    It comes from the submission's `timestamp.txt`. If it differed, formgrader would treat the submission as unmarked.
    """
    from nbgrader.utils import parse_utc

    if folder is None or not (folder / "timestamp.txt").is_file():
        return None
    text = (folder / "timestamp.txt").read_bytes()[:200].decode("utf-8", "replace").strip()
    try:
        when: datetime | None = parse_utc(text)
    except (ValueError, OverflowError, TypeError):
        return None
    if when is not None and when.tzinfo is not None:
        when = when.astimezone(timezone.utc).replace(tzinfo=None)
    return when


def _unsafe(name: str) -> bool:
    odd = any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name)
    return bool(odd or UNSAFE.search(name) or name in (".", "..") or name != name.strip() or len(name) > 128)


def _shown(text: str) -> str:
    return re.sub(r"[\x00-\x1f]", " ", text).replace("<", "‹").replace(">", "›").replace('"', "”")


_NAMES = {"first_name": "first", "last_name": "last", "email": "email"}

FORMAT = Format(
    name="nbgrader",
    summary="an nbgrader gradebook (SQLite file or database URL), so that people can mark the rest in formgrader",
    output="gradebook.db",
    write=write,
    takes=frozenset({"submissions", "notebooks"}),
    totals=False,
)
