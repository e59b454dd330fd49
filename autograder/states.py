"""The one table of words, signs and colours for the states of a check and of a task."""

from __future__ import annotations

from typing import NamedTuple

from autograder.results import CheckResult, CheckStatus, TaskState


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

TASK_BADGES: dict[TaskState, Badge] = {
    "done": Badge("✓", "done", *GREEN),
    "needs fixing": Badge("✗", "needs fixing", *RED),
    "begun": Badge("◐", "begun", *AMBER),
    "not started": Badge("○", "not started", *GREY),
    "error": CHECK_BADGES["error"],
}


def went_wrong(check: CheckResult) -> bool:
    """Whether a check found a mistake or failed itself, so that its message is worth reading first."""
    return check.status in ("failed", "partial", "error")
