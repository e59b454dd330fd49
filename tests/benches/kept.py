"""What a part of the bench found, kept from run to run, and the one table of all parts."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.sample_class import ROOT

FOLDER = ROOT / "build" / "bench"  # a file for each part, and all of them as one text beside it
WIDTH = 130


@dataclass(frozen=True)
class Ratio:
    """A line of the one table: what was measured, beside what, and how many times as much it is."""

    what: str
    beside: str
    times: float


@dataclass(frozen=True)
class Found:
    """What a part found: its tables, and its lines of the one table."""

    tables: Sequence[Table | str]
    ratios: Sequence[Ratio] = ()


def machine() -> str:
    """The machine in a line: processor, cores, memory, Python, torch."""
    import psutil
    import torch

    processor = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        processor = named[0].partition(":")[2].strip() if named else processor
    gigabytes = psutil.virtual_memory().total / 2**30
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{processor}, {os.cpu_count()} cores, {gigabytes:.0f} GiB, {gpu}; {versions}"


def keep(part: str, found: Found) -> None:
    """Prints what a part found and keeps it, in place of what it found before."""
    console = Console(width=WIDTH, record=True)
    for table in found.tables:
        console.print(table)
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = {
        "when": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "ratios": [asdict(ratio) for ratio in found.ratios],
        "text": console.export_text(),
    }
    (FOLDER / f"{part}.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def write_all(parts: Sequence[str]) -> Path:
    """Prints the one table of all parts that were ever measured here, and writes it with their tables below it."""
    files = {part: FOLDER / f"{part}.json" for part in parts}
    known = {part: json.loads(file.read_text(encoding="utf-8")) for part, file in files.items() if file.is_file()}
    table = Table(title="All ratios")
    for column in ("part", "what", "beside", "times", "measured"):
        table.add_column(column, justify="right" if column == "times" else "left")
    for part, kept in known.items():
        for ratio in kept["ratios"]:
            table.add_row(part, ratio["what"], ratio["beside"], f"{ratio['times']:.2f}", kept["when"])
    console = Console(width=WIDTH, record=True)
    for description in sorted({kept["machine"] for kept in known.values()}):
        console.print(description, highlight=False)
    console.print(table)
    target = FOLDER.with_suffix(".txt")
    text = console.export_text() + "".join(f"\n{kept['text']}" for kept in known.values())
    target.write_text(text, encoding="utf-8")
    return target
