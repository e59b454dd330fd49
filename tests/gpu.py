"""`make gpu`: its tests, the sample class on a GPU and on the CPU, and training on a GPU, with a table at the end.

    python -m tests.gpu [--seeds 5] [--data mnist]

It needs no virtual environment: any Python with the packages of `autograder` and pytest in it runs it. It writes
`build/gpu/gpu.md`. Trainings run side by side, so their times are what a seed takes among others; of each network, as
many seeds are trained as can be started within `--minutes`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.progress import track

from autograder.results import Results
from tests.sample_class import REFERENCE, ROOT, make_class

OUT = ROOT / "build" / "gpu"
DEVICE = "cuda"
NETWORKS = ("best", "better", "branch", "plain", "simple", "tiny")  # of networks.yml
AT_ONCE = 3  # trainings; more share the GPU by turns
SECRET_SEED = "0"


@dataclass
class Ended:
    """A command that has ended: its status, its seconds, and the last lines that it printed."""

    status: int
    seconds: float
    said: str


def run(*command: str | Path, threads: int | None = None) -> Ended:
    """Runs a command of this Python in the checkout."""
    environment = dict(os.environ)
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Ended(done.returncode, time.perf_counter() - started, "\n".join(done.stdout.splitlines()[-40:]))


Found = tuple[bool, list[str]]  # whether all went well, and the lines of the page


def gpu_tests() -> Found:
    """The tests that need a GPU."""
    done = run("pytest", "-q", "-p", "no:cacheprovider", "-rs", "tests/test_gpu.py")
    print(done.said, flush=True)
    summary = done.said.splitlines()[-1] if done.said else f"status {done.status}"
    return done.status == 0, [f"`tests/test_gpu.py`: {summary.strip('= ')}", ""]


def marked(device: str, data: str) -> tuple[Results | None, Ended, bool]:
    """The sample class marked on a device; whether it was without a sandbox, since this one lets no GPU through."""
    arguments = ["autograder.cli", "mark", OUT / "submitted", "-o", OUT / f"marks-{device}", "--data", data]
    arguments += ["--device", device]
    kept = OUT / f"marks-{device}" / "cache"
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "seed").write_text(SECRET_SEED, encoding="utf-8")
    done, bare = run(*arguments), False
    if done.status and "in the sandbox" in done.said:
        done, bare = run(*arguments, "--unsafe-no-sandbox"), True
    file = OUT / f"marks-{device}" / "results.json"
    if not file.is_file():
        print(done.said, flush=True)
        return None, done, bare
    return Results.read(file), done, bare


def differences(one: Results, other: Results) -> list[str]:
    """Each check whose status or points are not the same in both."""
    found = []
    checks = [
        {
            (student.student, task.id, check.id): (check.status, check.score)
            for student in results.students
            for task in student.tasks
            for check in task.checks
        }
        for results in (one, other)
    ]
    for key in sorted(checks[0].keys() | checks[1].keys()):
        here, there = (table.get(key, ("missing", 0)) for table in checks)
        if here != there:
            found.append(f"{' '.join(key)}: {here[0]} {here[1]:g} on the GPU, {there[0]} {there[1]:g} on the CPU")
    return found


def the_class(data: str) -> Found:
    """The sample class on the GPU and on the CPU: times, and what differs."""
    for old in ("submitted", f"marks-{DEVICE}", "marks-cpu"):
        shutil.rmtree(OUT / old, ignore_errors=True)
    make_class(OUT / "submitted", data)
    lines = [f"| device | the sample class, {data} | seconds |", "|---|---|---:|"]
    found = []
    for device in (DEVICE, "cpu"):
        results, done, bare = marked(device, data)
        if results is None:
            return False, [*lines, "", f"The class could not be marked on {device}: status {done.status}.", ""]
        found.append(results)
        scores = ", ".join(f"{student.student} {student.score:g}" for student in results.students)
        lines.append(f"| {device}{', no sandbox' if bare else ''} | {scores} | {done.seconds:.0f} |")
    apart = differences(*found)
    count = sum(len(task.checks) for student in found[0].students for task in student.tasks)
    verdict = [f"- {line}" for line in apart] or [f"All {count} checks have the same status and points on both."]
    return not apart, [*lines, "", *verdict, ""]


def trained(network: str, seed: int, data: str) -> list[dict[str, float]]:
    """What `autograder train` has measured of one network with one seed."""
    folder = OUT / "trained" / f"{network}-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    arguments = ("--model", network, "--seed", str(seed), "--device", DEVICE, "--data", data, "--out", folder)
    done = run("autograder.cli", "train", *arguments, threads=1)
    record = folder / "training.json"
    if done.status or not record.is_file():
        print(f"{network}, seed {seed}: status {done.status}\n{done.said}", flush=True)
        return []
    return json.loads(record.read_text(encoding="utf-8"))


def training(data: str, seeds: int, minutes: float) -> Found:
    """Each network from several seeds on the GPU."""
    pairs = [(network, seed) for seed in range(seeds) for network in NETWORKS]
    until = time.monotonic() + 60 * minutes

    def in_time(network: str, seed: int) -> list[dict[str, float]]:
        return trained(network, seed, data) if time.monotonic() < until else []

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = [pool.submit(in_time, *pair) for pair in pairs]
        for one in track(waiting, description="Training"):
            one.result()
    complete = True
    lines = [
        f"| network, {data} | epochs | seeds | seconds a seed, {AT_ONCE} at once | test accuracy % | least | sd |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for network in NETWORKS:
        rows = [row for pair, one in zip(pairs, waiting, strict=True) if pair[0] == network for row in one.result()]
        if not rows:
            complete = False
            lines.append(f"| {network} | no training ended | | | | | |")
            continue
        reached = [100 * row["test"] for row in rows]
        spread = f"{statistics.stdev(reached):.2f}" if len(reached) > 1 else ""
        seconds = statistics.mean(60 * row["minutes"] for row in rows)
        lines.append(
            f"| {network} | {rows[0]['epochs']} | {len(rows)} | {seconds:.0f}"
            f" | {statistics.mean(reached):.2f} | {min(reached):.2f} | {spread} |"
        )
    return complete, [*lines, ""]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make gpu", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="seeds of each network (default: 5)")
    parser.add_argument("--data", choices=("mnist", "digits"), help="default: MNIST if it can be had")
    parser.add_argument("--minutes", type=float, default=4, help="start no training later than this (default: 4)")
    parser.add_argument("--without", choices=("tests", "class", "training"), action="append", default=[])
    options = parser.parse_args(given)
    if not torch.cuda.is_available():
        print("There is no GPU that torch can use on this machine: nothing was run, and nothing is known.")
        return 1
    if not REFERENCE.is_dir():
        print(f"{REFERENCE}: there is no reference, whose networks would be trained")
        return 1
    from autograder.data import load_data

    started = time.perf_counter()
    data = load_data(options.data or "auto").name
    OUT.mkdir(parents=True, exist_ok=True)
    cores = len(os.sched_getaffinity(0))
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    page: list[str] = []
    well = True

    def tell(found: Found) -> None:
        nonlocal well
        fine, lines = found
        well &= fine
        page.extend(lines)
        print("\n".join(lines), flush=True)
        (OUT / "gpu.md").write_text("\n".join(page) + "\n", encoding="utf-8")

    tell((True, [f"{torch.cuda.get_device_name(0)}, {cores} cores, {versions}.", ""]))
    if "tests" not in options.without:
        tell(gpu_tests())
    if "class" not in options.without:
        tell(the_class(data))
    if "training" not in options.without:
        tell(training(data, options.seeds, options.minutes))
    tell((True, [f"All of it took {time.perf_counter() - started:.0f} s."]))
    print(f"Written to {OUT / 'gpu.md'}.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
