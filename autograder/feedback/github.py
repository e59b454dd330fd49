"""A look as GitHub Actions shows it: annotations at the notebook's cell, and a summary of the step.

Words of a student's own stand in both, so all that these formats read as a command or as markup is escaped; and what
else the step prints stands between `::stop-commands::` and its end, where the runner obeys nothing.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.feedback.places import Place, Places
from autograder.feedback.screen import next_step, summary
from autograder.feedback.self_check import Look
from autograder.feedback.states import CHECK, MENDABLE, NOT_STARTED, lines_of, state_of
from autograder.results import CheckResult

ANNOTATIONS = 10  # of a kind; GitHub shows no more of one step
MESSAGE_LIMIT = 1500  # characters
SUMMARY_LIMIT = 900_000  # bytes; GitHub takes 1 MiB a step, and nothing at all of more


@contextmanager
def no_commands() -> Iterator[None]:
    """What is printed within is shown in the log and obeyed by nobody."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"\n::{token}::", flush=True)


def annotation_commands(look: Look) -> list[str]:
    """Workflow commands: errors for checks that failed, warnings for what can't be read, a notice of what is left."""
    places = Places(look.folder)
    commands = []
    failing = [(task, one) for task in look.tasks for one in task.checks if one.status in (*MENDABLE, "error")]
    for task, one in failing[:ANNOTATIONS]:
        words = [one.title, *lines_of(one), *([f"Hint: {one.hint}"] if one.hint else [])]
        place = places.of(task, look.definitions.get(task.id, []), one)
        title = f"{task.title}: {one.score:g}/{one.max_score:g}"
        commands.append(command("error", title, "\n".join(words), place, look))
    for problem in look.problems[:ANNOTATIONS]:
        commands.append(command("warning", "About the folder", problem, places.named(problem), look))
    waiting = [task for task in look.tasks if state_of(task) is NOT_STARTED]
    if waiting:
        names = "\n".join(f"{task.notebook}: {task.title}" for task in waiting)
        commands.append(command("notice", f"Not started: {len(waiting)}", names, None, look))
    return commands


def command(kind: str, title: str, message: str, place: Place | None, look: Look) -> str:
    """One workflow command, on one line whatever the words hold."""
    properties = {"file": in_repository(look.folder, place.file), "line": str(place.line)} if place else {}
    properties["title"] = title
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {given}::{_data(message[:MESSAGE_LIMIT])}"


def in_repository(folder: Path, file: str) -> str:
    """A file's path as annotations want it: from the root of the repository."""
    path = (folder / file).resolve()
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def write_summary(look: Look) -> None:
    """Adds the summary to the file that the runner names; does nothing where there is no runner."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(as_markdown(look))


def as_markdown(look: Look) -> str:
    """The look as Markdown: a table of the tasks, and what is to be mended."""
    lines = [
        f"## {inline(look.title)}",
        "",
        f"**{inline(summary(look))}** {inline(next_step(look))}",
        "",
        "| notebook | task | state | points |",
        "|---|---|---|---:|",
    ]
    for task in look.tasks:
        state = state_of(task)
        points = f"{task.score:g}/{task.max_score:g}"
        lines.append(f"| {inline(task.notebook)} | {inline(task.title)} | {state.sign} {state.word} | {points} |")
    for task in look.tasks:
        failing = [one for one in task.checks if one.status in (*MENDABLE, "error")]
        if failing:
            lines += ["", f"### {inline(task.title)}", ""]
            lines += [_item(one) for one in failing]
    if look.problems:
        lines += ["", "### About the folder", "", *(f"- {inline(problem)}" for problem in look.problems[:50])]
    lines += ["", "The marking runs these checks with other numbers, and some more.", ""]
    text = "\n".join(lines)
    if len(text.encode("utf-8", "backslashreplace")) > SUMMARY_LIMIT:
        text = f"## {inline(look.title)}\n\n**{inline(summary(look))}** The messages are in the step's log.\n"
    return text


def _item(one: CheckResult) -> str:
    sign = CHECK[one.status].sign
    rows = [inline(line) for line in "\n".join(lines_of(one))[:MESSAGE_LIMIT].splitlines()]
    rows += [f"**Hint:** {inline(one.hint)}"] if one.hint else []
    return "<br>\n  ".join([f"- {sign} **{inline(one.title)}** ({one.score:g}/{one.max_score:g})", *rows])


def inline(text: str) -> str:
    """Text that Markdown and HTML take for nothing but text, on one line; `code` between backticks becomes code."""
    parts = re.split(r"`([^`\n]+)`", _printable(text))
    return "".join(f"<code>{_plain(part)}</code>" if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    """Each sign of ASCII's punctuation as an entity, which Markdown never reads as markup."""
    kept = " ,;?'%/"
    return "".join(one if one.isalnum() or one in kept or ord(one) > 127 else f"&#{ord(one)};" for one in text)


def _printable(text: str) -> str:
    """Without control signs and line ends, which terminals and parsers obey."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", text)


def _data(text: str) -> str:
    text = "\n".join(_printable(line) for line in text.split("\n"))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
