"""`make bench`: what marking a submission costs, beside nbgrader on the same notebooks, in one run, as ratios.

Trains for real where nbgrader does: minutes on the embedded digits, more on MNIST.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.sample_class import ROOT, make_class

STUDENTS = ("reference", "no-second-relu", "dropout-always-on", "half-done")


def seconds(command: list[str], cwd: Path) -> float:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    started = time.monotonic()
    subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    return time.monotonic() - started


def main() -> None:
    from autograder.data import load_data

    data = load_data()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        make_class(root / "all", data.name)
        for student in STUDENTS:
            shutil.copytree(root / "all" / student, root / "submitted" / student)
        shutil.copytree(ROOT / "source" / "lab4", root / "source" / "lab4")
        shutil.copyfile(ROOT / "nbgrader_config.py", root / "nbgrader_config.py")
        mark = [sys.executable, "-m", "autograder.cli", "mark", str(root / "submitted"), "-o", str(root / "marks")]
        ours = seconds(mark, ROOT) / len(STUDENTS)
        again = seconds(mark, ROOT) / len(STUDENTS)
        nbgrader = [sys.executable, "-m", "nbgrader"]
        seconds([*nbgrader, "generate_assignment", "lab4", "--create", "--force"], root)
        theirs = seconds([*nbgrader, "autograde", "lab4", "--student=reference"], root)
    table = Table(title=f"A submission of six notebooks, {data.name}, {os.cpu_count()} cores, {platform.machine()}")
    for column in ("what", "seconds a submission", "× autograder mark"):
        table.add_column(column, justify="left" if column == "what" else "right")
    table.add_row(f"autograder mark, all checks ({len(STUDENTS)} students, start-up included)", f"{ours:.1f}", "1")
    table.add_row("the same again, nothing changed", f"{again:.1f}", f"{again / ours:.2f}")
    table.add_row("nbgrader autograde, public checks, training cells run", f"{theirs:.1f}", f"{theirs / ours:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
