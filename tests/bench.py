"""`make bench`: what everything costs, as ratios.

    python -m tests.bench                     all parts but the long ones: about half an hour on 2 cores
    python -m tests.bench cluster growth      some parts; with make: ARGS="cluster growth"

Needs a machine that does nothing else. What was measured before is kept: build/bench.txt holds all of it in one table.
"""

from __future__ import annotations

import argparse
import importlib

from rich.console import Console

from autograder.data import load_data
from tests.benches.kept import keep, write_all
from tests.sample_class import ROOT

PARTS = {
    "marking": "a class of students, beside the pure numbers and beside nbgrader",
    "check": "a student's self-check, beside the imports",
    "training": "a network to 99 %, beside the classic recipe",
    "build": "the release, beside the imports",
    "cluster": "two Dask workers, beside one",
    "growth": "10, 100 and 1,000 submissions; one worker and two; 1 to 8 checks a task: another half an hour",
    "endurance": "what a worker holds after many submissions: 20 minutes for 1,000",
    "worst": "the grader's memory with the worst submissions, beside the reference",
    "ablation": "what each step towards the best model bought: 20 minutes",
}
LONG = ("growth", "endurance", "ablation")


def main() -> None:
    listing = "\n".join(f"  {name:10} {about}" for name, about in PARTS.items())
    parser = argparse.ArgumentParser(epilog=f"parts:\n{listing}", formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="default: all but " + " and ".join(LONG))
    parser.add_argument("--data", default="auto", help="auto, mnist or digits")
    parser.add_argument("--no-nbgrader", action="store_true", help="marking without the minutes that nbgrader takes")
    parser.add_argument("--classic", action="store_true", help="marking also beside nbgrader with the classic recipe")
    parser.add_argument("--seeds", type=int, default=10, help="trainings by the lab's recipe")
    parser.add_argument("--submissions", type=int, default=60, help="that a cluster marks")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="of the growing class")
    parser.add_argument("--endured", type=int, default=1000, help="submissions that one worker marks")
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    data = load_data(given.data).name
    console = Console(highlight=False)
    for part in given.parts or [part for part in PARTS if part not in LONG]:
        console.print(f"{part}: {PARTS[part]} …")
        keep(part, importlib.import_module(f"tests.benches.{part}").measure(given, data))
    print(f"Kept in {write_all(list(PARTS)).relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
