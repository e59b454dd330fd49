"""Writes the pages of a MARKS folder: one for the class, a contact sheet, and for each student one to hand back.

A page needs only itself and the pictures beside it: no script from elsewhere, no font, no server. A student's page
neither names nor links to another student, so that its folder can be handed back as it is.
"""

from __future__ import annotations

import contextlib
import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from autograder.feedback.marked import class_statistics, contact_sheet, lateness_in_words
from autograder.feedback.marked.highlight import highlighted
from autograder.feedback.marked.mistake_sentences import KnownMistakes
from autograder.feedback.marked.timing import Timing
from autograder.feedback.plain_text import duration
from autograder.feedback.rendering import content_policy, environment
from autograder.results import CheckResult, Results, StudentResult
from autograder.storage import refuse_links
from autograder.wall import Wall

Level = Literal["before", "after", "marker"]
MARKERS = "marker"  # the folder of students' pages as the marker sees them: those in `students` are handed back
SHEET = "contact-sheet.html"
FOLDERS = "index.csv"  # in `students`
THUMBNAILS = "thumbnail-{}.webp"
SHOWN = ".shown"  # in MARKS: what students saw the last time
WRITTEN = ("students", MARKERS, SHEET, SHOWN, "index.html")
"""Where pages and pictures are written in MARKS."""


def write_report(results: Results, marks: Path, level: Level | None = None, wall: Wall | None = None) -> Path:
    """Writes all pages below `marks`, removes those of students who are gone, and returns the class page.

    `level` is what students see: "before" the deadline the public checks with their hints, "after" it everything that
    was found; None means what they saw last time, and at first everything. The marker's pages hold more: flags,
    measured accuracies, the grader's own errors, who decided what, and a contact sheet of everybody's pictures.
    On whom it fails is withheld behind the `wall`, and nobody else. Raises `BankError` for a known mistake that cannot
    be read, and `LinkError` for a link where pages are.
    """
    refuse_links(marks / name for name in WRITTEN)
    wall = wall or Wall()
    known = set(wall.failures)
    index = _written(results, marks, level, wall)
    if known != set(wall.failures):  # their pages say so now, and the class page does
        index = _written(results, marks, None, wall)
    return index


def page_templates() -> Environment:
    """The templates of a marked class's pages; each is compiled once in a process."""
    templates = environment("autograder.feedback.marked")
    templates.filters.update(duration=duration, moment=lateness_in_words.moment, highlighted=highlighted)
    return templates


def _written(results: Results, marks: Path, level: Level | None, wall: Wall) -> Path:
    templates = page_templates()
    marks.mkdir(parents=True, exist_ok=True)
    level = _remembered(marks, level)
    current = set()
    results = results.model_copy(update={"students": wall.settled(results.students)})
    for place, student in enumerate(results.students):
        with wall.around(student.student, "making the page"):
            page = marks / student.folder / "index.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            markers = _markers_folder(marks, student) / "index.html"
            markers.parent.mkdir(parents=True, exist_ok=True)
            current |= {page, markers}
            _write(page, templates, "student.html.j2", results, **_student_view(student, marks, level))
            view = _student_view(student, marks, "marker")
            beside = {"previous": results.students[place - 1 : place], "next": results.students[place + 1 : place + 2]}
            try:
                _write(markers, templates, "student.html.j2", results, **{**view, **beside})
            except Exception:  # a neighbour's name may be at fault; their own page says so
                _write(markers, templates, "student.html.j2", results, **view)

    def with_only(students: list[StudentResult]) -> Results:
        return results.model_copy(update={"students": students})

    columns = wall.whole("sorting pictures", results.students, lambda only: contact_sheet.columns(with_only(only)))
    cards = []
    for student in results.students:
        with wall.around(student.student, "making thumbnails"):
            cards.append(_card(student, columns, marks))
    current |= {small.file for card in cards for _, _, thumbnails in card.drawn for small in thumbnails}
    written = ("students/*/index.html", f"{MARKERS}/*/index.html", f"{MARKERS}/*/{THUMBNAILS.format('*')}")
    for file in (file for pattern in written for file in marks.glob(pattern)):
        if file not in current:
            file.unlink()
            with contextlib.suppress(OSError):  # pictures of one who is gone may be wanted again
                file.parent.rmdir()

    def sheet(students: list[StudentResult]) -> None:
        names = {student.student for student in students}
        shown = [card for card in cards if card.student.student in names]
        _write(marks / SHEET, templates, "contact_sheet.html.j2", results, **_sheet_view(shown, columns, marks))

    def class_page(students: list[StudentResult]) -> None:
        only = with_only(students)
        _write(marks / "index.html", templates, "class.html.j2", only, **_class_view(only, marks, bool(columns)))

    _write_folders(results, marks / "students" / FOLDERS)
    wall.whole("making the contact sheet", results.students, sheet)
    wall.whole("making the class page", results.students, class_page)
    return marks / "index.html"


def _write_folders(results: Results, file: Path) -> None:
    """Writes which folder of `students` is whose, for scripts that hand them back."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(("student", "folder"))
        for student in results.students:
            formula = student.student.startswith(("=", "+", "-", "@", "\t", "\r"))  # to a spreadsheet
            table.writerow((f"'{student.student}" if formula else student.student, Path(student.folder).name))


def _remembered(marks: Path, level: Level | None) -> Level:
    """`level`, or for None that of the last time: a later marking shows students no more than they were to see."""
    file = marks / SHOWN
    if level is None:
        try:
            level = "before" if file.read_text(encoding="utf-8").strip() == "before" else "after"
        except OSError:
            level = "after"
    file.write_text(f"{level}\n", encoding="utf-8")
    return level


def _write(page: Path, templates: Environment, name: str, results: Results, **view: Any) -> None:
    colours = _script("colours.js")  # in the head: a page that is to be dark is never light before
    scripts = [_script(file) for file in view.pop("scripts")]
    policy = content_policy([colours, *scripts])
    html = templates.get_template(name).render(results=results, policy=policy, colours=colours, scripts=scripts, **view)
    page.write_text(html, encoding="utf-8", newline="\n")


def _class_view(results: Results, marks: Path, pictures: bool) -> dict[str, Any]:
    diagnoses = class_statistics.common_diagnoses(results, KnownMistakes(results.assignment).sentence)
    rows = class_statistics.rows(results, diagnoses)
    return {
        "rows": rows,
        "kinds": Counter(kind for row in rows for kind in row.kinds),
        "spread": class_statistics.spread(results),
        "rates": class_statistics.check_rates(results),
        "diagnoses": diagnoses,
        "errors": class_statistics.grader_errors(results),
        "withheld": [student for student in results.students if student.status == "withheld"],
        "flags": class_statistics.flags(results),
        "unread": [student for student in results.students if student.no_mark_yet],
        "decisions": class_statistics.overridden_checks(results),
        "late": [student for student in results.students if student.late is not None],
        "extended": [student for student in results.students if student.extension is not None],
        "timing": Timing.read(marks),
        "sheet": SHEET if pictures else "",
        "scripts": ["sort_tables.js", "filter_students.js"],
    }


def _student_view(student: StudentResult, marks: Path, level: Level) -> dict[str, Any]:
    shown = public_part(student) if level == "before" else student
    return {
        "student": shown,
        "level": level,
        "picture": lambda file: _address(file, student, marks, level == "marker"),
        "errors": [check for _, check in student.checks if check.status == "error"],
        "lateness": lateness_in_words.sentence(shown, "their" if level == "marker" else "your"),
        "found_fault": lambda check: level == "marker" or not class_statistics.forgiven(check),
        "previous": [],
        "next": [],
        "scripts": ["unfold.js"],
    }


def _card(
    student: StudentResult, columns: dict[tuple[str, str], contact_sheet.Drawn], marks: Path
) -> contact_sheet.Card:
    """The student's line of the sheet; makes the thumbnails beside the marker's page of this student."""
    checks = {(task.id, check.id): check for task, check in student.checks}
    card = contact_sheet.Card(student)
    count = 0
    for place, drawn in columns.items():
        check: CheckResult | None = checks.get(place)
        thumbnails = []
        for picture in check.pictures if check else []:
            inside = _inside(picture, marks)
            file = _markers_folder(marks, student) / THUMBNAILS.format(count)
            count += 1
            small = contact_sheet.thumbnail(marks.resolve() / inside, file) if inside else None
            if small is not None:
                thumbnails.append(small)
        card.drawn.append((drawn, check, thumbnails))
    return card


def _sheet_view(
    cards: list[contact_sheet.Card], columns: dict[tuple[str, str], contact_sheet.Drawn], marks: Path
) -> dict[str, Any]:
    return {
        "cards": cards,
        "columns": list(columns.values()),
        "address": lambda small: quote(small.file.relative_to(marks).as_posix()),
        "scripts": ["filter_students.js"],
    }


def public_part(student: StudentResult) -> StudentResult:
    """A student's result as it is before the deadline: the public checks alone, and their points, none taken off."""
    tasks = []
    for task in student.tasks:
        checks = [check for check in task.checks if check.public]
        if checks:
            sums = {"score": sum(c.score for c in checks), "max_score": sum(c.max_score for c in checks)}
            tasks.append(task.model_copy(update={"checks": checks, **sums}))
    score = None if student.score is None else sum(task.score for task in tasks)
    most = sum(task.max_score for task in tasks if not task.extra)
    return student.model_copy(update={"tasks": tasks, "score": score, "max_score": most, "late": None})


def _markers_folder(marks: Path, student: StudentResult) -> Path:
    return marks / MARKERS / Path(student.folder).name


def _inside(file: str, marks: Path) -> Path | None:
    """A picture's place relative to `marks`; None unless it is a PNG file inside."""
    root = marks.resolve()
    try:
        inside = (root / file).resolve().relative_to(root)
        usable = inside.suffix.lower() == ".png" and (root / inside).is_file()
    except (ValueError, OSError):  # outside, or no name that a file can have
        return None
    return inside if usable else None


def _address(file: str, student: StudentResult, marks: Path, outside: bool = False) -> str | None:
    """A picture's address as seen from the student's page, or from `outside` its folder."""
    inside = _inside(file, marks)
    if inside is None:
        return None
    own = Path(student.folder)
    address = inside.relative_to(own) if inside.is_relative_to(own) and not outside else Path("../..") / inside
    return quote(address.as_posix())


@cache
def _script(name: str) -> Markup:
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8"))
