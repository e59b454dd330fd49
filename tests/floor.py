"""The numeric floor of marking one submission: what its networks, trainings and figures cost by themselves.

    python -m tests.floor                       a table of seconds by task, of the reference on MNIST or the digits

The questions are not written here a second time. The checks themselves are run once on the reference, by a respondent
that answers in this process and notes what it was asked; then each distinct question is asked again, by a plain call
of its procedure, with the clock running. So the floor holds whatever the checks ask, and nothing of the grader: no
process, no wire, no pytest, no notebook and no verdict. What the grader computes to judge (its own trainings,
expected values, chance images, correlations) is left out, except BetterCNN on the hidden images, which is the
grader's to run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pickle
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from rich.console import Console
from rich.table import Table

from autograder.data import load_data
from autograder.judge.accuracy import logits_of
from autograder.judge.oracle import KEY_SEED
from autograder.judge.weights_file import arrays_of, content_of, fit_weights
from autograder.labs.context import Context
from autograder.labs.lab import open_lab
from autograder.labs.lab4.test_4_2_better_cnn import BETTER_FILE
from autograder.labs.respondents import Respondents
from autograder.labs.run import run_checks
from autograder.sandbox.respondent import Procedure
from autograder.sandbox.student import quiet
from autograder.sandbox.weights_reader import read_weights
from autograder.submission import definitions
from tests.sample_class import LAB, RECIPES, make_student

SEED = KEY_SEED


class ReferenceStudent:
    """Hands the reference's definitions to the procedures, each loaded once."""

    device = "cpu"

    def __init__(self, reference: Path, scratch: Path) -> None:
        self.scratch = scratch
        self._load = cache(definitions.Definitions(reference).load)

    def get(self, name: str) -> Any:
        return self._load(name)


@dataclass(frozen=True)
class Question:
    """One piece of work of a marking, ready to be done."""

    task: str
    name: str
    ask: Callable[[], Any]


@dataclass
class Recorder:
    """A respondent that answers in this process and keeps each distinct question once."""

    student: ReferenceStudent
    tasks: dict[str, str]  # a definition's task
    questions: dict[bytes, Question] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def key(self, procedure: Procedure, arguments: dict[str, Any]) -> bytes:
        """The same for the same question."""
        return pickle.dumps((procedure, arguments))

    def end(self) -> None:
        """Nothing has to be ended."""

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(
        self, procedure: Procedure, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]
    ) -> Any:
        def again() -> Any:
            return procedure(self.student, **arguments)

        key = self.key(procedure, arguments)
        task = self.tasks[uses[0]] if uses else "weights files"
        self.questions.setdefault(key, Question(task, procedure.__name__.replace("_", "-"), again))
        with quiet():
            return again()


@contextlib.contextmanager
def recorded(data: str, respondent: type[Recorder]) -> Iterator[tuple[Recorder, Context, Respondents]]:
    """A respondent that answers for the reference in this process, its weights in place, and whoever asks it."""
    lab = open_lab(LAB)
    assert lab.reference is not None
    # What the reference's notebooks borrow from each other comes from the same definitions, while they are in use.
    with tempfile.TemporaryDirectory(prefix="floor-") as root, mock.patch.object(definitions, "lender", None):
        folder, scratch = Path(root) / LAB, Path(root) / "scratch"
        scratch.mkdir()
        tasks = {name: task.id for task in lab.assignment.tasks for name in task.definitions}
        recorder = respondent(ReferenceStudent(lab.reference, scratch), tasks)
        context = Context(lab, folder, lab.oracle(SEED), data, hidden_seed=SEED)
        make_student(RECIPES / "reference", folder, context.hidden_images()[2])
        yield recorder, context, Respondents(lab, recorder, lambda: recorder)


@contextlib.contextmanager
def prepared(data: str) -> Iterator[list[Question]]:
    """All questions of one marking of the reference, on `data` ("auto", "mnist" or "digits"), inputs and all.

    Raises `AssertionError` where the reference does not get full marks: then these are not a right submission's.
    """
    with recorded(data, Recorder) as (recorder, context, respondents):
        findings = run_checks(context, respondents)
        lost = [f"{task}/{check}" for (task, check), one in findings.results.items() if one.status != "passed"]
        assert not lost, f"the reference loses {', '.join(lost)}"
        limit = context.assignment.limits.weights_mb
        content = content_of(context.folder / BETTER_FILE, BETTER_FILE, limit)
        arrays = arrays_of(read_weights(content.tobytes(), limit), BETTER_FILE, limit)
        better = fit_weights(arrays, context.oracle.network("BetterCNN"), BETTER_FILE)
        images, _, _ = context.hidden_images()
        hidden = Question("better-cnn-accuracy", "hidden-images", lambda: logits_of(better, images))
        yield [*recorder.questions.values(), hidden]


def seconds(questions: list[Question], repeats: int, threads: int = 1) -> list[list[float]]:
    """What each question takes, in `repeats` rounds after one to warm up: (repeats, questions)."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    rounds: list[list[float]] = []
    try:
        with quiet():
            for _ in range(repeats + 1):
                taken = []
                for question in questions:
                    started = time.perf_counter()
                    question.ask()
                    taken.append(time.perf_counter() - started)
                rounds.append(taken)
    finally:
        torch.set_num_threads(before)
    return rounds[1:]


def floor(data: str, repeats: int, threads: int = 1) -> float:
    """The median seconds of one submission's numeric work on `data`, over `repeats` rounds after a warm-up."""
    with prepared(data) as questions:
        return statistics.median(sum(taken) for taken in seconds(questions, repeats, threads))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", choices=["auto", "mnist", "digits"], default="auto")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--total", action="store_true", help="only the seconds of one submission")
    parser.add_argument("--questions", action="store_true", help="a row for each question too")
    given = parser.parse_args()
    with prepared(given.data) as questions:
        load = os.getloadavg()[0]
        rounds = seconds(questions, given.repeats, given.threads)
    total = statistics.median(map(sum, rounds))
    if given.total:
        print(total)
        return
    places: dict[str, list[int]] = defaultdict(list)
    for place, question in enumerate(questions):
        places[question.task].append(place)
    title = f"{load_data(given.data).name}, {given.threads} thread(s), {given.repeats} rounds, load {load:.1f}"
    table = Table(title=f"The numbers of one submission\n{title} on {os.cpu_count()} cores")
    for column in ("task", "questions", "seconds", "share"):
        table.add_column(column, justify="left" if column == "task" else "right")

    def row(name: str, count: str, which: Sequence[int]) -> None:
        taken = statistics.median(sum(round_[place] for place in which) for round_ in rounds)
        table.add_row(name, count, f"{taken:.3f}", f"{taken / total:.0%}")

    for task, which in places.items():
        row(task, str(len(which)), which)
        for place in which if given.questions else ():
            row(f"  {questions[place].name}", "", [place])
    table.add_section()
    table.add_row("one submission", str(len(questions)), f"{total:.3f}", "100%")
    Console().print(table)


if __name__ == "__main__":
    main()
