"""A look on one screen: a line a task, messages for what fails, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from autograder.feedback.self_check import Look
from autograder.feedback.states import (
    BEGUN,
    CHECK,
    CHECKER,
    DONE,
    MENDABLE,
    NOT_STARTED,
    TO_MEND,
    State,
    lines_of,
    state_of,
    tells_more,
)
from autograder.results import TaskResult

LINES = 4  # of a message, unless everything is asked for
COLOURS = {"passed": "green", "partial": "yellow", "failed": "red", "error": "magenta"}
STYLES = {DONE: "green", TO_MEND: "red", BEGUN: "yellow", NOT_STARTED: "dim", CHECKER: "magenta"}


def print_look(look: Look, console: Console, verbose: bool = False) -> None:
    """Prints everything that a student should know; with `verbose`, every check and every line."""
    console.print(f"[bold]{escape(look.title)}[/bold]")
    widest = max((len(task.title) for task in look.tasks), default=0)
    notebook = ""
    for task in look.tasks:
        state = state_of(task)
        line = Table.grid(padding=(0, 2))
        line.add_column(width=max(len(one.notebook) for one in look.tasks))
        line.add_column(width=max(len(one.word) for one in STYLES) + 2)
        line.add_column(width=widest)
        line.add_column(justify="right")
        line.add_row(
            Text(task.notebook if task.notebook != notebook else "", style="bold"),
            Text(f"{state.sign} {state.word}", style=STYLES[state]),
            Text(task.title),
            Text(f"{task.score:g}/{task.max_score:g}", style="dim"),
        )
        notebook = task.notebook
        console.print(line)
        if verbose or state in (TO_MEND, BEGUN, CHECKER) or any(map(tells_more, task.checks)):
            for row, style in _words(task, verbose):
                words = row.lstrip()
                console.print(Padding(Text(words, style=style), (0, 0, 0, 6 + len(row) - len(words))))
    for problem in look.problems:
        console.print(f"[yellow]![/] {escape(problem)}")
    console.print()
    console.print(f"[bold]{summary(look)}[/bold]")
    console.print(next_step(look), markup=False)


def summary(look: Look) -> str:
    """Points and tasks in one sentence."""
    return f"{look.score:g} of {look.max_score:g} points of the public checks: {', '.join(counted(look))}."


def counted(look: Look) -> list[str]:
    """How many tasks are in each state: "9 done", "2 to mend"."""
    states = [state_of(task) for task in look.tasks]
    return [f"{states.count(state)} {state.word}" for state in STYLES if state in states]


def next_step(look: Look) -> str:
    """What to do now."""
    if look.errors:
        task, _ = look.errors[0]
        return f"The checker itself failed at “{task.title}”. That is not your fault: tell your teacher."
    for wanted, sentence in (
        (TO_MEND, "Next: mend “{}” in {}.ipynb, save, and check again."),
        (BEGUN, "Next: go on with “{}” in {}.ipynb."),
        (NOT_STARTED, "Next: “{}” in {}.ipynb."),
    ):
        for task in look.tasks:
            if state_of(task) is wanted:
                return sentence.format(task.title, task.notebook)
    return "Next: hand in. The last cell of the last notebook packs submission.zip. The marking runs more checks."


def _words(task: TaskResult, verbose: bool) -> Iterator[tuple[str, str]]:
    told: set[str] = set()
    for one in task.checks:
        if not verbose and one.status not in (*MENDABLE, "error") and (not tells_more(one) or one.message in told):
            continue
        told.add(one.message)
        sign: State = CHECK[one.status]
        colour = COLOURS.get(one.status, "dim")
        lines = lines_of(one)
        if verbose:
            yield f"{sign.sign} {one.title} ({one.score:g}/{one.max_score:g})", colour
        elif lines:
            yield f"{sign.sign} {lines.pop(0)}", colour
        shown = lines if verbose else lines[: LINES - 1]
        for line in shown:
            yield f"  {line}", ""
        if len(lines) > len(shown):
            yield f"  … {len(lines) - len(shown)} more lines: autograder check --verbose", "dim"
        if one.hint:
            yield f"  Hint: {one.hint}", ""
