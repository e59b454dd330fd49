"""Exports JSON for programs: a flat list of marks, null if there is none. (`MARKS/results.json` has every check.)"""

from __future__ import annotations

import json
from typing import Any

from autograder.export.formats import Exported, Format, Request, split
from autograder.export.marks import Mark
from autograder.storage import write_whole


def write(request: Request) -> Exported:
    """Writes UTF-8 without a byte order mark (RFC 8259)."""
    results = request.results
    data = {
        "course": results.course,
        "assignment": results.assignment,
        "title": request.title,
        "students": [_student(mark) for mark in request.marks],
    }
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    _, left_out = split(request.marks)
    return Exported([write_whole(request.path, text)], len(request.marks), left_out)


def _student(mark: Mark) -> dict[str, Any]:
    result, hand = mark.result, mark.by_hand
    withheld = mark.automatic is None
    return {
        "student": mark.student,
        "person": mark.person,
        "status": mark.status,
        "automatic": mark.automatic,
        "automatic_max": result.max_score,
        "written": hand.written if hand and hand.complete else None,
        "written_max": hand.written_max if hand else None,
        "by_hand": hand.changes if hand else None,
        "total": mark.total,
        "total_max": mark.total_max,
        "extension": result.extension.model_dump(mode="json") if result.extension else None,
        "late": result.late.model_dump(mode="json") if result.late else None,
        "tasks": {task.id: None if withheld else task.score for task in result.tasks},
        "remarks": mark.remarks,
    }


FORMAT = Format(
    name="json",
    summary="the same as csv, for programs",
    output="grades.json",
    write=write,
)
