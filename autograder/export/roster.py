"""Reads a roster: a CSV file with names, addresses and numbers of the students, by the folder of their submission."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from autograder.export.formats import ExportError
from autograder.export.people import fields_of, person_in, repository_prefix
from autograder.export.worksheet import Worksheet, read_worksheet
from autograder.submission.names import composed

FOLDER = ("folder", "submission", "student folder")  # titles of the column with the folders


def read_roster(
    path: Path, students: Iterable[str], key: str | None = None
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """For each of `students`, their fields (those of `people.TITLES`) in the roster; and who else is in it, by name.

    The submissions' names are in the column `key`; by default, in the one that contains most of them, with what GitHub
    Classroom puts before a login or without. If a name is not found, capital letters are ignored. Raises `ExportError`,
    which names the line.
    """
    wanted = list(students)
    sheet = read_worksheet(path)
    width = len(sheet.header)
    for number, (row, line) in enumerate(zip(sheet.rows, sheet.lines, strict=True)):
        if number and any(cell.strip() for cell in row) and len(row) != width:
            raise ExportError(
                f"{path}, line {line}: {len(row)} cells, but the header has {width};"
                " put quotes around values that contain a comma"
            )
    column = _key_column(sheet, wanted, key)
    fields = fields_of(sheet.header)
    by_name: dict[str, int] = {}
    for number, value in enumerate(sheet.column(column), start=1):
        if value in by_name:
            first = sheet.lines[by_name[value]]
            raise ExportError(f"{path}, line {sheet.lines[number]}: {value!r} is listed twice (first on line {first})")
        if value:
            by_name[value] = number
    folded: dict[str, list[int]] = {}
    for value, number in by_name.items():
        folded.setdefault(composed(value.casefold()), []).append(number)
    found, places = {}, set()
    prefix = repository_prefix(wanted, by_name)
    for student in wanted:
        name = composed(student.casefold())
        alike = folded.get(name) or folded.get(name.removeprefix(prefix), [])
        place = by_name.get(student, alike[0] if len(alike) == 1 else None)
        if place is not None:
            found[student] = {field: sheet.rows[place][number].strip() for field, number in fields.items()}
            places.add(place)
    columns = {**fields, "folder": column}
    others = (person_in(sheet, row, columns) for row in range(1, len(sheet.rows)) if row not in places)
    return found, list(filter(None, others))


def _key_column(sheet: Worksheet, students: list[str], key: str | None) -> int:
    folded = [title.casefold() for title in sheet.header]
    if key is not None:
        if key.casefold() not in folded:
            raise ExportError(f"{sheet.path}, line 1: there is no column {key!r}; the columns are {_titles(sheet)}")
        return folded.index(key.casefold())
    for title in FOLDER:
        if title in folded:
            return folded.index(title)
    names = {composed(student.casefold()) for student in students}
    fields = fields_of(sheet.header)
    shared = {fields.get("first"), fields.get("last")}  # a first name may be somebody's login by chance
    hits = [
        0 if number in shared else sum(composed(value.casefold()) in names for value in sheet.column(number))
        for number in range(len(sheet.header))
    ]
    best = max(hits)
    login = fields.get("login")
    if best == 0 and login is not None and repository_prefix(students, sheet.column(login)):
        return login
    if best == 0:
        example = students[0] if students else "ada"
        raise ExportError(
            f"{sheet.path}: no column has the submissions' names, such as {example!r}; add a column `folder`."
            f" The columns are {_titles(sheet)}"
        )
    return hits.index(best)


def _titles(sheet: Worksheet) -> str:
    return ", ".join(repr(title) for title in sheet.header)
