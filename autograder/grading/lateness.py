"""Takes off the points that a late submission costs by the course file."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from autograder.course import Assignment
from autograder.results import GivenExtension, Lateness, StudentResult, settle
from autograder.submission.names import spelt_as


def spelt_as_in(assignment: Assignment, students: Iterable[str]) -> Assignment:
    """The assignment with its extensions' names spelt as those of these students; who could be two is nobody."""
    spelt = spelt_as(assignment.extensions, students)
    extensions = {spelt.get(name, name): extension for name, extension in assignment.extensions.items()}
    return assignment.model_copy(update={"extensions": extensions})


def with_lateness(
    student: StudentResult, assignment: Assignment, submitted: datetime | None, source: str = ""
) -> StudentResult:
    """The result with the student's extension, and the deduction for handing in at `submitted`, which is the time
    of `source`; an unknown time (None) costs nothing.

    Lateness begins with the student's own deadline plus the grace period; each 24 hours begun are a day.
    """
    deadline = assignment.deadline
    own = assignment.extensions.get(student.student)
    if own is not None and deadline is not None:
        deadline = own.deadline_after(deadline)
        extension = GivenExtension(deadline=deadline.isoformat(), reason=own.reason)
        student = student.model_copy(update={"extension": extension})
    if submitted is None or deadline is None or submitted <= deadline:
        return student
    over = submitted - deadline - timedelta(minutes=assignment.late.grace_minutes)
    days = max(0, math.ceil(over / timedelta(days=1)))
    late = Lateness(
        submitted=submitted.isoformat(),
        source=source,
        deadline=deadline.isoformat(),
        days=days,
        percent=assignment.late.percent(days),
        points=0,
    )
    flags = list(student.flags)
    if assignment.late.days is not None and days > assignment.late.days:
        flags.append(f"Came {days} days late; course.yml accepts at most {assignment.late.days}, so it earns nothing.")
    return settled(student.model_copy(update={"late": late, "flags": flags}))


def settled(student: StudentResult) -> StudentResult:
    """The result with its sums, status and score computed anew from its checks and its lateness."""
    tasks = [
        task.model_copy(update={"score": round(sum(check.score for check in task.checks), 2)}) for task in student.tasks
    ]
    late, off = student.late, 0.0
    if late is not None:
        off = round(sum(task.score for task in tasks) * late.percent / 100, 2)
        late = late.model_copy(update={"points": off})
    status, score = settle(tasks, off)
    return student.model_copy(update={"tasks": tasks, "late": late, "status": status, "score": score})
