"""What `autograder build` takes, its gate included, beside importing torch and torchvision."""

from __future__ import annotations

import argparse
import sys
import tempfile

from rich.table import Table

from tests.benches.check import IMPORTS
from tests.benches.kept import Found, Ratio
from tests.benches.marking import seconds


def measure(given: argparse.Namespace, data: str) -> Found:
    """Builds lab 4 into a folder of its own, with the gate and without it."""
    imports = min(seconds([sys.executable, "-c", IMPORTS]) for _ in range(3))
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        command = [sys.executable, "-m", "autograder.cli", "build", "--data", data]
        whole = seconds([*command, "--out", f"{made}/whole"])
        draft = seconds([*command, "--no-gate", "--out", f"{made}/draft"])
    table = Table(title="Building source/ and release/")
    for column in ("what", "seconds", "× the imports"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, took in ((IMPORTS, imports), ("autograder build", whole), ("autograder build --no-gate", draft)):
        table.add_row(what, f"{took:.1f}", f"{took / imports:.2f}")
    return Found([table], [Ratio("autograder build, with its gate", IMPORTS, whole / imports)])
