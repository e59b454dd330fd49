"""What a check and a task can be, as a student reads it: a sign, a word, a colour."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from autograder.results import CheckResult, TaskResult


class State(NamedTuple):
    """How a state is shown. White writing on `colour` has a contrast of 4.5 or more, on light and on dark pages."""

    sign: str
    word: str
    colour: str


GREEN, AMBER, RED, GREY, PURPLE = "#1a7f37", "#8a5a00", "#c3202b", "#59636e", "#8250df"

CHECK = {
    "passed": State("✓", "passed", GREEN),
    "partial": State("◐", "partly", AMBER),
    "failed": State("✗", "failed", RED),
    "not attempted": State("○", "not done yet", GREY),
    "blocked": State("↑", "waits", GREY),
    "error": State("!", "error of the checker", PURPLE),
}
DONE = State("✓", "done", GREEN)
TO_MEND = State("✗", "to mend", RED)
BEGUN = State("◐", "begun", AMBER)
NOT_STARTED = State("○", "not started", GREY)
CHECKER = State("!", "checker's error", PURPLE)

MENDABLE = ("failed", "partial")


def state_of(task: TaskResult) -> State:
    """What a task is as a whole."""
    found = {one.status for one in task.checks}
    if "error" in found:
        return CHECKER
    if found == {"passed"}:
        return DONE
    if found & set(MENDABLE):
        return TO_MEND
    return NOT_STARTED if found == {"not attempted"} else BEGUN


def tells_more(one: CheckResult) -> bool:
    """Whether a check that is not attempted found something all the same, such as a name that is nearly the right one.

    That stands on lines after the first, which says what is missing.
    """
    return one.status == "not attempted" and len(lines_of(one)) > 1


def lines_of(one: CheckResult) -> list[str]:
    """A check's message, line by line, without the hint."""
    return [line for line in one.message.splitlines() if line.strip()]


def to_html(text: str) -> str:
    """Text as HTML: everything escaped, and what stands between backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", html.escape(text))
