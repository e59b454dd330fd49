"""`make demo`: builds the release, marks a small class of sample submissions, writes the report.

python -m tests.demo FOLDER
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.sample_class import ROOT, make_class


def step(title: str) -> None:
    print(f"\n=== {title}", flush=True)


def autograder(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
    status = subprocess.run(command, cwd=ROOT).returncode
    if status != 0:
        sys.exit(f"autograder {' '.join(map(str, arguments))} ended with status {status}")


def main(folder: Path) -> None:
    from autograder.data import load_data

    started = time.monotonic()
    data = load_data()
    print(f"Data: {data.description}")
    if data.name == "digits":
        print("MNIST cannot be had here, so this demo falls back on the embedded digits, with weights trained on them.")
    step("1. autograder build: reference → source → release, and the gate")
    autograder("build")
    step(f"2. a class of sample submissions, in {folder / 'submitted'}")
    shutil.rmtree(folder, ignore_errors=True)
    make_class(folder / "submitted", data.name)
    print(", ".join(sorted(path.name for path in (folder / "submitted").iterdir())))
    step("3. autograder mark")
    autograder("mark", folder / "submitted", "-o", folder / "marks")
    step("4. the report")
    autograder("report", folder / "marks")
    print(f"\nOpen {(folder / 'marks' / 'index.html').resolve()} in a browser. ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
