"""What a student waits for `autograder check`, as a multiple of `import torch, torchvision`, in one run.

Each repeat runs everything once, one after the other, so that what else the machine does meets all of them alike.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from rich.table import Table

from tests.benches.kept import Found, Ratio
from tests.sample_class import ROOT, make_student

REPEATS = 5
IMPORTS = "import torch, torchvision"
PROGRAM = "from autograder.cli import main; main()"


def measure(given: argparse.Namespace, data: str) -> Found:
    """The self-check of nothing done and of all done, with a student's package and with this checkout."""
    rows = check_rows(REPEATS, data)
    return Found([as_table(rows)], [Ratio(name, rows[0][0], times) for name, _, times in rows[1:3]])


def check_rows(repeats: int, data: str) -> list[tuple[str, float, float]]:
    """What was run, the median of its seconds, and that as a multiple of the imports' median."""
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder:
        root = Path(folder)
        (wheel,) = (ROOT / "release" / "lab4").glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(root / "package")
        shutil.copytree(ROOT / "release" / "lab4", root / "release" / "lab4")
        make_student(ROOT / "tests" / "recipes" / "reference", root / "reference" / "lab4", data)
        commands = {f"python -c '{IMPORTS}'": (ROOT, [IMPORTS])}
        for where, package in (("a student's package", root / "package"), ("this checkout", ROOT)):
            for work in ("release", "reference"):
                command = [PROGRAM, "check", str(root / work / "lab4")]
                commands[f"autograder check, the {work}, {where}"] = (package, command)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(repeats + 1):
            for name, (package, command) in commands.items():
                taken[name].append(_seconds(package, command))
    medians = {name: statistics.median(each[1:]) for name, each in taken.items()}  # the first fills the caches
    floor = next(iter(medians.values()))
    return [(name, median, median / floor) for name, median in medians.items()]


def _seconds(package: Path, code: list[str]) -> float:
    """How long `python -c CODE ARGUMENTS` takes with `autograder` from the folder `package`."""
    started = time.monotonic()
    environment = {**os.environ, "PYTHONPATH": str(package)}
    done = subprocess.run([sys.executable, "-c", *code], cwd=package, env=environment, capture_output=True, text=True)
    taken = time.monotonic() - started
    if done.returncode not in (0, 1):  # 1: not all checks pass
        sys.exit(f"{' '.join(code)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return taken


def as_table(rows: list[tuple[str, float, float]]) -> Table:
    """The rows of `check_rows` for the terminal."""
    table = Table(title=f"A student's self-check; {os.cpu_count()} cores")
    for column in ("what", "seconds", "× the imports"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, median, ratio in rows:
        table.add_row(name, f"{median:.2f}", f"{ratio:.2f}")
    return table
