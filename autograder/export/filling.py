"""Filling in a downloaded gradebook: which column is meant, what it is out of, and whose row gets which mark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from autograder.export.formats import Exported, ExportError, Request, split
from autograder.export.marks import Mark, plain
from autograder.export.people import match_rows, need
from autograder.export.worksheet import Worksheet
from autograder.storage import write_whole


def fill(request: Request, sheet: Worksheet, column: int, people: Mapping[str, int], rows: Iterable[int]) -> Exported:
    """Puts each student's total into `column` of the own row, writes the file, and tells who has no row.

    Rows of nobody, and of those who have no mark, stay as they are.
    """
    need(people, sheet)
    settled, left_out = split(request.marks)
    owners, unknown = match_rows(sheet, settled, people, rows)
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
        done.notes.append(f"{len(replaced)} marks that stood there were replaced: {', '.join(replaced)}")
    return done


def find_column(request: Request, sheet: Worksheet, identifier: str, columns: Sequence[int]) -> int:
    """The column that `--column` names, by its whole title, its number, or its title without the number.

    `identifier` is the pattern of a title's end that holds the number, in a group. Raises ExportError with the titles.
    """
    wanted = (request.column or request.title).strip()
    titles = {number: sheet.header[number] for number in columns}
    listed = ", ".join(repr(title) for title in titles.values()) or "none"
    whole = [number for number, title in titles.items() if title == wanted]
    by_number = [n for n, title in titles.items() if (m := re.search(identifier, title)) and wanted == m["number"]]
    short = [n for n, title in titles.items() if re.sub(identifier, "", title).strip().casefold() == wanted.casefold()]
    for found in (whole, by_number, short):
        if len(found) == 1:
            return found[0]
        if found:
            raise ExportError(f"{sheet.path}, line 1: several columns are called {wanted!r}; there are {listed}")
    if request.new_column:
        return sheet.add_column(wanted)
    raise ExportError(
        f"{sheet.path}, line 1: no column {wanted!r}; there are {listed}. Say which with --column, or that a new one is"
        " wanted with --new-column: the course system then makes a new assignment of it."
    )


def require_maximum(request: Request, told: str, where: str) -> None:
    """Raises ExportError where the course system's maximum, as `told` there, is another than that of the marks."""
    maxima = sorted({mark.total_max for mark in request.marks})
    most = as_number(told)
    if most is None or not maxima:
        return
    if any(abs(most - one) > 0.005 for one in maxima):
        ours = " or ".join(plain(one) for one in maxima)
        raise ExportError(
            f"{where}: the marks there are out of {plain(most)}, but these are out of {ours}. --out-of {plain(most)}"
            " scales them; or change the maximum in the course system and download again."
        )


def as_number(text: str) -> float | None:
    """A number as course systems write it: 100, 100.00, 100,00; None for anything else."""
    text = text.strip().replace("\u00a0", "")
    if not re.fullmatch(r"[0-9]+([.,][0-9]+)?", text):
        return None
    return float(text.replace(",", "."))


def require_worksheet_or(request: Request, reason: str) -> None:
    """Raises ExportError where neither a downloaded file nor what replaces it was given."""
    if request.worksheet is None:
        raise ExportError(reason)


def one_maximum(marks: Iterable[Mark]) -> float:
    """What all marks are out of; raises ExportError where that differs."""
    maxima = sorted({mark.total_max for mark in marks})
    if len(maxima) != 1:
        listed = ", ".join(map(plain, maxima)) or "nothing"
        raise ExportError(f"the marks are out of {listed}: one maximum is needed; --out-of N scales them to one")
    return maxima[0]


def _same(old: str, new: str) -> bool:
    number = as_number(old)
    return number is not None and abs(number - float(new)) < 0.005
