"""A self-check as GitHub Actions shows it: annotations at the notebook's cell, and a summary of the step.

Both contain a student's own words, so whatever these formats would read as a command or as markup is escaped. All else
that the step prints is put between `::stop-commands::` and its end, where the runner obeys nothing.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.feedback.annotation_places import Place, Places
from autograder.feedback.check_as_text import check_as_text, message_lines
from autograder.feedback.self_check import SelfCheck
from autograder.feedback.self_check_summary import next_step, summary
from autograder.results import CheckResult
from autograder.states import CHECK_BADGES, TASK_BADGES, went_wrong

ANNOTATIONS = 10  # of a kind; GitHub shows no more of one step
MESSAGE_LIMIT = 1500  # characters
SUMMARY_LIMIT = 900_000  # bytes; GitHub takes 1 MiB a step, and nothing at all of more


@contextmanager
def no_commands() -> Iterator[None]:
    """Whatever is printed within is shown in the log, and the runner takes none of it for a command."""
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        print(f"\n::{token}::", flush=True)


def annotation_commands(found: SelfCheck) -> list[str]:
    """Workflow commands: errors for checks that failed, warnings for unreadable files, a notice of what is left."""
    places = Places(found.folder)
    commands = []
    failing = [(task, check) for task in found.tasks for check in task.checks if went_wrong(check)]
    for task, check in failing[:ANNOTATIONS]:
        words = "\n".join(line.text for line in check_as_text(check))
        place = places.of(task, found.definitions.get(task.id, []), check)
        commands.append(command("error", task.title, words, place, found))
    for problem in found.problems[:ANNOTATIONS]:
        commands.append(command("warning", "About your files", problem, places.named(problem), found))
    not_started = [task for task in found.tasks if task.state == "not started"]
    if not_started:
        names = "\n".join(f"{task.notebook}: {task.title}" for task in not_started)
        commands.append(command("notice", f"Not started: {len(not_started)}", names, None, found))
    return commands


def command(kind: str, title: str, message: str, place: Place | None, found: SelfCheck) -> str:
    """One workflow command, on one line whatever the words hold."""
    properties = {"file": in_repository(found.folder, place.file), "line": str(place.line)} if place else {}
    properties["title"] = title
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {given}::{_data(message[:MESSAGE_LIMIT])}"


def in_repository(folder: Path, file: str) -> str:
    """A file's path as annotations want it: from the root of the repository."""
    path = (folder / file).resolve()
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def write_summary(found: SelfCheck) -> None:
    """Adds the summary to the file that the runner names; does nothing where there is no runner."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(as_markdown(found))


def as_markdown(found: SelfCheck) -> str:
    """A table of the tasks, and the checks that need fixing."""
    head = [f"## {inline(found.title)}", "", f"**{inline(summary(found))}** {inline(next_step(found))}"]
    lines = [*head, "", "| notebook | task | state | points |", "|---|---|---|---:|"]
    for task in found.tasks:
        badge = TASK_BADGES[task.state]
        points = f"{task.score:g}/{task.max_score:g}"
        lines.append(f"| {inline(task.notebook)} | {inline(task.title)} | {badge.sign} {badge.word} | {points} |")
    for task in found.tasks:
        failing = [check for check in task.checks if went_wrong(check)]
        if failing:
            lines += ["", f"### {inline(task.title)}", "", *map(check_as_markdown, failing)]
    if found.problems:
        lines += ["", "### About your files", "", *(f"- {inline(problem)}" for problem in found.problems[:50])]
    lines += ["", "Marking runs these checks with other numbers, and runs more checks.", ""]
    text = "\n".join(lines)
    if len(text.encode("utf-8", "backslashreplace")) > SUMMARY_LIMIT:
        text = "\n".join([*head, "", "The messages are too long for this page; they are in the step's log.", ""])
    return text


def check_as_markdown(check: CheckResult) -> str:
    """A check as an item of a list: its sentence with state and points, then message and hint."""
    badge = CHECK_BADGES[check.status]
    head = f"- {badge.sign} **{inline(check.title)}** ({badge.word}, {check.score:g}/{check.max_score:g})"
    rows = [inline(line) for line in "\n".join(message_lines(check))[:MESSAGE_LIMIT].splitlines()]
    rows += [f"**Hint:** {inline(check.hint)}"] if check.hint else []
    return "<br>\n  ".join([head, *rows])


def inline(text: str) -> str:
    """Text that neither Markdown nor HTML reads as markup, on one line; `code` between backticks becomes code."""
    parts = re.split(r"`([^`\n]+)`", _printable(text))
    return "".join(f"<code>{_plain(part)}</code>" if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(text: str) -> str:
    """ASCII punctuation as entities, which Markdown never reads as markup."""
    kept = " ,;?'%/"
    return "".join(sign if sign.isalnum() or sign in kept or ord(sign) > 127 else f"&#{ord(sign)};" for sign in text)


def _printable(text: str) -> str:
    """Without control characters and line ends, which terminals and parsers obey."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", " ", text)


def _data(text: str) -> str:
    text = "\n".join(_printable(line) for line in text.split("\n"))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
