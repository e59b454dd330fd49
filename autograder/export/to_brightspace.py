"""Exports for Brightspace (D2L): fills in a column of the grades exported as CSV, or makes an import file.

Brightspace finds a user by `OrgDefinedId` or `Username`, each with a `#` before it, and a grade item by a title with
`Points Grade` at its end; each line ends with a `#`. A download names people by their names alone, so export the grades
with *User Details: Last Name, First Name*. https://community.d2l.com/brightspace/kb/articles/3538-importing-grades
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

IDENTIFIER = r"\s*Points Grade(?:\s*<[^>]*?MaxPoints:\s*(?P<number>[0-9.,]+)[^>]*>)?$"
END = "End-of-Line Indicator"


def write(request: Request) -> Exported:
    """Fills in `--worksheet`, else writes the rows of the roster. UTF-8."""
    if request.worksheet is not None:
        return _filled(request, read_worksheet(request.worksheet))
    return _new_file(request)


def _filled(request: Request, sheet: Worksheet) -> Exported:
    people = fields_of(sheet.header)
    if not {"login", "idnumber"} & set(people) or END not in sheet.header:
        raise ExportError(
            f"{sheet.path}, line 1: is not an export of Brightspace's grades, which has the columns OrgDefinedId or"
            f" Username, and {END}; make one with Grades → Enter Grades → Export"
        )
    columns = [number for number, title in enumerate(sheet.header) if re.search(IDENTIFIER, title)]
    column = find_column(request, sheet, IDENTIFIER, columns)
    found = re.search(IDENTIFIER, sheet.header[column])
    if found and found["number"]:
        require_maximum(request, found["number"], f"{sheet.path}, column {sheet.header[column]!r}")
    return fill(request, sheet, column, people, range(1, len(sheet.rows)))


def _new_file(request: Request) -> Exported:
    title = request.column or request.title
    if not re.search(IDENTIFIER, title):
        title = f"{title} Points Grade"
    one_maximum(request.marks)
    settled, left_out = split(request.marks)
    found = []
    for mark in settled:
        own = [mark.person.get("idnumber", ""), mark.person.get("login", "") or ("" if mark.person else mark.student)]
        if not any(own):
            reason = "no username (login) or OrgDefinedId is known of this student; add it to the roster (--roster)"
            left_out.append((mark.student, reason))
        elif any(is_formula(value) or value != text_cell(value) for value in own):
            left_out.append((mark.student, "the username cannot be one of Brightspace's, and is not safe in a table"))
        else:
            cells = [*(f"#{value}" if value else "" for value in own), plain(mark.total or 0.0), "#"]
            found.append((mark, own, cells))
    rows, alike = told_apart(found)
    header = ["OrgDefinedId", "Username", text_cell(title), END]
    return Exported([write_whole(request.path, as_csv([header, *rows]))], len(rows), left_out + alike)


FORMAT = Format(
    name="brightspace",
    summary="Brightspace's (D2L) exported grades with a column filled in (--worksheet), or an import file",
    output="brightspace.csv",
    write=write,
    takes=frozenset({"worksheet", "column"}),
)
