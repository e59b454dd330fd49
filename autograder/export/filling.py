"""Fills in a downloaded gradebook: finds the column, compares its maximum, and writes each mark to its row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from autograder.export.formats import Exported, ExportError, Request, split
from autograder.export.marks import Mark, plain
from autograder.export.people import match_rows, need, person_in
from autograder.export.worksheet import Worksheet
from autograder.storage import write_whole
from autograder.submission.names import listed


def fill(request: Request, sheet: Worksheet, column: int, people: Mapping[str, int], rows: Iterable[int]) -> Exported:
    """Writes each student's total to `column` of their row, writes the file, and lists students without a row.

    Rows of other people, and of students without a mark, are not changed; the former are named in a note.
    """
    need(people, sheet)
    settled, left_out = split(request.marks)
    rows = list(rows)
    known, unknown = match_rows(sheet, request.marks, people, rows)
    unknown = [(student, why) for student, why in unknown if student not in dict(left_out)]
    totals = {mark.student for mark in settled}
    owners = {row: mark for row, mark in known.items() if mark.student in totals}
    replaced = []
    for row, mark in owners.items():
        old = sheet.rows[row][column].strip() if column < len(sheet.rows[row]) else ""
        new = plain(mark.total or 0.0)
        if old not in ("", "-") and not _same(old, new):
            replaced.append(f"{mark.student} ({old} → {new})")
        if not _same(old, new):
            sheet.put(row, column, new)
    done = Exported([write_whole(request.path, sheet.to_bytes())], len(owners), left_out + unknown)
    if replaced:
        done.notes.append(f"Replaced {len(replaced)} marks that were already there: {listed(replaced, None)}")
    others = list(filter(None, (person_in(sheet, row, people) for row in rows if row not in known)))
    if others and len(request.marks) == len(request.results.students):
        done.notes.append(f"In {sheet.path.name}, but with no mark here: {listed(others, None)}.")
    return done


def find_column(request: Request, sheet: Worksheet, identifier: str, columns: Sequence[int]) -> int:
    """The column that `--column` names, by its whole title, by its number, or by its title without the number.

    `identifier` is the pattern at a title's end, with the number in the group `number`. Raises `ExportError`, which
    lists the titles.
    """
    wanted = (request.column or request.title).strip()
    titles = {number: sheet.header[number] for number in columns}
    known = ", ".join(repr(title) for title in titles.values()) or "none"
    whole = [number for number, title in titles.items() if title == wanted]
    by_number = [n for n, title in titles.items() if (m := re.search(identifier, title)) and wanted == m["number"]]
    short = [n for n, title in titles.items() if re.sub(identifier, "", title).strip().casefold() == wanted.casefold()]
    for found in (whole, by_number, short):
        if len(found) == 1:
            return found[0]
        if found:
            raise ExportError(f"{sheet.path}, line 1: several columns are called {wanted!r}; the columns are {known}")
    if request.new_column:
        return sheet.add_column(wanted)
    raise ExportError(
        f"{sheet.path}, line 1: there is no column {wanted!r}; the columns are {known}. Choose one with --column, or"
        " add one with --new-column, from which the course system then makes a new assignment."
    )


def require_maximum(request: Request, written: str, where: str) -> None:
    """Raises `ExportError` if the maximum that is `written` there differs from that of the marks."""
    maxima = sorted({mark.total_max for mark in request.marks})
    theirs = as_number(written)
    if theirs is None or not maxima:
        return
    if any(abs(theirs - maximum) > 0.005 for maximum in maxima):
        ours = " or ".join(plain(maximum) for maximum in maxima)
        raise ExportError(
            f"{where}: the maximum there is {plain(theirs)}, but these marks are out of {ours}. Scale them with"
            f" --out-of {plain(theirs)}, or change the maximum in the course system and download the file again."
        )


def as_number(text: str) -> float | None:
    """A number as course systems write it, such as 100, 100.00 or 100,00; None for anything else."""
    text = text.strip().replace("\u00a0", "")
    if not re.fullmatch(r"[0-9]+([.,][0-9]+)?", text):
        return None
    return float(text.replace(",", "."))


def require_worksheet_or(request: Request, reason: str) -> None:
    """Raises `ExportError` with this reason if no downloaded file was given."""
    if request.worksheet is None:
        raise ExportError(reason)


def one_maximum(marks: Iterable[Mark]) -> float:
    """The maximum of all marks; raises `ExportError` if they differ in it."""
    maxima = sorted({mark.total_max for mark in marks})
    if len(maxima) != 1:
        found = ", ".join(map(plain, maxima)) or "nothing"
        raise ExportError(f"the marks must have the same maximum, but are out of {found}; scale them with --out-of N")
    return maxima[0]


def _same(old: str, new: str) -> bool:
    number = as_number(old)
    return number is not None and abs(number - float(new)) < 0.005
