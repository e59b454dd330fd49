"""Exports for GitHub Actions' legacy reporter (autograding-grading-reporter): JSON, also in base64, as it needs it.

The reporter adds up the scores of tests, crashes if there are none, and gets everything in one environment variable of
less than 96 kB. So each check is a test, a deduction for lateness is a test with a negative score, and messages are cut
until everything fits.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from autograder.export import one_each
from autograder.export.formats import Exported, Format, Request
from autograder.export.marks import Mark
from autograder.export.table import number_cell
from autograder.storage import write_whole

LARGEST = 96_000  # bytes of base64
STATUS = {"passed": "pass", "error": "error"}
CUTS = (1000, 300, 80, 0)  # characters of a message


def write(request: Request) -> Exported:
    """Writes `OUTPUT/<student>/result.json` and, beside it, `result.base64`."""
    done = Exported([], 0, [(mark.student, mark.missing) for mark in request.marks if mark.automatic is None])
    for mark, path in one_each.places(request, "result.json"):
        text = as_text(mark)
        done.files.append(write_whole(path, text + "\n"))
        done.files.append(write_whole(path.with_suffix(".base64"), base64.b64encode(text.encode())))
        done.count += 1
    return done


def as_text(mark: Mark) -> str:
    """A student's report as ASCII JSON that fits into the environment. Raises ValueError for a withheld mark."""
    if mark.automatic is None:
        raise ValueError(f"the mark of {mark.student} is withheld")
    text = ""
    for cut in CUTS:
        text = json.dumps(_report(mark, cut), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        if len(text) * 4 / 3 + 4 < LARGEST:
            break
    return text


def _report(mark: Mark, cut: int) -> dict[str, Any]:
    tests: list[dict[str, Any]] = [
        {
            "name": one_each.name_of(task, check)[: max(80, cut)],
            "status": STATUS.get(check.status, "fail"),
            "score": number_cell(check.score),
            "message": one_each.words_of(check)[:cut],
            "test_code": "",
            "filename": f"{task.notebook}.ipynb" if task.notebook else "",
            "line_no": 0,
            "duration": 0,
        }
        for task in mark.result.tasks
        for check in task.checks
    ]
    # The reporter's sum must be the mark. What is missing is the deduction for lateness.
    difference = round((mark.automatic or 0.0) - sum(float(test["score"]) for test in tests), 2)
    if difference or not tests:
        words = "; ".join(mark.remarks) or "Points beyond the checks"
        row = {"name": "Lateness", "status": "fail", "score": number_cell(difference), "message": words[: max(cut, 80)]}
        tests.append({**row, "test_code": "", "filename": "", "line_no": 0, "duration": 0})
    status = "pass" if all(test["status"] == "pass" for test in tests) else "fail"
    return {"version": 1, "status": status, "max_score": number_cell(mark.result.max_score), "tests": tests}


FORMAT = Format(
    name="actions",
    summary="for each student JSON for GitHub Actions' legacy reporter, also in base64",
    output="actions",
    write=write,
    totals=False,
)
