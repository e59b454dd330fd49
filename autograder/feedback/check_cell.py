"""A task's result as a check cell shows it: one line when it is done, else a line for each check and its message."""

from __future__ import annotations

from autograder.feedback.check_as_text import check_as_text, first_messages
from autograder.feedback.notebook_output import render_for_cell
from autograder.results import TaskResult
from autograder.states import DONE, NOT_STARTED, task_badge


def task_as_text(task: TaskResult) -> str:
    """A task's checks as lines of text; one line where nothing is left to say."""
    badge = task_badge(task)
    lines = [f"{badge.sign} {task.title}: {badge.word}, {task.score:g} of {task.max_score:g} points"]
    if badge == NOT_STARTED:
        lines += [f"  {line}" for line in first_messages(task)]
    elif badge != DONE:
        lines += [f"  {line.text}" for check in task.checks for line in check_as_text(check)]
    return "\n".join(lines)


def task_as_html(task: TaskResult) -> str:
    """A task's checks as HTML; one line where nothing is left to say."""
    badge = task_badge(task)
    return render_for_cell(
        "check_cell.html.j2",
        task=task,
        task_badge=badge,
        messages=first_messages(task) if badge == NOT_STARTED else [],
        checks=[] if badge in (DONE, NOT_STARTED) else task.checks,
    )
