"""Exports for Gradescope: a `results.json` for each student, as its autograders write it.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import re
from typing import Any

from autograder.export import one_each
from autograder.export.formats import Exported, Format, Request
from autograder.export.marks import Mark, plain
from autograder.export.table import number_cell

PASSED, FAILED = "passed", "failed"


def write(request: Request) -> Exported:
    """Writes `OUTPUT/<student>/results.json`; `<student>` is `submission_123` where that is its name at Gradescope."""
    files: list[Any] = []
    for mark, path in one_each.places(request, "results.json"):
        known = mark.person.get("submission", "")
        if re.fullmatch(r"submission_\d+", known) and path != request.path:
            path = request.path / known / path.name
        files.append(one_each.write_json(path, as_results(mark)))
    left_out = [(mark.student, mark.missing) for mark in request.marks if mark.automatic is None]
    return Exported(files, len(files), left_out)


def as_results(mark: Mark) -> dict[str, Any]:
    """A student's `results.json`. Raises ValueError for a withheld mark.

    Hidden checks are shown when the grades are published. All texts are plain text, which Gradescope escapes.
    """
    if mark.automatic is None:
        raise ValueError(f"the mark of {mark.student} is withheld")
    tests = [
        {
            "name": one_each.name_of(task, check),
            "number": f"{number}.{place}",
            "score": number_cell(check.score),
            "max_score": number_cell(0 if task.extra else check.max_score),
            "status": PASSED if check.status == "passed" else FAILED,
            "output": one_each.words_of(check) or ("Passed." if check.status == "passed" else check.status),
            "output_format": "text",
            "name_format": "text",
            "tags": [task.id, check.id, *([check.diagnosis] if check.diagnosis else [])],
            "visibility": "visible" if check.public else "after_published",
        }
        for number, task in enumerate(mark.result.tasks, start=1)
        for place, check in enumerate(task.checks, start=1)
    ]
    facts = [f"{plain(mark.automatic)} of {plain(mark.result.max_score)} points.", *mark.remarks, *mark.result.messages]
    return {
        "score": number_cell(mark.automatic),
        "output": "\n".join(facts),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"student": mark.student, "max_score": number_cell(mark.result.max_score)},
        "tests": tests,
    }


FORMAT = Format(
    name="gradescope",
    summary="a results.json for each student; hidden checks are visible when the grades are published",
    output="gradescope",
    write=write,
    totals=False,
)
