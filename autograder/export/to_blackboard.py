"""Exports for Blackboard: fills in a column of a Grade Center download, or makes a file of user names and marks.

Blackboard identifies a column by the number at the end of its title, `Lab 4 [Total Pts: 100 Score] |12345`. It makes a
new text column from one without a number.
"""

from __future__ import annotations

import csv
import re

from autograder.export.filling import fill, find_column, one_maximum, require_maximum
from autograder.export.formats import Exported, ExportError, Format, Request, split
from autograder.export.marks import plain
from autograder.export.people import fields_of, told_apart
from autograder.export.table import as_csv, is_formula, text_cell
from autograder.export.worksheet import Worksheet, read_worksheet
from autograder.storage import write_whole

IDENTIFIER = r"\s*(\[Total Pts:[^\]]*\]\s*)?\|(?P<number>[0-9]+)$"
MAXIMUM = re.compile(r"\[Total Pts:\s*(?:up to\s+)?(?P<points>[0-9.,]+)")


def write(request: Request) -> Exported:
    """Fills in `--worksheet`, in its own encoding; else writes tab-separated UTF-16, as Blackboard does itself."""
    if request.worksheet is not None:
        return _filled(request, read_worksheet(request.worksheet))
    return _new_file(request)


def _filled(request: Request, sheet: Worksheet) -> Exported:
    people = fields_of(sheet.header)
    if "login" not in people:
        listed = ", ".join(repr(title) for title in sheet.header)
        raise ExportError(f"{sheet.path}, line 1: Blackboard needs a column Username; the columns are {listed}")
    columns = [number for number, title in enumerate(sheet.header) if re.search(r"\|[0-9]+$", title)]
    column = find_column(request, sheet, IDENTIFIER, columns)
    found = MAXIMUM.search(sheet.header[column])
    if found:
        require_maximum(request, found["points"], f"{sheet.path}, column {sheet.header[column]!r}")
    # Its "Student ID" is what other systems call an id number. Names are not used.
    keys = {field: number for field, number in people.items() if field in ("login", "idnumber", "id", "email")}
    return fill(request, sheet, column, keys, range(1, len(sheet.rows)))


def _new_file(request: Request) -> Exported:
    title = request.column or request.title
    if not re.search(IDENTIFIER, title) and not request.new_column:
        raise ExportError(
            f"The title {title!r} has no column number, so Blackboard would make a new text column. Give its downloaded"
            " file (--worksheet FILE) or the whole title (--column 'Lab 4 [Total Pts: 100 Score] |12345'), or use"
            " --new-column."
        )
    found = MAXIMUM.search(title)
    if found:
        require_maximum(request, found["points"], f"--column {title!r}")
    one_maximum(request.marks)
    settled, left_out = split(request.marks)
    people = []
    for mark in settled:
        own = mark.person.get("login", "") or ("" if mark.person else mark.student)
        if not own:
            left_out.append(
                (mark.student, "no username (login) is known of this student; add it to the roster (--roster)")
            )
        elif is_formula(own) or own != text_cell(own):
            left_out.append(
                (mark.student, f"the username {own!r} cannot be one of Blackboard's, and is not safe in a table")
            )
        else:
            people.append((mark, [own], [own, plain(mark.total or 0.0)]))
    rows, alike = told_apart(people)
    text = as_csv([["Username", text_cell(title)], *rows], delimiter="\t", quoting=csv.QUOTE_ALL)
    done = write_whole(request.path, b"\xff\xfe" + text.encode("utf-16-le"))
    return Exported([done], len(rows), left_out + alike)


FORMAT = Format(
    name="blackboard",
    summary="a Grade Center download with a column filled in (--worksheet, --column), or user names and marks",
    output="blackboard.xls",
    write=write,
    takes=frozenset({"worksheet", "column", "new-column"}),
)
