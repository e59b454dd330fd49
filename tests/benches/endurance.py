"""What one worker holds after many submissions: memory, descriptors, processes. 20 minutes for 1,000."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benches.kept import Found, Ratio
from tests.benches.marking import renamed
from tests.sample_class import make_class

STUDENTS = ("release",) * 24 + ("reference",)  # most of it is starting, asking and ending, which is what could leak


def measure(given: argparse.Namespace, data: str) -> Found:
    """Marks `--endured` submissions and says what the worker held after each tenth part."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        root = Path(made)
        make_class(root / "made", data)
        return endured(root, data, given.endured)


def endured(root: Path, data: str, count: int) -> Found:
    import psutil

    from autograder.course import Limits
    from autograder.grading.grader import Grader, GradingSpec
    from autograder.labs.findings import CachedChecks
    from autograder.labs.lab import open_lab
    from autograder.sandbox.layers.choice import choose
    from autograder.submission.collect import find_submissions

    grader = Grader(GradingSpec(open_lab("lab4"), data, "cpu", 4, 1, choose()))
    own = psutil.Process()
    table = Table(title=f"Endurance: {count} submissions, {data}")
    for column in ("submissions", "seconds", "worker MB", "fork server MB", "descriptors", "processes"):
        table.add_column(column, justify="right")
    held: dict[int, float] = {}
    started = time.monotonic()
    for number in range(count):
        renamed(root / "made" / STUDENTS[number % len(STUDENTS)], root / "class" / "one", number)
        staging = root / "staging"
        staging.mkdir()
        [submission] = find_submissions(root / "class", "lab4", staging, Limits()).submissions
        marked = grader.mark(submission, "one", CachedChecks(""))
        assert marked.result.status == "marked"
        shutil.rmtree(root / "class")
        shutil.rmtree(staging)
        if number + 1 in (count // 100, count // 10) or (number + 1) % (count // 10) == 0:
            children = own.children(recursive=True)
            fork_server = max((child.memory_info().rss for child in children), default=0)
            held[number + 1] = own.memory_info().rss / 2**20
            table.add_row(
                str(number + 1),
                f"{time.monotonic() - started:.0f}",
                f"{held[number + 1]:.1f}",
                f"{fork_server / 2**20:.1f}",
                str(own.num_fds()),
                str(len(children)),
            )
            Console(width=100).print(table)
    grader.close()
    first, last = held[count // 10], held[count]
    return Found([table], [Ratio(f"memory after {count:,} submissions", f"after {count // 10:,}", last / first)])
