"""What a second worker of a Dask cluster brings.

Each worker is kept to a core of its own, as a further machine brings a core of its own. Without that a lone worker's
helpers would use the core that the second one is to bring. Marker and scheduler run where there is room.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from rich.table import Table

from tests.benches.kept import Found, Ratio
from tests.benches.marking import class_of, marking
from tests.loopback import Loopback
from tests.sample_class import make_class


def measure(given: argparse.Namespace, data: str) -> Found:
    """Marks `--submissions` at one worker and at two, start-up included."""
    count = given.submissions
    table = Table(title=f"{count} submissions at Dask workers of one core each; {data}, {os.cpu_count()} cores")
    for column in ("workers", "seconds", "seconds a submission", "× one worker"):
        table.add_column(column, justify="right")
    taken: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        root = Path(made)
        make_class(root / "made", data)
        submitted = class_of(root / "made", root / "class", count)
        with Loopback(root / "cluster") as cluster:
            for workers in (1, 2):
                cluster.worker(f"worker-{workers}", core=workers - 1)
                marks = root / f"marks-{workers}"
                taken.append(marking(submitted, marks, "--data", data, "--scheduler", cluster.address))
                faster = f"{taken[0] / taken[-1]:.2f}"
                table.add_row(str(workers), f"{taken[-1]:.0f}", f"{taken[-1] / count:.2f}", faster)
    return Found([table], [Ratio("speed of two Dask workers", "one worker", taken[0] / taken[1])])
