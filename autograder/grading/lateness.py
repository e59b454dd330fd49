"""What the course file takes off for a late submission."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from autograder.course import Assignment
from autograder.results import Lateness, StudentResult, settle


def with_lateness(student: StudentResult, assignment: Assignment, submitted: datetime | None) -> StudentResult:
    """The result with what is taken off for handing in at `submitted`; None, an unknown time, costs nothing.

    Days are counted from the student's own deadline and the grace on top of it, each begun 24 hours as one.
    """
    deadline = assignment.deadline_of(student.student)
    if submitted is None or deadline is None or submitted <= deadline:
        return student
    over = submitted - deadline - timedelta(minutes=assignment.late.grace_minutes)
    days = max(0, math.ceil(over / timedelta(days=1)))
    late = Lateness(
        submitted=submitted.isoformat(),
        deadline=deadline.isoformat(),
        days=days,
        percent=assignment.late.percent(days),
        points=0,
    )
    flags = list(student.flags)
    if assignment.late.days is not None and days > assignment.late.days:
        flags.append(
            f"Came {days} days late, more than the {assignment.late.days} that course.yml accepts: it counts nothing."
        )
    return settled(student.model_copy(update={"late": late, "flags": flags}))


def settled(student: StudentResult) -> StudentResult:
    """The result with sums, status and score as its checks and its lateness make them."""
    tasks = [
        task.model_copy(update={"score": round(sum(check.score for check in task.checks), 2)}) for task in student.tasks
    ]
    late, off = student.late, 0.0
    if late is not None:
        off = round(sum(task.score for task in tasks) * late.percent / 100, 2)
        late = late.model_copy(update={"points": off})
    status, score = settle(tasks, off)
    return student.model_copy(update={"tasks": tasks, "late": late, "status": status, "score": score})
