"""A check, or a task, as plain text: the lines that a check cell, the terminal and an annotation on GitHub show."""

from __future__ import annotations

from typing import NamedTuple

from autograder.results import CheckResult, TaskResult
from autograder.states import CHECK_BADGES, TASK_BADGES

LINES = 4  # of a message, where it is to be brief


class Line(NamedTuple):
    """A line, and its style in a terminal as rich spells it."""

    text: str
    style: str = ""


def check_as_text(check: CheckResult, brief: bool = False) -> list[Line]:
    """The check's sentence with state and points, then message and hint, indented by two spaces.

    If `brief`, the message takes the place of the sentence and is cut after a few lines.
    """
    badge = CHECK_BADGES[check.status]
    message = message_lines(check)
    if brief and message:
        head, *message = message
    else:
        head = f"{check.title} [{badge.word}, {check.score:g}/{check.max_score:g}]"
    shown = message[: LINES - 1] if brief else message
    lines = [Line(f"{badge.sign} {head}", badge.style), *(Line(f"  {line}") for line in shown)]
    if len(message) > len(shown):
        lines.append(Line(f"  … {len(message) - len(shown)} more lines: autograder check --verbose", "dim"))
    if check.hint:
        lines.append(Line(f"  Hint: {check.hint}"))
    return lines


def task_as_text(task: TaskResult) -> str:
    """A task's checks as lines of text; one line where nothing is left to say."""
    badge = TASK_BADGES[task.state]
    lines = [f"{badge.sign} {task.title}: {badge.word}, {task.score:g} of {task.max_score:g} points"]
    if task.state == "not started":
        lines += [f"  {line}" for line in first_messages(task)]
    elif task.state != "done":
        lines += [f"  {line.text}" for check in task.checks for line in check_as_text(check)]
    return "\n".join(lines)


def message_lines(check: CheckResult) -> list[str]:
    """A check's message, line by line, without the hint."""
    return [line for line in check.message.splitlines() if line.strip()]


def first_messages(task: TaskResult) -> list[str]:
    """What the checks of a task that nobody has started say, each line once."""
    return list(dict.fromkeys(line for check in task.checks for line in message_lines(check)))
