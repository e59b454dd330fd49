"""What the worst submissions cost the grader's own process: memory at most, and seconds.

    python -m tests.benches.worst [--data digits] [FOLDER…]      marks these folders, else some of the corpus

Each is marked by a process of its own, with the limits of `course.yml`; the memory is what marking adds to it. The
last line needs no student process: every question is answered by the largest arrays and lists that its form allows.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.benches.kept import Found, Ratio
from tests.malicious.corpus import attacks, hand_in
from tests.sample_class import RECIPES, make_student

CORPUS = ("millions-of-things", "thousands-of-long-names", "sixty-thousand-keys", "tensors-that-are-not-there")
LARGEST = "largest answers of each form"


def measure(given: argparse.Namespace, data: str) -> Found:
    """The part of `make bench`."""
    return of_folders([], data)


def of_folders(folders: list[Path], data: str) -> Found:
    """What these submissions cost, beside the reference."""
    table = Table(title=f"The worst submissions, {data}")
    for column in ("submission", "MB added", "seconds", "mark"):
        table.add_column(column, justify="left" if column == "submission" else "right")
    cost: dict[str, tuple[float, float, str]] = {}
    with tempfile.TemporaryDirectory(prefix="worst-") as root:
        make_student(RECIPES / "reference", Path(root, "reference"), data)
        plan = [("reference", Path(root, "reference"))]
        for attack in [] if folders else [one for one in attacks() if one.name in CORPUS]:
            plan.append((attack.name, hand_in(attack, Path(root, attack.name), {})))
        plan += [(folder.name, folder) for folder in folders]
        for name, folder in plan:
            cost[name] = alone(_marked, folder, data)
        if not folders:
            cost[LARGEST] = alone(_judged, Path(root, "reference"), data)
    for name, (memory, seconds, mark) in cost.items():
        table.add_row(name, f"{memory:.0f}", f"{seconds:.1f}", mark)
    worst = max(cost, key=lambda name: cost[name][0])
    times = cost[worst][0] / max(1.0, cost["reference"][0])
    return Found([table], [Ratio(f"memory for the worst submission ({worst})", "the reference", times)])


def alone(work: Callable[..., Any], *given: Any) -> tuple[float, float, str]:
    """What a process of its own needs for some work: MB at most beside what it begins with, and seconds; and a word."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_alone, args=(there, work, given))
    process.start()
    there.close()
    found: tuple[float, float, str] = here.recv()
    process.join()
    return found


def _alone(there: Connection, work: Callable[..., Any], given: Any) -> None:
    with work(*given) as do:
        before = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
        started = time.monotonic()
        word = do()
        there.send((_memory("VmHWM") - before, time.monotonic() - started, word))


def _memory(what: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(what)) / 1024


@contextlib.contextmanager
def _marked(folder: Path, data: str) -> Iterator[Callable[[], str]]:
    """Marks a submission as `autograder mark` does, without a sandbox: no memory of the grader's depends on it."""
    from autograder.grading.grader import Grader, GradingSpec
    from autograder.labs.lab import open_lab
    from autograder.submission.taken_in import Submission

    grader = Grader(GradingSpec(open_lab("lab4"), data, "cpu", 7, 1))

    def do() -> str:
        result = grader.mark(Submission("worst", folder), "worst").result
        return result.status if result.score is None else f"{result.score:g}"

    yield do
    grader.close()


@contextlib.contextmanager
def _judged(folder: Path, data: str) -> Iterator[Callable[[], str]]:
    """Runs all checks on the largest answers of the right form, as they come over the wire."""
    import torch

    from autograder.labs import forms
    from autograder.labs.context import Context
    from autograder.labs.lab import open_lab
    from autograder.labs.respondents import Respondents
    from autograder.labs.run import run_checks
    from autograder.sandbox import wire

    torch.set_num_threads(1)
    lab = open_lab("lab4")
    context = Context(lab, folder, lab.live_oracle(7, named=False), data, "cpu", 7)
    context.hidden_images()
    namer = lab.live_oracle(7)

    class Largest:
        notes: tuple[str, ...] = ()

        def ask(self, procedure: Any, *_: Any) -> Any:
            return wire.unframe(wire.encode(_largest(forms.form_of(procedure))))

        def end(self) -> None: ...

    def do() -> str:
        findings = run_checks(context, Respondents(lab, Largest(), Largest), namer=namer)
        errors = [check for check in findings.results.values() if check.status == "error" or check.unjudged]
        return "; ".join(check.unjudged or check.message for check in errors)[:200] or "judged"

    yield do


def _largest(form: Any) -> Any:
    """A large value of a form."""
    from autograder.labs import forms

    if not isinstance(form, forms.Composite):
        leaves = [
            *_arrays(),
            "x" * 100,
            True,
            False,
            None,
            1,
            2,
            100,
            0.2,
            "cpu",
            "float32",
            "training",
            "dropout",
            [2, 10],
            {},
        ]
        return next((value for value in leaves if form(value)), 0)
    parts = form.parts
    if form.kind == "either":
        return _largest(parts[-1])
    if form.kind == "both":
        return _largest(parts[0])
    if form.kind == "record":
        return {name: _largest(part) for name, part in zip(form.names, parts, strict=True)}
    if form.kind == "pair":
        return [_largest(part) for part in parts]
    one = _largest(parts[0])
    few = max(1, 48 * 2**20 // max(1, _size(one)))  # as many as a frame takes
    return [one] * (form.length if form.length is not None else min(form.most, few, 200))


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_size, parts))


def _arrays() -> Iterator[np.ndarray]:
    drawn = np.random.default_rng(3).random(4_000_000, np.float32)
    yield from (drawn.reshape(2, 1000, 2000), drawn.reshape(2000, 2000), drawn)
    yield np.zeros(48 * 2**20, np.uint8)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--data", default="digits")
    asked = parser.parse_args()
    for table in of_folders(asked.folders, asked.data).tables:
        Console(width=120).print(table)
