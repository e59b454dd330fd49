"""A self-check in the terminal: a line for each task, messages for what went wrong, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.feedback.check_as_text import Line, check_as_text, message_lines
from autograder.feedback.self_check import SelfCheck
from autograder.feedback.self_check_summary import next_step, summary
from autograder.results import CheckResult, TaskResult
from autograder.states import TASK_BADGES, went_wrong


def print_self_check(found: SelfCheck, console: Console, verbose: bool = False) -> None:
    """Prints everything that a student should know; if `verbose`, every check and every line."""
    console.print(f"[bold]{escape(found.title)}[/bold]")
    widest = max((len(task.title) for task in found.tasks), default=0)
    notebook = ""
    for task in found.tasks:
        badge = TASK_BADGES[task.state]
        line = Table.grid(padding=(0, 2))
        line.add_column(width=max(len(each.notebook) for each in found.tasks))
        line.add_column(width=max(len(each.word) for each in TASK_BADGES.values()) + 2)
        line.add_column(width=widest)
        line.add_column(justify="right")
        line.add_row(
            Text(task.notebook if task.notebook != notebook else "", style="bold"),
            Text(f"{badge.sign} {badge.word}", style=badge.style),
            Text(task.title),
            Text(f"{task.score:g}/{task.max_score:g}", style="dim"),
        )
        notebook = task.notebook
        console.print(line)
        if verbose or task.state not in ("done", "not started") or any(map(tells_more, task.checks)):
            for text, style in _lines(task, verbose):
                words = text.lstrip()
                console.print(Padding(Text(words, style=style), (0, 0, 0, 6 + len(text) - len(words))))
    for problem in found.problems:
        console.print(f"[yellow]![/] {escape(problem)}")
    console.print()
    console.print(f"[bold]{summary(found)}[/bold]")
    console.print(next_step(found), markup=False)


def tells_more(check: CheckResult) -> bool:
    """Whether a check that is not attempted found something all the same, such as a name that is nearly the right one.

    That is on the lines after the first, which says what is missing.
    """
    return check.status == "not attempted" and len(message_lines(check)) > 1


def _lines(task: TaskResult, verbose: bool) -> Iterator[Line]:
    told: set[str] = set()
    for check in task.checks:
        if verbose or went_wrong(check) or (tells_more(check) and check.message not in told):
            told.add(check.message)
            yield from check_as_text(check, brief=not verbose)
