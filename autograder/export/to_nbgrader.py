"""nbgrader: the marks in a gradebook, so that formgrader shows them and the written answers are marked there.

A gradebook's cells are those of the released notebooks, whose points are the public ones; what the hidden checks give
has no cell there. It goes to a second assignment, `<assignment>-hidden`, with one cell a task. Lateness is nbgrader's
penalty, parted between the two. So `nbgrader export` adds up to the same total as the other exports with `--gradebook`.
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
from autograder.export.gradebook import CHECK_CELL, is_written, opened, public_points
from autograder.export.marks import Mark, plain
from autograder.results import StudentResult
from autograder.submission.collect import SubmissionError, find_submissions

HIDDEN = "{assignment}-hidden"
UNSAFE = re.compile(r'[<>"\\/{}*?\[\]]')
"""formgrader puts names into pages and paths as they are."""


def write(request: Request) -> Exported:
    """Writes the marks into the gradebook `request.output`, and notebooks for formgrader to `autograded/` beside it."""
    assignment = request.results.assignment
    done = Exported([request.output], 0)
    marks = []
    for mark in request.marks:
        if _unsafe(mark.student):
            done.left_out.append((mark.student, "formgrader can't show this name safely: rename the submission"))
        else:
            marks.append(mark)
    settled = [mark for mark in marks if mark.automatic is not None]
    if not settled:
        raise ExportError("no student of these results has a mark, so there is nothing to write into a gradebook")
    if "://" not in request.output and not request.path.exists():
        _released(assignment, request.notebooks)  # before an empty gradebook is made
    with opened(request.output, create=True) as gradebook:
        if assignment not in [one.name for one in gradebook.assignments]:
            _fill_from_release(gradebook, assignment, request.notebooks)
            done.notes.append(
                f"The assignment {assignment} is new in this gradebook; its cells are those of the release."
            )
        book = gradebook.find_assignment(assignment)
        placed = _fits(book, settled[0].result, request.output)
        hidden = HIDDEN.format(assignment=assignment)
        _hidden_assignment(gradebook, hidden, settled[0].result, placed)
        cells = {notebook.name: graded_notebooks.cells_of(notebook) for notebook in book.notebooks}
        with TemporaryDirectory() as staging:
            handed_in = _handed_in(request, marks, Path(staging))
            course = _course_folder(request)
            for mark in marks:
                folder = handed_in.get(mark.student)
                note = _write_student(gradebook, request, mark, placed, hidden, cells, folder, course)
                done.notes += [note] if note else []
                if mark.automatic is None:
                    done.left_out.append((mark.student, mark.missing))
                else:
                    done.count += 1
    if handed_in:
        done.files.append(course / "autograded")
        without = [mark.student for mark in marks if mark.student not in handed_in]
        if without:
            done.notes.append(f"No notebooks were found of {', '.join(without)}: formgrader shows their marks alone.")
    else:
        done.notes.append("No notebooks: formgrader shows marks alone. --submissions FOLDER says where the work lies.")
    done.notes.append(
        f"Hidden checks are in the assignment {hidden}: `nbgrader export` has both, and their sum is the mark."
    )
    return done


def _write_student(
    gradebook: Any,
    request: Request,
    mark: Mark,
    placed: set[str],
    hidden: str,
    cells: dict[str, list[graded_notebooks.GradedCell]],
    folder: Path | None,
    course: Path,
) -> str:
    """Writes one student's marks and notebooks; returns a remark for the marker, if there is one."""
    assignment = request.results.assignment
    result = mark.result
    if mark.automatic is None:
        _take_back(gradebook, assignment, hidden, mark.student)
        return ""
    person = {field: mark.person[key] for field, key in _NAMES.items() if mark.person.get(key)}
    gradebook.update_or_create_student(mark.student, **{field: _shown(text) for field, text in person.items()})
    when = _submitted(folder)
    submission = gradebook.update_or_create_submission(assignment, mark.student, timestamp=when)
    remark = ""
    try:
        pages = _pages(cells, folder)
    except Exception as error:  # whatever stands in a student's notebook, it is no other student's matter
        pages, folder = {}, None
        remark = f"{mark.student}: the notebooks can't be shown in formgrader ({type(error).__name__}: {error})"
    public = public_points(result)
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            if is_written(grade.cell):
                if folder is not None:
                    _written_grade(grade, pages.get(notebook.name))
            elif grade.name in placed:
                points = public[grade.name][0]
                changed = grade.auto_score != points
                grade.auto_score = points
                # A score by hand stands; where the automatic one moved under it, a person is asked to look again.
                if grade.manual_score is None:
                    grade.needs_manual_grade = False
                elif changed:
                    grade.needs_manual_grade = True
        if folder is not None:
            for comment in notebook.comments:
                one = pages.get(notebook.name)
                answered = one is not None and comment.name not in one.unanswered
                comment.auto_comment = None if answered else "No response."
    rest = gradebook.update_or_create_submission(hidden, mark.student, timestamp=when)
    left = _hidden_points(result, placed)
    for notebook in rest.notebooks:
        for grade in notebook.grades:
            grade.auto_score = left.get(grade.name, (0.0, 0.0))[0]
            grade.needs_manual_grade = False
    _penalise(result, placed, submission, rest)
    gradebook.db.commit()
    if folder is not None:
        target = course / "autograded" / mark.student / assignment
        listed = [(name, one) for name, one in pages.items() if one is not None]
        graded_notebooks.write_pages(listed, target, when.strftime("%Y-%m-%d %H:%M:%S UTC") if when else "")
    return remark


def _written_grade(grade: Any, page: graded_notebooks.GradedPage | None) -> None:
    """As `nbgrader autograde` does it: an answer that is not there gets 0, any other waits for a person."""
    missing = page is None or grade.name in page.unanswered
    grade.auto_score = 0.0 if missing else None
    if grade.manual_score is None:
        grade.needs_manual_grade = not missing


def _take_back(gradebook: Any, assignment: str, hidden: str, student: str) -> None:
    """A mark that is withheld now must not stand there from an earlier export."""
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
    """The gradebook's cells that public points go to. Raises ExportError where their maxima are others than ours."""
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
                    f" public checks of that task {plain(most)}. Build and release again, or mark with the course file"
                    " that the notebooks were made with."
                )
            if cell.name in placed:
                raise ExportError(f"{where}: two notebooks have a cell {cell.name}; nothing was written")
            placed.add(cell.name)
    if not placed:
        wanted = ", ".join(list(public)[:3])
        raise ExportError(
            f"{where}: {book.name} has none of the cells {wanted}, …: is it the gradebook of this course?"
        )
    return placed


def _hidden_points(result: StudentResult, placed: set[str]) -> dict[str, tuple[float, float]]:
    """Points and maximum, task by task, of what has no cell in the notebooks."""
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
    gradebook.update_or_create_notebook("hidden", name)
    for task, (_, most) in _hidden_points(result, placed).items():
        try:
            cell = gradebook.find_grade_cell(task, "hidden", name)
        except MissingEntry:
            cell = gradebook.add_grade_cell(task, "hidden", name, max_score=most, cell_type="code")
            _add_grades(gradebook, cell)
        cell.max_score = most
    gradebook.db.commit()


def _add_grades(gradebook: Any, cell: Any) -> None:
    """A cell that is new gets a place in the submissions that are there already."""
    from nbgrader.api import Grade

    for submitted in cell.notebook.submissions:
        gradebook.db.add(Grade(cell_id=cell.id, notebook=submitted, needs_manual_grade=False))


def _penalise(result: StudentResult, placed: set[str], public: Any, hidden: Any) -> None:
    """Parts what lateness takes off among the notebooks, by what each has earned."""
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
    """Takes an assignment's cells from the released notebooks, as `nbgrader generate_assignment` would."""
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
            f"The gradebook has no assignment {assignment} yet, and there are no released notebooks {where} to take its"
            " cells from: say where with --notebooks FOLDER (release/<assignment>, after `autograder build`)."
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
    """The folder of each student's files, copied as `autograder mark` copies them: no links, nothing too large."""
    source = request.submissions
    if source is None:
        beside = _course_folder(request) / "submitted"
        source = beside if beside.is_dir() else None
    if source is None:
        return {}
    try:
        found = find_submissions(source, request.results.assignment, staging, Limits())
    except SubmissionError as error:
        raise ExportError(str(error)) from error
    wanted = {mark.student for mark in marks}
    return {one.student: one.folder for one in found if one.student in wanted}


def _course_folder(request: Request) -> Path:
    """nbgrader's course folder: where the gradebook's file lies, or the current one for a database elsewhere."""
    where = request.output.removeprefix("sqlite:///")
    return Path.cwd() if "://" in where else Path(where).absolute().parent


def _submitted(folder: Path | None) -> datetime | None:
    """When the work was handed in (UTC, without a zone, as nbgrader keeps it), or None where nothing tells.

    It is what the submission's `timestamp.txt` says: formgrader takes a submission for not yet marked if it is another.
    """
    from nbgrader.utils import parse_utc

    if folder is None or not (folder / "timestamp.txt").is_file():
        return None
    told = (folder / "timestamp.txt").read_bytes()[:200].decode("utf-8", "replace").strip()
    try:
        when: datetime | None = parse_utc(told)
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
    summary="an nbgrader gradebook (SQLite file or database URL): formgrader shows the marks, people mark the rest",
    output="gradebook.db",
    write=write,
    takes=frozenset({"submissions", "notebooks"}),
    totals=False,
)
