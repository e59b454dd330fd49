"""Exports CSV: a row for each student, also if the mark is withheld; a missing mark is an empty cell."""

from __future__ import annotations

import csv
from collections import Counter

from autograder.export.formats import Exported, ExportError, Format, Request, split
from autograder.export.marks import Mark
from autograder.export.table import CellValue, as_csv, number_cell, text_cell
from autograder.storage import write_whole

PERSON = ("name", "first", "last", "email", "login", "id", "sis", "idnumber", "participant", "section")
FIXED = ("status", "automatic", "automatic_max", "written", "written_max", "by_hand", "total", "total_max", "late_days",
         "late_points")  # fmt: skip


def write(request: Request) -> Exported:
    """Writes UTF-8 with a byte order mark, which Excel needs, with quotes around texts but not around numbers."""
    people = [field for field in PERSON if any(mark.person.get(field) for mark in request.marks)]
    tasks = list(dict.fromkeys(task.id for mark in request.marks for task in mark.result.tasks))
    header = ["student", *people, *FIXED, *tasks, "remarks"]
    twice = [title for title, count in Counter(header).items() if count > 1]
    if twice:
        raise ExportError(f"the task {twice[0]!r} has the name of another column; rename it in course.yml")
    rows: list[list[CellValue]] = [[*header], *(_row(mark, people, tasks) for mark in request.marks)]
    _, left_out = split(request.marks)
    write_whole(request.path, as_csv(rows, quoting=csv.QUOTE_NONNUMERIC), "utf-8-sig")
    return Exported([request.path], len(request.marks), left_out)


def _row(mark: Mark, people: list[str], tasks: list[str]) -> list[CellValue]:
    result, hand, late = mark.result, mark.by_hand, mark.result.late
    points = {task.id: task.score for task in result.tasks}
    return [
        text_cell(mark.student),
        *(text_cell(mark.person.get(field, "")) for field in people),
        mark.status,
        number_cell(mark.automatic),
        number_cell(result.max_score),
        number_cell(hand.written if hand and hand.complete else None),
        number_cell(hand.written_max if hand else None),
        number_cell(hand.changes if hand else None),
        number_cell(mark.total),
        number_cell(mark.total_max),
        number_cell(late.days if late else 0),
        number_cell(late.points if late else 0),
        *(number_cell(None if mark.automatic is None else points.get(task)) for task in tasks),
        text_cell("; ".join(mark.remarks)),
    ]


FORMAT = Format(
    name="csv",
    summary="a row for each student: automatic, written and total points, lateness, each task; for spreadsheets",
    output="grades.csv",
    write=write,
)
