"""How the cost of marking grows: with the class, with the workers, with the checks of a task.

The class grows in whole submissions of the lab, each of its own; 1,000 of them take about twenty minutes on two cores.
The checks grow in a lab of one task, which is made in a copy of the checkout: each check asks a question of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from rich.progress import track
from rich.table import Table

from tests.benches.kept import Found, Ratio
from tests.benches.marking import class_of
from tests.checkout_copy import copy_checkout, run
from tests.sample_class import ROOT, make_class

CHECKS = (1, 2, 4, 8)
OF_ONE_TASK = 48  # students
LAB = "growth"


def cost(command: list[str], cwd: Path = ROOT) -> tuple[float, float]:
    """How many seconds a command takes, and how many MB its largest process held at most."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        environment = {**os.environ, "PYTHONPATH": str(cwd)}
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode()[-2000:]}")
    return time.monotonic() - started, used.ru_maxrss / 1024


def marking(submitted: Path, marks: Path, *more: str, cwd: Path = ROOT) -> tuple[float, float]:
    return cost([sys.executable, "-m", "autograder.cli", "mark", str(submitted), "-o", str(marks), *more], cwd)


def with_class(root: Path, data: str, sizes: list[int]) -> tuple[Table, list[Ratio]]:
    """Classes of these sizes; the one before the last, or the only one, also with one worker."""
    table = Table(title=f"The class grows; {data}, {os.cpu_count()} cores")
    for column in ("submissions", "workers", "seconds", "seconds a submission", "MB of the largest process"):
        table.add_column(column, justify="right")
    make_class(root / "made", data)
    plan = [(size, 2) for size in sizes]
    plan.insert(max(0, len(sizes) - 2), (sizes[max(0, len(sizes) - 2)], 1))
    each: dict[tuple[int, int], float] = {}
    for size, workers in track(plan, "classes", transient=True):
        submitted = root / f"class-{size}"
        if not submitted.exists():
            class_of(root / "made", submitted, size)
        took, held = marking(
            submitted, root / f"marks-{size}-{workers}", "--data", data, "--jobs", str(workers), "--assignment", "lab4"
        )
        each[size, workers] = took / size
        table.add_row(f"{size:,}", str(workers), f"{took:.0f}", f"{took / size:.2f}", f"{held:.0f}")
    middle, last = plan[max(0, len(sizes) - 2)][0], sizes[-1]
    ratios = [Ratio("speed of two local workers", "one worker", each[middle, 1] / each[middle, 2])]
    if last != middle:
        ratios.append(Ratio(f"a submission of {last:,}", f"one of {middle:,}", each[last, 2] / each[middle, 2]))
    return table, ratios


def with_checks(root: Path) -> tuple[Table, float]:
    """A lab of one task, with more and more checks, for the same class; and how many times one check's cost 8 have."""
    table = Table(title=f"The checks of a task grow; {OF_ONE_TASK} students, {os.cpu_count()} cores")
    for column in ("checks", "seconds", "× one check"):
        table.add_column(column, justify="right")
    first = 0.0
    for count in track(CHECKS, "checks", transient=True):
        place = root / f"checks-{count}"
        place.mkdir()
        took, _ = marking(lab_with_checks(place, count), place / "marks", "--assignment", LAB, cwd=place / "course")
        first = first or took
        table.add_row(str(count), f"{took:.1f}", f"{took / first:.2f}")
    return table, took / first


def lab_with_checks(place: Path, count: int) -> Path:
    """Makes a copy of the checkout with a lab of one task and so many checks, and a class for it."""
    copy = copy_checkout(place)
    made = run(copy, f"autograder new lab {LAB} --task rescale --notebook 5_1_pixels --points {count}")
    if made.returncode != 0:
        sys.exit(f"autograder new lab ended with {made.returncode}:\n{made.stdout}{made.stderr}")
    checks = copy / "autograder" / "labs" / LAB
    asking, judging, course = checks / "asking.py", checks / "test_5_1_pixels.py", copy / "course.yml"
    head, _, rest = asking.read_text(encoding="utf-8").partition("RESCALE = Asked(")
    asked = "RESCALE = Asked(" + rest
    asking.write_text(
        head
        + "".join(
            asked.replace("RESCALE", f"RESCALE_{one}")
            .replace('question="rescale"', f'question="rescale-{one}"')
            .replace("(4, 5)", f"(4, {4 + one})")
            for one in range(1, count + 1)
        ),
        encoding="utf-8",
    )
    head, mark, rest = judging.read_text(encoding="utf-8").partition('@pytest.mark.task("rescale")')
    judging.write_text(
        head
        + "\n\n".join(
            (mark + rest)
            .replace("__right_values", f"__right_values_{one}")
            .replace("RESCALE", f"RESCALE_{one}")
            .replace('oracle.ask("rescale")', f'oracle.ask("rescale-{one}")')
            for one in range(1, count + 1)
        ),
        encoding="utf-8",
    )
    entry = ", ".join(f"right-values-{one}: 1" for one in range(1, count + 1))
    text = course.read_text(encoding="utf-8")
    course.write_text(text.replace(f"checks: {{right-values: {count}}}", f"checks: {{{entry}}}"), encoding="utf-8")
    notebook = jupytext.read(copy / "reference" / LAB / "5_1_pixels.py")
    for student in range(OF_ONE_TASK):
        target = place / "submitted" / f"student-{student:03}" / LAB / "5_1_pixels.ipynb"
        target.parent.mkdir(parents=True)
        own = nbformat.from_dict({**notebook, "cells": [*notebook.cells]})
        own.cells[1].source += f"\nSTUDENT = {student}"
        nbformat.write(own, target)
        own.cells[1].source = own.cells[1].source.rsplit("\n", 1)[0]
    return place / "submitted"


def measure(given: argparse.Namespace, data: str) -> Found:
    """The checks first, then the classes of `--sizes`."""
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as made:
        checks, eight = with_checks(Path(made))
        classes, ratios = with_class(Path(made), data, given.sizes)
    return Found([checks, classes], [*ratios, Ratio(f"{CHECKS[-1]} checks a task", "one check", eight)])
