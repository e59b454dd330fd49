"""Exports for Classroom 50: a `result.json` for each student, with the schema `classroom50/result/v1`.

Scores there are whole numbers, and at most the maximum. So the mark and each check's points are rounded (half a point
up), and extra credit is part of the maximum. https://github.com/foundation50/classroom50/wiki/Advanced-Autograding
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from autograder.export import one_each
from autograder.export.formats import Exported, ExportError, Format, Request
from autograder.export.marks import Mark

SCHEMA = "classroom50/result/v1"
LARGEST = 10 * 2**20  # bytes
NEEDED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")


def write(request: Request) -> Exported:
    """Writes `OUTPUT/<student>/result.json`, with what the environment of Classroom 50's runner says."""
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        raise ExportError(
            f"{', '.join(missing)} must be set in the environment, as Classroom 50's runner does."
            f" Run this in its autograder.py, or set {', '.join(NEEDED)} (and REVIEW_URL and OWNER, if you can)."
        )
    done = Exported([], 0, [(mark.student, mark.missing) for mark in request.marks if mark.automatic is None])
    now = datetime.now(timezone.utc)
    for mark, path in one_each.places(request, "result.json"):
        done.files.append(one_each.write_json(path, as_result(mark, os.environ, now)))
        done.count += 1
    return done


def as_result(mark: Mark, environment: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """A student's result. Raises ValueError for a withheld mark."""
    if mark.automatic is None:
        raise ValueError(f"the mark of {mark.student} is withheld")
    tests = [
        {
            "test-name": one_each.name_of(task, check)[:200],
            "passed": check.status == "passed",
            "score": min(_whole(check.score), _whole(check.max_score)),
            "max-score": _whole(check.max_score),
        }
        for task in mark.result.tasks
        for check in task.checks
    ]
    extra = sum(task.max_score for task in mark.result.tasks if task.extra)
    most = max(_whole(mark.result.max_score + extra), _whole(mark.automatic))
    return {
        "schema": SCHEMA,
        "classroom": environment["CLASSROOM"],
        "assignment": environment["ASSIGNMENT"],
        "assignment_type": environment.get("ASSIGNMENT_TYPE") or "individual",
        "owner": environment.get("OWNER") or mark.person.get("login") or mark.student,
        "submission": environment["SUBMISSION_TAG"],
        "commit": environment["COMMIT_URL"],
        "release": environment["RELEASE_URL"],
        "review": environment.get("REVIEW_URL") or environment["COMMIT_URL"],
        "datetime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": _whole(mark.automatic),
        "max-score": most,
        "tests": tests,
    }


def _whole(points: float) -> int:
    return int(points + 0.5)


FORMAT = Format(
    name="classroom50",
    summary="a result.json for each student (whole points), to be used in Classroom 50's autograder",
    output="classroom50",
    write=write,
    totals=False,
)
