"""Says in sentences that a submission came late, what that costs, and which extension its student has."""

from __future__ import annotations

from datetime import datetime

from autograder.feedback.plain_text import number
from autograder.results import StudentResult


def sentence(student: StudentResult, whose: str = "your") -> str:
    """The extension, when it came, when it was due, and the sum that leads to the score; empty if there is neither."""
    return " ".join(filter(None, (extension(student), _lateness(student, whose))))


def extension(student: StudentResult) -> str:
    """Until when a student has an extension, and why; empty without one."""
    given = student.extension
    if given is None:
        return ""
    reason = f" ({given.reason})" if given.reason else ""
    return f"Extension until {moment(given.deadline)}{reason}."


def _lateness(student: StudentResult, whose: str) -> str:
    late = student.late
    if late is None:
        return ""
    came = f"Handed in on {moment(late.submitted)}{f' ({late.source})' if late.source else ''}"
    if late.days == 0 or late.percent == 0:
        within = "within the grace period after" if late.days == 0 else "after"
        return f"{came}, {within} {whose} deadline of {moment(late.deadline)}: nothing is taken off."
    days = "on the first day" if late.days == 1 else f"on day {late.days}"
    if student.score is None:
        taken = f"{number(late.percent)} % of the points will be taken off"
    else:
        earned = sum(task.score for task in student.tasks)
        share = f"{number(late.percent)} % of the {number(earned)} points earned"
        taken = f"{share} ({number(late.points)}) are taken off"
    return f"{came}, {days} after {whose} deadline of {moment(late.deadline)}: {taken}."


def moment(iso: str) -> str:
    """An ISO 8601 time as people write it: `29 January 2027, 23:59 UTC`; what is no such time stays as it is."""
    try:
        time = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    except ValueError:
        return iso
    zone = f" {time.tzname()}" if time.tzinfo else ""
    return f"{time.day} {MONTHS[time.month - 1]} {time.year}, {time:%H:%M}{zone}"


# Not strftime's, which are those of the machine's language.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
