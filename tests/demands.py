"""The table of demands: what each task of lab 4 asks for, which checks see it, and which known mistakes break it.

`autograder/labs/lab4/demands.yml` is a mapping from a task's id to

    demands:
      - quote: Use the kernel as it is.     # exact words of the task's text or a docstring; white space does not matter
        checks: [same-numbers]              # those of the task that see it
        mistakes: [kernel-turned]           # those of the bank that break it, and lose points at one of these checks
    advice: [speed does not count]          # normative words that ask for nothing

Where the bank can hold no mistake (files of weights, pictures), `test: tests/test_….py::test_…` names a test instead.

`python -m tests.demands` writes docs/demands.md anew.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from autograder.build.source_notebooks import SOLUTION_BEGIN, SOLUTION_END
from autograder.course import CourseError, Identifier, Lines, Strict, read_mapping, validated
from autograder.judge.bank import Bank
from autograder.labs.lab import Lab, open_lab
from tests.conftest import ROOT

FILE = ROOT / "autograder" / "labs" / "lab4" / "demands.yml"
PAGE = ROOT / "docs" / "demands.md"

Texts = Mapping[str, str]  # of a task, by its id
Points = Mapping[str, Mapping[str, float]]  # of a check, by task and check
Costs = Mapping[str, Mapping[str, Mapping[tuple[str, str], float]]]  # by task and mistake: points by task and check

# Words with which a text asks for something. Imperatives ("Use the kernel as it is") cannot be told from other verbs,
# so nothing here finds them: who writes a text adds its demands by hand. "Not" alone mostly describes; so do "all" and
# "no". "In order to" asks for nothing.
NORMATIVE = re.compile(
    r"\b(?:"
    r"must|should|ha(?:s|ve) to|returns?|do(?:es)? not|don't|mustn't"  # verbs
    r"|without|every|each|only|exactly|never|always|whatever|at (?:least|most)"  # how much, and when
    r"|no others?|nothing else|(?:in|the) order(?! to\b)|as (?:it|they) (?:is|are|was|were)|bit for bit"  # what else
    r")\b",
    re.IGNORECASE,
)


class Demand(Strict):
    """Something that a task's text asks for."""

    quote: str = Field(min_length=1)
    checks: tuple[Identifier, ...] = Field(min_length=1)
    mistakes: tuple[Identifier, ...] = ()
    test: str | None = None

    @property
    def broken_by(self) -> tuple[str, ...]:
        """The mistakes and the test."""
        return (*self.mistakes, *([self.test] if self.test else []))


class TaskDemands(Strict):
    """What a task's text asks for, and what it says with a normative word and does not ask for."""

    demands: tuple[Demand, ...] = Field(min_length=1)
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class Demands:
    """The demands of all tasks, and where in the file each is."""

    path: Path
    tasks: dict[str, TaskDemands]
    lines: Lines

    def place(self, *place: str | int) -> str:
        """A place in the file, for messages."""
        return f"{self.path}, line {self.lines[place]}"


def read_demands(path: Path) -> Demands:
    """Reads a table of demands. Raises `CourseError`, which names the file and the line of each mistake."""
    value, lines = read_mapping(path, "a mapping of tasks")
    tasks = {}
    for task, part in value.items():
        inner = {place[1:]: line for place, line in lines.items() if place[:1] == (task,)}
        if not isinstance(part, dict):
            raise CourseError(f"{path}, line {inner[()]}: {task} must have the keys `demands` and `advice`")
        tasks[task] = validated(TaskDemands, part, path, inner)
    return Demands(path, tasks, lines)


# --- a task's text ----------------------------------------------------------------------------------------------------


def texts_of(lab: Lab) -> dict[str, str]:
    """The text of each task, its white space squeezed: from its heading to its check cell, and the stubs there."""
    return {task.id: text_in(lab.script(task.id), task.id) for task in lab.assignment.tasks}


def text_in(script: Path, task: str) -> str:
    """The text of a task in a script of the reference."""
    parts: list[str] = []
    begun = False
    for kind, solution, source in _cells(script):
        if kind == "markdown":
            heading = re.search(rf"^## Task `{re.escape(task)}`", source, re.MULTILINE)
            begun = begun or heading is not None
            if begun:
                parts.append(source[heading.start() :] if heading else source)
        elif source.strip() == f'check("{task}")':
            return squeezed("\n".join(parts))
        elif begun and solution:
            parts.append(_stub(source))
    raise CourseError(f'{script}: has no text from "## Task `{task}`" to `check("{task}")`')


@functools.cache
def _cells(script: Path) -> list[tuple[str, bool, str]]:
    """Each cell's kind, whether it holds a solution, and its source."""
    import jupytext

    cells = jupytext.read(script).cells
    return [(cell.cell_type, bool(cell.metadata.get("nbgrader", {}).get("solution")), cell.source) for cell in cells]


def _stub(source: str) -> str:
    """What students see of a cell: nothing between the marks of a solution."""
    return re.sub(rf"{SOLUTION_BEGIN}.*?{SOLUTION_END}", "", source, flags=re.DOTALL)


def squeezed(text: str) -> str:
    """A text whose white space does not matter."""
    return " ".join(text.split())


# --- what is wrong with a table ---------------------------------------------------------------------------------------


def faults(demands: Demands, texts: Texts, checks: Points, costs: Costs) -> Iterator[str]:
    """What of a table of demands is not true of the tasks' texts, their checks, and the known mistakes."""
    for task in demands.tasks.keys() - texts.keys():
        yield f"{demands.place(task)}: course.yml has no task {task!r}"
    for task, text in texts.items():
        if task not in demands.tasks:
            yield f"{demands.path}: the task {task!r} is missing"
            continue
        yield from _unseen(demands, task, checks[task], costs.get(task, {}))
        yield from _unquoted(demands, task, text)


def _unseen(
    demands: Demands, task: str, checks: Mapping[str, float], costs: Mapping[str, Mapping[tuple[str, str], float]]
) -> Iterator[str]:
    """Demands that nothing holds to account, and checks that no demand stands behind."""
    table = demands.tasks[task]
    for number, demand in enumerate(table.demands):
        place = f"{demands.place(task, 'demands', number)}, {demand.quote[:40]!r}"
        for check in demand.checks:
            if check not in checks:
                yield f"{place}: {task} has no check {check!r}; it has {', '.join(checks)}"
        if not demand.broken_by:
            yield f"{place}: no mistake breaks it, and no test does"
        for mistake in demand.mistakes:
            if mistake not in costs:
                yield f"{place}: mistakes/{task}.yml has no {mistake!r}"
            elif not any((task, check) in costs[mistake] for check in demand.checks):
                yield f"{place}: {mistake!r} loses nothing at {', '.join(demand.checks)}"
        if demand.test is not None and not _exists(demand.test):
            yield f"{place}: there is no {demand.test}"
    for check in checks.keys() - {check for demand in table.demands for check in demand.checks}:
        yield f"{demands.place(task)}: no demand of {task} names its check {check!r}"


def _exists(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / file
    return path.is_file() and name in {
        node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    }


def _unquoted(demands: Demands, task: str, text: str) -> Iterator[str]:
    """Quotes that are not in the text, and normative words of the text that are in no quote."""
    table = demands.tasks[task]
    quotes = [(("demands", number), demand.quote) for number, demand in enumerate(table.demands)]
    quotes += [(("advice", number), quote) for number, quote in enumerate(table.advice)]
    covered: set[int] = set()
    for (kind, number), quote in quotes:
        found = [place.start() for place in re.finditer(re.escape(squeezed(quote)), text)]
        if not found:
            yield f"{demands.place(task, kind, number)}: the text of {task} does not say {squeezed(quote)!r}"
        for start in found:
            covered.update(range(start, start + len(squeezed(quote))))
    for word in NORMATIVE.finditer(text):
        if not covered.issuperset(range(*word.span())):
            around = text[max(0, word.start() - 50) : word.end() + 50]
            yield f"{demands.place(task)}: the text of {task} says {word[0]!r} outside of all quotes: …{around}…"


def costs_in(folder: Path) -> dict[str, dict[str, dict[tuple[str, str], float]]]:
    """What each known mistake in a folder costs."""
    bank = Bank(folder)
    return {task: {mistake.id: mistake.loses for mistake in known.values()} for task, known in bank.items()}


# --- docs/demands.md --------------------------------------------------------------------------------------------------

INTRODUCTION = """\
# Demands and known mistakes

What the text of a task asks for, in prose or in a docstring, is a *demand*. The first part of this page lists each
demand of lab 4 in the text's own words, the checks that see it, and the known mistakes that break it and lose points
there. Where the bank can hold no mistake (files of weights, pictures), a test is named that breaks the demand. The
second part says what each known mistake costs.

`python -m tests.demands` makes this page from `autograder/labs/lab4/demands.yml` and `autograder/labs/lab4/mistakes/`:
edit these, and never this page. `tests/test_demands.py` fails if a quote is no longer in the text, if nothing breaks a
demand, if no demand names a check, and if a word such as *must*, *each* or *only* is in a text outside of all quotes.
"""


def page(lab: Lab, demands: Demands, bank: Costs) -> str:
    """The text of docs/demands.md."""
    tasks = lab.assignment.tasks
    counted = (
        f"{sum(len(table.demands) for table in demands.tasks.values())} demands, {sum(len(t.checks) for t in tasks)}"
        f" checks, {sum(map(len, bank.values()))} known mistakes."
    )
    parts = [f"{INTRODUCTION}\n{counted}\n", "## What each task asks for\n"]
    for task in tasks:
        parts.append(f"### `{task.id}`: {task.title}\n")
        rows = [
            [squeezed(demand.quote).strip("| "), _code(demand.checks), _code(demand.broken_by)]
            for demand in demands.tasks[task.id].demands
        ]
        parts.append(_table(["the text says", "checks", "broken by"], rows))
    parts.append("## What each known mistake costs\n")
    for task in tasks:
        if costs := bank.get(task.id):
            parts.append(f"### `{task.id}`, {task.points:g} points\n")
            totals = {mistake: sum(lost.values()) for mistake, lost in costs.items()}
            rows = [
                [_code([mistake]), _lost(task.id, costs[mistake]), f"{totals[mistake]:.4g}"]
                for mistake in sorted(costs, key=lambda mistake: (-totals[mistake], mistake))
            ]
            parts.append(_table(["mistake", "points lost, check by check", "in all"], rows, "|---|---|---:|"))
    return "\n".join(parts)


def _table(head: list[str], rows: list[list[str]], rule: str = "|---|---|---|") -> str:
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _lost(task: str, points: Mapping[tuple[str, str], float]) -> str:
    """What a mistake of a task costs, check by check; a check of another task has that task's name."""
    return ", ".join(
        f"`{check if its_task == task else f'{its_task}/{check}'}` {lost:g}"
        for (its_task, check), lost in points.items()
    )


def main() -> None:
    """Writes docs/demands.md."""
    lab = open_lab("lab4")
    PAGE.write_text(page(lab, read_demands(FILE), costs_in(FILE.parent / "mistakes")), encoding="utf-8")


if __name__ == "__main__":
    main()
