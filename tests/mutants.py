"""`make mutants`: how many wrong programs the checks tell from the right one.

    python -m tests.mutants [--task TASK] [--out FILE] [--jobs N]

The bank's known mistakes, and every small change that `tests/mutations.py` makes to the reference's solutions, go
through the checks of their task, hidden ones included, and of the tasks that use them. Who keeps all points has
survived. A survivor that is as right as the reference is listed in `tests/mutants.yml` with the reason; any other shows
a check that is too weak. Ends with 1 if there is one, if an entry of the list no longer survives, or if a check fails
of itself.

`best_model`, `best_recipe` and `experiments` are left out: they are the student's own, and any network and
any such log are right there.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from autograder.judge.bank import Mistake, Replacement
from autograder.judge.oracle import LiveOracle, Reference
from tests.judging import LAB, REFERENCE, definitions_of, judged, lay_out, live_oracle
from tests.mutations import mutations_of, names_used

LISTED = Path(__file__).parent / "mutants.yml"
LEFT_OUT = frozenset({"best_model", "best_recipe", "experiments"})
SECONDS = 60.0  # for one mutant: the reference needs two at most, on a machine that has other work too
MEMORY = 4 << 30  # bytes that a mutant may take beyond what the grader has
SEED = 11
KILLED, SURVIVED, TIMED_OUT, DIED, ERROR = "killed", "survived", "timed out", "died", "error"


@dataclass(frozen=True)
class Mutant:
    """A changed reference: the tasks whose checks it meets, its own first, and what was changed where."""

    tasks: tuple[str, ...]
    notebook: str
    definition: str
    kind: str
    line: int
    old: str
    new: str
    change: Mistake = field(repr=False)

    @property
    def task(self) -> str:
        """The task that it counts for."""
        return self.tasks[0]


class Change(BaseModel):
    """A line of the reference, without its indent and comment, and what it may become; `…` stands for further lines."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    old: str
    new: tuple[str, ...]


class Listed(BaseModel):
    """Changes to one definition that leave it as right as it was, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    notebook: str
    definition: str
    reason: str
    changes: tuple[Change, ...]


Key = tuple[str, str, str, str]


def read_listed(file: Path = LISTED) -> dict[Key, str]:
    """The reasons of the listed survivors, by notebook, definition, old and new line; raises `ValueError`."""
    reasons: dict[Key, str] = {}
    for entry in map(Listed.model_validate, yaml.safe_load(file.read_text(encoding="utf-8")) or []):
        for key in ((entry.notebook, entry.definition, one.old, new) for one in entry.changes for new in one.new):
            if key in reasons:
                raise ValueError(f"{file.name}: listed twice: {key}")
            reasons[key] = " ".join(entry.reason.split())
    return reasons


def key_of(mutant: Mutant) -> Key:
    """What an entry of the list names it by."""
    return mutant.notebook, mutant.definition, mutant.old, mutant.new


# --- making them ------------------------------------------------------------------------------------------------------


def known_mistakes() -> Iterator[Mutant]:
    """The bank's."""
    for task, known in live_oracle().bank.items():
        for mistake in known.values():
            first = mistake.replace[0]
            notebook = LAB.assignment.task(task).notebook
            line = (REFERENCE / f"{notebook}.py").read_text(encoding="utf-8").partition(first.old)[0].count("\n") + 1
            tasks = tuple(dict.fromkeys([task, *(one for one, _ in mistake.loses)]))
            yield Mutant(tasks, notebook, mistake.id, "known mistake", line, first.old, first.new, mistake)


def automatic() -> Iterator[Mutant]:
    """All small changes to definitions that a task asks for, and to what these use."""
    for notebook in dict.fromkeys(task.notebook for task in LAB.assignment.tasks):
        script = REFERENCE / f"{notebook}.py"
        uses = names_used(script.read_text(encoding="utf-8"))
        for mutation in mutations_of(script, LEFT_OUT):
            if tasks := tasks_of(notebook, mutation.definition, uses):
                replace = Replacement(old=mutation.before, new=mutation.after)
                change = Mistake(tasks[0], "", script, mutation.line, "", {}, (replace,))
                what = (mutation.definition, mutation.kind, mutation.line, mutation.old, mutation.new)
                yield Mutant(tasks, notebook, *what, change)


def tasks_of(notebook: str, definition: str, uses: dict[str, set[str]]) -> tuple[str, ...]:
    """The notebook's tasks that ask for a definition, and after them those that ask for one that uses it."""
    reached, tasks = [definition], []
    for name in reached:
        tasks += [task.id for task in LAB.assignment.tasks if task.notebook == notebook and name in task.definitions]
        reached += [user for user, used in uses.items() if name in used and user not in reached]
    return tuple(dict.fromkeys(tasks))


# --- judging them -----------------------------------------------------------------------------------------------------


class Judge:
    """Judges a mutant here: what became of it, and by what. Mistakes are not named, which costs time and no points."""

    def __init__(self, folder: Path) -> None:
        self._folder = lay_out(folder / "submission")
        self._oracle = LiveOracle(LAB.questions, REFERENCE, SEED)
        reference = definitions_of(Reference(REFERENCE))
        for task in LAB.assignment.tasks:  # whoever is forked from here knows the right answers
            if task.definitions and (lost := self._lost(task.id, reference)):
                sys.exit(f"The reference itself loses points, so no mutant can be judged: {'; '.join(lost)}")

    def __call__(self, mutant: Mutant) -> tuple[str, str]:
        try:
            definitions = definitions_of(live_oracle().variant(mutant.change))
        except Exception as error:
            return KILLED, f"cannot be made: {type(error).__name__}"
        for task in mutant.tasks:
            if lost := self._lost(task, definitions):
                return (ERROR if any(one.startswith("error") for one in lost) else KILLED), lost[0]
        return SURVIVED, ""

    def _lost(self, task: str, definitions: dict[str, Any]) -> list[str]:
        results = judged(task, definitions, self._folder, self._oracle)
        return [
            f"{result.status} {task}/{check}: {' '.join(result.message.split())}"
            for check, result in results.items()
            if result.score < result.max_score or result.status == "error"
        ]


def apart(
    mutants: Sequence[Mutant], judge: Callable[[Mutant], tuple[str, str]], jobs: int, seconds: float = SECONDS
) -> Iterator[tuple[Mutant, str, str]]:
    """Each mutant with its outcome, as they come, each judged in a fork of this process with limits of its own."""
    fork = multiprocessing.get_context("fork")
    waiting = list(reversed(mutants))
    running: dict[Connection, tuple[Mutant, Any, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            receiver, sender = fork.Pipe(duplex=False)
            process = fork.Process(target=_answer, args=(judge, waiting[-1], sender))
            process.start()
            sender.close()
            running[receiver] = (waiting.pop(), process, time.monotonic() + seconds)
        first = min(deadline for _, _, deadline in running.values())
        ready = set(wait(list(running), max(0.0, first - time.monotonic())))
        for receiver, (mutant, process, deadline) in list(running.items()):
            if receiver not in ready and time.monotonic() < deadline:
                continue
            outcome, why = TIMED_OUT, f"after {seconds:g} s"
            if receiver in ready:
                try:
                    outcome, why = receiver.recv()
                except EOFError:
                    outcome, why = DIED, "its process ended"
            process.kill()
            process.join()
            receiver.close()
            del running[receiver]
            yield mutant, outcome, why


def _answer(judge: Callable[[Mutant], tuple[str, str]], mutant: Mutant, sender: Connection) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    with contextlib.suppress(OSError):  # no /proc: no limit
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    try:
        answer = judge(mutant)
    except BaseException as error:  # a check that cannot be run: the grader's own fault
        answer = (ERROR, f"{type(error).__name__}: {error}")
    sender.send(answer)
    sender.close()
    os._exit(0)


# --- the outcome ------------------------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of all mutants."""

    found: list[tuple[Mutant, str, str]] = field(default_factory=list)
    listed: dict[Key, str] = field(default_factory=dict)

    def reason(self, mutant: Mutant) -> str:
        """Why a survivor is as right as the reference; empty if nobody says so."""
        return self.listed.get(key_of(mutant), "")

    @property
    def survivors(self) -> list[Mutant]:
        return [mutant for mutant, outcome, _ in self.found if outcome == SURVIVED]

    @property
    def wrong(self) -> list[Mutant]:
        """Survivors that nobody has called right."""
        return [mutant for mutant in self.survivors if not self.reason(mutant)]

    @property
    def stale(self) -> list[Key]:
        """Entries of the list that name no survivor."""
        return sorted(self.listed.keys() - set(map(key_of, self.survivors)))

    @property
    def errors(self) -> list[tuple[Mutant, str]]:
        return [(mutant, why) for mutant, outcome, why in self.found if outcome == ERROR]

    def counts(self, task: str | None = None) -> dict[str, int]:
        """How many there are, of a task or of all: all, known, killed, equal, survived."""
        of = [(mutant, outcome) for mutant, outcome, _ in self.found if task in (None, mutant.task)]
        survivors = [mutant for mutant, outcome in of if outcome == SURVIVED]
        equal = sum(bool(self.reason(mutant)) for mutant in survivors)
        return {
            "mutants": len(of),
            "known": sum(mutant.kind == "known mistake" for mutant, _ in of),
            "killed": sum(outcome in (KILLED, TIMED_OUT, DIED) for _, outcome in of),
            "as right": equal,
            "survived": len(survivors) - equal,
        }

    @property
    def failed(self) -> bool:
        return bool(self.wrong or self.stale or self.errors)


def score(counts: dict[str, int]) -> float:
    """The share of wrong programs that lose points."""
    return counts["killed"] / max(1, counts["mutants"] - counts["as right"])


def run(
    mutants: Sequence[Mutant],
    outcomes: Iterable[tuple[Mutant, str, str]],
    listed: dict[Key, str],
    console: Console,
) -> Outcome:
    """Gathers the outcomes behind a progress bar; of `listed`, only what names the mutants' definitions counts."""
    concerned = {(mutant.notebook, mutant.definition) for mutant in mutants}
    outcome = Outcome(listed={key: reason for key, reason in listed.items() if key[:2] in concerned})
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # No refreshing thread: forks of a process with threads may find its locks taken.
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        bar = progress.add_task("mutants", total=len(mutants))
        for found in outcomes:
            outcome.found.append(found)
            progress.update(bar, advance=1, description=f"{found[0].task}", refresh=True)
    order = {id(mutant): number for number, mutant in enumerate(mutants)}
    outcome.found.sort(key=lambda found: order[id(found[0])])
    return outcome


def report(outcome: Outcome, console: Console) -> None:
    """The table of the tasks, then the survivors, those that matter last."""
    table = Table("task", *outcome.counts(), "score")
    for name in [*dict.fromkeys(mutant.task for mutant, _, _ in outcome.found), None]:
        counts = outcome.counts(name)
        table.add_row(name or "all", *map(str, counts.values()), f"{score(counts):.1%}", end_section=name is None)
    console.print(table)
    for mutant in sorted(outcome.survivors, key=lambda one: not outcome.reason(one)):
        console.print(f"{mutant.notebook}.py:{mutant.line} ({mutant.definition}, {mutant.kind})", highlight=False)
        console.print(f"  [red]- {escape(mutant.old)}[/]\n  [green]+ {escape(mutant.new)}[/]", highlight=False)
        reason = outcome.reason(mutant)
        console.print(f"  as right: {escape(reason)}" if reason else "  SURVIVED: a check is too weak", highlight=False)
    for key in outcome.stale:
        console.print(f"mutants.yml names what no longer survives: {escape(' | '.join(key))}", highlight=False)
    for mutant, why in outcome.errors:
        where = f"{mutant.notebook}.py:{mutant.line} {mutant.new!r}"
        console.print(f"A check failed of itself on {where}: {why}", markup=False)
    counts = outcome.counts()
    console.print(
        f"{counts['killed']} of {counts['mutants'] - counts['as right']} wrong programs lose points:"
        f" {score(counts):.1%}. {counts['as right']} more are as right as the reference."
    )


def as_data(outcome: Outcome) -> dict[str, Any]:
    """The same for `--out`."""
    return {
        "counts": outcome.counts(),
        "score": score(outcome.counts()),
        "mutants": [
            {
                "tasks": mutant.tasks,
                "file": f"{mutant.notebook}.py",
                "line": mutant.line,
                "definition": mutant.definition,
                "kind": mutant.kind,
                "old": mutant.old,
                "new": mutant.new,
                "outcome": what,
                "why": outcome.reason(mutant) or why,
            }
            for mutant, what, why in outcome.found
        ],
    }


def main() -> None:
    import torch

    tasks = [task.id for task in LAB.assignment.tasks if task.definitions]
    parser = argparse.ArgumentParser(description="The mutation score of the checks.")
    parser.add_argument("--task", choices=tasks, help="only the mutants of this task")
    parser.add_argument("--out", type=Path, help="write every mutant's outcome here, as JSON")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at once (default: one a core)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # forks of a process with threads hang
    console = Console()
    everything = [*known_mistakes(), *automatic()]
    mutants = [one for one in everything if options.task in (None, one.task)]
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Path(folder))
        outcome = run(mutants, apart(mutants, judge, options.jobs), read_listed(), console)
    report(outcome, console)
    if options.out:
        options.out.write_text(json.dumps(as_data(outcome), indent=1, ensure_ascii=False), encoding="utf-8")
    sys.exit(outcome.failed)


if __name__ == "__main__":
    main()
