"""The one table of words, signs and colours for the states of a check and of a task.

A task is "not started" where all its checks are "not attempted".
"""

from __future__ import annotations

from typing import NamedTuple

from autograder.results import CheckResult, CheckStatus, TaskResult


class Badge(NamedTuple):
    """How a state is shown."""

    sign: str
    word: str
    colour: str
    """For HTML: white text on it has a contrast of at least 4.5, on light and on dark pages."""
    style: str
    """For a terminal, as rich spells it."""


GREEN, AMBER, RED, GREY, PURPLE = (
    ("#1a7f37", "green"),
    ("#8a5a00", "yellow"),
    ("#c3202b", "red"),
    ("#59636e", "dim"),
    ("#8250df", "magenta"),
)

CHECK_BADGES: dict[CheckStatus, Badge] = {
    "passed": Badge("✓", "passed", *GREEN),
    "partial": Badge("◐", "partial credit", *AMBER),
    "failed": Badge("✗", "failed", *RED),
    "not attempted": Badge("○", "not attempted", *GREY),
    "blocked": Badge("↑", "blocked", *GREY),
    "error": Badge("!", "grader error", *PURPLE),
}

DONE = Badge("✓", "done", *GREEN)
NEEDS_FIXING = Badge("✗", "needs fixing", *RED)
BEGUN = Badge("◐", "begun", *AMBER)
NOT_STARTED = Badge("○", "not started", *GREY)
GRADER_ERROR = CHECK_BADGES["error"]
TASK_BADGES = (DONE, NEEDS_FIXING, BEGUN, NOT_STARTED, GRADER_ERROR)


def task_badge(task: TaskResult) -> Badge:
    """The state of a task as a whole, from those of its checks."""
    statuses = {check.status for check in task.checks}
    if "error" in statuses:
        return GRADER_ERROR
    if statuses == {"passed"}:
        return DONE
    if statuses & {"failed", "partial"}:
        return NEEDS_FIXING
    return NOT_STARTED if statuses == {"not attempted"} else BEGUN


def went_wrong(check: CheckResult) -> bool:
    """Whether a check found a mistake or failed itself, so that its message is worth reading first."""
    return check.status in ("failed", "partial", "error")
