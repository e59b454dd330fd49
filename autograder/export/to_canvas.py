"""Exports for Canvas: fills in a column of the gradebook downloaded as CSV, or makes a new file from a roster.

Canvas makes a new assignment from every column that it does not know, and clears the grade if a cell is empty. So the
column must exist, unless a new one is asked for. The cell of a student without a mark is not changed; in a new file,
they have no row.
"""

from __future__ import annotations

import re

from autograder.export.filling import fill, find_column, one_maximum, require_maximum
from autograder.export.formats import Exported, ExportError, Format, Request, split
from autograder.export.marks import plain
from autograder.export.people import fields_of, told_apart
from autograder.export.table import as_csv, is_formula, text_cell
from autograder.export.worksheet import Worksheet, read_worksheet
from autograder.storage import write_whole

IDENTIFIER = r"\s*\((?P<number>[0-9]+)\)$"
"""What follows an assignment's title in a header: ` (12345)`."""
PERSONAL = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
NOT_ASSIGNMENTS = re.compile(
    r"^(student|lastname|firstname|id|sis user id|sis login id|integration id|root account|section)$"
    r"|(current|final|unposted \w+|override) (score|points|grade|status)",
    re.IGNORECASE,
)


def write(request: Request) -> Exported:
    """Fills in `--worksheet`, else writes the rows of the roster. UTF-8, as Canvas reads it."""
    if request.worksheet is not None:
        return _filled(request, read_worksheet(request.worksheet))
    return _new_file(request)


def _filled(request: Request, sheet: Worksheet) -> Exported:
    if not {"Student", "LastName"} & {title.strip("\ufeff") for title in sheet.header} or "ID" not in sheet.header:
        raise ExportError(
            f"{sheet.path}, line 1: is not a Canvas gradebook, which begins with the columns Student, ID, …;"
            " download it with Grades → Export"
        )
    people = {field: column for field, column in fields_of(sheet.header).items() if field in _MEANING}
    columns = [n for n, title in enumerate(sheet.header) if title and not NOT_ASSIGNMENTS.search(title)]
    column = find_column(request, sheet, IDENTIFIER, columns)
    students = []
    for row, cells in enumerate(sheet.rows[1:], start=1):
        if "points possible" in cells[0].casefold():
            maximum = cells[column] if column < len(cells) else ""
            where = f"{sheet.path}, line {sheet.lines[row]}, column {sheet.header[column]!r}"
            if "read only" in maximum.casefold():
                raise ExportError(
                    f"{where}: Canvas does not allow changes to this column; choose another with --column"
                )
            require_maximum(request, maximum, where)
            if not maximum.strip():
                sheet.put(row, column, plain(one_maximum(request.marks)))
        elif any(cells[number].strip() for number in people.values() if number < len(cells)):
            students.append(row)
    return fill(request, sheet, column, people, students)


def _new_file(request: Request) -> Exported:
    title = request.column or request.title
    if not re.search(IDENTIFIER, title) and not request.new_column:
        raise ExportError(
            f"The title {title!r} has no assignment number, so Canvas would make a new assignment. Give its exported"
            " gradebook (--worksheet FILE) or the whole title (--column 'Lab 4 (12345)'), or use --new-column."
        )
    settled, left_out = split(request.marks)
    found = []
    for mark in settled:
        person = mark.person
        own = [person.get("id", ""), person.get("sis", ""), person.get("login", "")]
        if not any(own):
            if person:
                left_out.append(
                    (
                        mark.student,
                        "no id, SIS user id or login is known of this student; add it to the roster (--roster)",
                    )
                )
                continue
            own[2] = mark.student  # without a roster, the submissions' names are the logins
        if any(is_formula(value) or value != text_cell(value) for value in own):
            left_out.append((mark.student, "the id cannot be one of Canvas's, and is not safe in a table"))
            continue
        name = person.get("name") or ", ".join(filter(None, (person.get("last"), person.get("first")))) or mark.name
        cells = [text_cell(name), *own, text_cell(person.get("section", "")), plain(mark.total or 0.0)]
        found.append((mark, own, cells))
    rows, alike = told_apart(found)
    most = ["    Points Possible", "", "", "", "", plain(one_maximum(request.marks))]
    text = as_csv([[*PERSONAL, text_cell(title)], most, *rows])
    return Exported([write_whole(request.path, text)], len(rows), left_out + alike)


_MEANING = {"id", "sis", "login", "name", "first", "last"}

FORMAT = Format(
    name="canvas",
    summary="a Canvas gradebook with a column filled in (--worksheet, --column), or a new one from a roster",
    output="canvas.csv",
    write=write,
    takes=frozenset({"worksheet", "column", "new-column"}),
)
