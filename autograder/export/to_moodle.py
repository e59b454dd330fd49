"""Exports for Moodle: fills in an assignment's offline grading worksheet, or makes a file for the import of grades.

The worksheet (*Assignment → Submissions → Download grading worksheet*) is safer: its rows have Moodle's own number of
each participant, and Moodle ignores rows that it does not know. The import (*Grades → Import → CSV file*) accepts any
header, but one unknown user aborts it.
"""

from __future__ import annotations

import re

from autograder.export.filling import fill, require_maximum
from autograder.export.formats import Exported, ExportError, Format, Request, split
from autograder.export.marks import plain
from autograder.export.people import fields_of, told_apart
from autograder.export.table import as_csv, is_formula, text_cell
from autograder.export.worksheet import Worksheet, read_worksheet
from autograder.storage import write_whole

# The string `grade` in Moodle's language packs, in lower case; --column names any other.
GRADE = (
    "grade", "bewertung", "note", "calificación", "valutazione", "cijfer", "nota", "ocena", "betyg", "karakter",
    "arvosana", "známka", "оценка", "оцінка", "not", "qualificació", "评分", "成绩", "評点", "성적", "βαθμός",
)  # fmt: skip
IMPORT_FIELDS = ("login", "idnumber", "email", "sis", "id")
HEADERS = {"login": "username", "idnumber": "idnumber", "email": "email"}


def write(request: Request) -> Exported:
    """Fills in `--worksheet`, else writes an import file with the id column `--id`. UTF-8."""
    if request.worksheet is not None:
        return _filled(request, read_worksheet(request.worksheet))
    return _import_file(request)


def _filled(request: Request, sheet: Worksheet) -> Exported:
    people = fields_of(sheet.header)
    numbered = sheet.column(0)
    if (
        "participant" not in people
        and any(numbered)
        and all(re.search(r"\S\s*[0-9]+$", cell) for cell in numbered if cell)
    ):
        people = {field: column for field, column in people.items() if column != 0} | {"participant": 0}
    column = _grade_column(request, sheet)
    if column + 1 < len(sheet.header):
        most = {cell for cell in sheet.column(column + 1) if cell}
        if len(most) == 1:  # the column beside it is "Maximum Grade", which is the same in each row
            require_maximum(request, most.pop(), f"{sheet.path}, column {sheet.header[column + 1]!r}")
    return fill(request, sheet, column, people, range(1, len(sheet.rows)))


def _grade_column(request: Request, sheet: Worksheet) -> int:
    folded = [title.casefold() for title in sheet.header]
    wanted = (request.column.strip().casefold(),) if request.column else GRADE
    found = [number for number, title in enumerate(folded) if title in wanted]
    if len(found) != 1:
        listed = ", ".join(repr(title) for title in sheet.header)
        what = f"there is no column {request.column!r}" if request.column else "no column is known to have grades"
        what = "several columns could have the grades" if found else what
        raise ExportError(f"{sheet.path}, line 1: {what}; choose one of {listed} with --column")
    return found[0]


def _import_file(request: Request) -> Exported:
    field = request.id_field or "login"
    if field not in IMPORT_FIELDS:
        raise ExportError(f"--id must be a field that Moodle can import by, {', '.join(IMPORT_FIELDS)}, not {field!r}")
    settled, left_out = split(request.marks)
    found = []
    for mark in settled:
        # Without a roster, the submissions' names are the user names.
        own = mark.person.get(field, "").strip() or ("" if mark.person or field != "login" else mark.student)
        if not own:
            left_out.append((mark.student, f"no {field} is known of this student; add it to the roster (--roster)"))
        elif is_formula(own) or own != text_cell(own):
            left_out.append(
                (mark.student, f"the {field} {own!r} cannot be one of Moodle's, and is not safe in a table")
            )
        else:
            found.append((mark, [own], [own, text_cell(mark.name), plain(mark.total or 0.0)]))
    rows, alike = told_apart(found)
    header = [HEADERS.get(field, field), "name", text_cell(request.column or request.title)]
    done = Exported([write_whole(request.path, as_csv([header, *rows]))], len(rows), left_out + alike)
    done.notes.append(
        f"In Moodle, choose Grades → Import → CSV file; map {header[0]!r} to the user's {field}, and {header[2]!r}"
        " to the grade. If Moodle does not know one of the users, it aborts the whole import."
    )
    return done


FORMAT = Format(
    name="moodle",
    summary="an offline grading worksheet filled in (--worksheet), or a CSV file for the import of grades (--id)",
    output="moodle.csv",
    write=write,
    takes=frozenset({"worksheet", "column", "id"}),
)
