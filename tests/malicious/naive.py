"""The naive grader: what people write today, kept to show that each attack of the corpus is a real one.

It copies the hand-in to a folder, puts a conventional pytest file and its conftest beside it (`naive_lab/`), runs
pytest there as a process of its own session with a time limit, and reads the points: all of them where pytest ended
with 0, else those in results.json, else a share by the line "2 failed, 1 passed". Student, reference, expected values
and labels are in one process. It is honest about honest work and protected against nothing.

    python -m tests.malicious.naive NAME…      grades these attacks (default: all) and prints what they achieve

Importing torch takes seconds. So a server process has imported the libraries and forks for each hand-in a grader, and
that one the process of pytest; a hand-in with files that stand in for a library or for sitecustomize gets a fresh
interpreter.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import json
import os
import queue
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.malicious.corpus import ROOT, Attack, Decoys, attacks, hand_in

LAB = Path(__file__).resolve().parent / "naive_lab"
LIMIT_SECONDS = 25
HANGING_SECONDS = 6  # enough for an attack whose header says that it hangs
OUTPUT_CHARACTERS = 200_000
MODULES = {".py", ".pyc", ".so"}


@dataclass(frozen=True)
class NaiveOutcome:
    """What the naive grader made of a hand-in. `status` is ok, died (killed by a signal, or no result) or hung."""

    points: float
    status: str
    seconds: float
    left_running: int = 0
    output: str = ""
    detail: str = ""
    changed: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)


def grade(
    folder: Path, tasks: Collection[str], decoys: Decoys, limit: float = LIMIT_SECONDS, fresh: bool | None = None
) -> NaiveOutcome:
    """Grades the hand-in (a folder or a zip). `fresh` asks for an interpreter of its own (default: as needed)."""
    server: Server | None = None
    with contextlib.suppress(queue.Empty):
        server = _idle.get_nowait()
    if server is None or not server.running():
        server = Server()
    outcome = server.grade(folder, tasks, decoys, limit, fresh)
    _idle.put(server)
    return outcome


def run_attack(attack: Attack) -> tuple[NaiveOutcome, list[str]]:
    """Hands in the attack, grades it, and says which of the header's words for `naive` are true of it."""
    with Decoys() as decoys, tempfile.TemporaryDirectory(prefix="hand-in-") as folder:
        with _writing:
            given = hand_in(attack, Path(folder) / "submission", decoys.tokens)
        limit = HANGING_SECONDS if attack.naive == "hangs" else LIMIT_SECONDS
        outcome = grade(given, attack.tasks, decoys, limit)
        return outcome, achieved(attack, outcome, decoys)


def achieved(attack: Attack, outcome: NaiveOutcome, decoys: Decoys) -> list[str]:
    """Which of the header's words for `naive` are true of this outcome."""
    found = {
        "gains": outcome.points > attack.mark,
        "reads": decoys.secret in outcome.output,
        "writes": bool(outcome.changed),
        "heard": bool(outcome.heard),
        "dies": outcome.status == "died",
        "hangs": outcome.status == "hung",
        "leaves": outcome.left_running > 0,
    }
    return [name for name, true in found.items() if true]


class Server:
    """The process that has imported the libraries and forks a grader for each hand-in."""

    def __init__(self) -> None:
        self.home = tempfile.mkdtemp(prefix="naive-")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.malicious.naive", "--serve", self.home],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )
        atexit.register(self.close)

    def running(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """Ends the server."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def grade(
        self, folder: Path, tasks: Collection[str], decoys: Decoys, limit: float, fresh: bool | None
    ) -> NaiveOutcome:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"folder": str(folder), "tasks": list(tasks), "limit": limit, "fresh": fresh}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the naive grader's server died")
        outcome = json.loads(line)
        # A decoy stands for the grader's own process: where it was hit, the grader was.
        if not decoys.alive():
            outcome.update(status="died", points=0, detail="the grader's process was killed or stopped")
        return NaiveOutcome(**outcome, changed=decoys.changed(), heard=decoys.wait_for_words(0.1))


_idle: queue.LifoQueue[Server] = queue.LifoQueue()  # it takes seconds to start one
_writing = threading.Lock()  # generators draw from torch's global random numbers


# --- in the server ----------------------------------------------------------------------------------------------------


def serve(home: Path) -> None:
    """Reads requests from stdin, answers on stdout. Returns in a forked child that is to become pytest."""
    import matplotlib.pyplot  # noqa: F401
    import numpy as np
    import pytest  # noqa: F401
    import torch
    import torchbearer  # noqa: F401
    import torchvision  # noqa: F401

    import autograder.notebook  # noqa: F401
    from autograder.data import load_data

    torch.set_num_threads(1)
    data = load_data()
    np.savez(home / "data.npz", images=data.test_images[:500].numpy(), labels=data.test_labels[:500].numpy())
    os.environ["LAB_DATA"], os.environ["LAB_DATA_NAME"] = str(home / "data.npz"), data.name
    os.environ["LAB_REFERENCE"] = str(ROOT / "reference" / "lab4")
    del data
    gc.freeze()  # so that collecting in a forked child does not copy everything
    _adopt_orphans()
    for line in sys.stdin:
        request = json.loads(line)
        answer = _grade_in_a_process(request, home)
        if answer is None:
            return
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _grade_in_a_process(request: dict[str, Any], home: Path) -> dict[str, Any] | None:
    """Forks a grader and waits for its answer; None in the child that is to become pytest."""
    box = Path(tempfile.mkdtemp(prefix="graded-", dir=home))
    answer = home / "answer.json"
    answer.unlink(missing_ok=True)
    started = time.monotonic()
    grader = os.fork()
    if grader == 0:
        os.setpgid(0, 0)
        try:
            if _be_the_grader(request, box, answer):
                return None
        except BaseException as error:
            sys.stderr.write(f"naive grader: {type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    status = _wait(grader, request["limit"] + 5)
    left = _end_children()
    seconds = round(time.monotonic() - started, 2)
    if status is None:
        found = {"points": 0, "status": "hung", "detail": "the grader did not come back"}
    elif status != 0 or not answer.is_file():
        found = {"points": 0, "status": "died", "detail": f"the grader ended with {status}"}
    else:
        found = json.loads(answer.read_text())
    shutil.rmtree(box, ignore_errors=True)
    return {"left_running": left, **found, "seconds": seconds}


def _be_the_grader(request: dict[str, Any], box: Path, answer: Path) -> bool:
    """Grades and writes the answer. True in the forked child that is to become pytest."""
    _adopt_orphans()
    work = box / "work"
    given = Path(request["folder"])
    if given.is_dir():
        shutil.copytree(given, work)
    else:
        unpack(given, work)
    fresh = request["fresh"]
    if fresh is None:
        # What this process has imported already would hide a file of that name.
        tops = {path.name.partition(".")[0] for path in work.iterdir() if path.is_dir() or path.suffix in MODULES}
        fresh = bool(tops & {*sys.modules, "sitecustomize", "usercustomize"})
    for path in LAB.glob("*.py"):
        shutil.copy(path, work)
    points = points_of(request["tasks"])
    output = box / "output.txt"
    settings = {"LAB_POINTS": json.dumps(points), "PYTHONPATH": f"{work}:{ROOT}"}
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(work)
        descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for ours, theirs in ((nothing, 0), (descriptor, 1), (descriptor, 2)):
            os.dup2(ours, theirs)
        os.closerange(3, 256)
        os.environ.update(settings)
        arguments = ["-q", "-p", "no:cacheprovider", f"--basetemp={box}/tmp", "test_lab.py"]
        if fresh:
            os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])
        sys.argv = ["pytest", *arguments]
        sys.path[:0] = [str(work)]
        return True
    started = time.monotonic()
    status = _wait(child, request["limit"])
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
    time.sleep(0.05)
    left = _end_children()
    text = output.read_bytes()[-OUTPUT_CHARACTERS:].decode("utf-8", "replace")
    found: dict[str, Any] = {"points": 0, "left_running": left, "output": text, "seconds": time.monotonic() - started}
    if status is None:
        found |= {"status": "hung", "detail": "time limit"}
    elif status < 0:
        found |= {"status": "died", "detail": f"killed by signal {-status}"}
    else:
        found |= {"status": "ok", "detail": f"pytest ended with {status}"}
        reached = read_points(status, work, text, points)
        if reached is None:
            found |= {"status": "died", "detail": f"no result, exit status {status}"}
        else:
            found |= {"points": reached}
    answer.write_text(json.dumps(found))
    return False


def read_points(status: int, work: Path, output: str, points: dict[str, dict[str, float]]) -> float | None:
    """The points of a finished run; None where it left no trace of any."""
    whole = sum(sum(checks.values()) for checks in points.values())
    if status == 0:
        return whole
    try:
        return float(json.loads((work / "results.json").read_text())["total"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    passed = [int(number) for number in re.findall(r"(\d+) passed", output)][-1:]
    failed = [int(number) for number in re.findall(r"(\d+) (?:failed|errors?)", output)][-1:]
    if not passed and not failed:
        return None
    return whole * sum(passed) / max(1, sum(passed) + sum(failed))


def _exit_as_python_does(status: int) -> None:
    """Joins threads and runs the exit handlers; leaves out the seconds that freeing all modules takes."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)


def points_of(tasks: Collection[str]) -> dict[str, dict[str, float]]:
    """What the checks of each task are worth."""
    import yaml

    course = yaml.safe_load((ROOT / "course.yml").read_text(encoding="utf-8"))
    return {task["id"]: task["checks"] for task in course["assignments"]["lab4"]["tasks"] if task["id"] in tasks}


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a zip as its entries say: names as they stand there, symbolic links too."""
    folder.mkdir()
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            target = folder / entry.filename
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(entry.external_attr >> 16):
                target.symlink_to(packed.read(entry).decode())
                continue
            with packed.open(entry) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)


def _adopt_orphans() -> None:
    """Makes this process the parent of all descendants whose parents end (Linux)."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _wait(process: int, seconds: float) -> int | None:
    """The exit code of a child (negative: the signal that ended it), or None where it has not ended in time."""
    descriptor = os.pidfd_open(process)
    try:
        ready, _, _ = select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)
    if not ready:
        return None
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _end_children() -> int:
    """Ends whatever is still below this process; how many were running."""
    running: set[int] = set()
    for _ in range(50):
        children = [int(child) for child in Path("/proc/self/task", str(os.getpid()), "children").read_text().split()]
        if not children:
            break
        for child in children:
            try:
                state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
                if state not in "ZX":
                    running.add(child)
                    os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            except (OSError, ProcessLookupError):
                continue
    return len(running)


# --- the command ------------------------------------------------------------------------------------------------------


def main() -> int:
    """Grades the attacks that are named, or all, and prints a table."""
    wanted = sys.argv[1:]
    chosen = [attack for attack in attacks() if not wanted or {attack.name, attack.category} & set(wanted)]
    missed = 0
    print(f"{'attack':<46} {'naive':<7} {'achieved':<18} {'points':>6} {'s':>6}  how")
    for attack in chosen:
        if attack.naive == "none" and not wanted:
            continue
        outcome, found = run_attack(attack)
        live = attack.naive in found or (attack.naive == "none" and not found)
        missed += not live
        what = " ".join(found) or "nothing"
        print(
            f"{attack.id:<46} {attack.naive:<7} {what:<18} {outcome.points:>6.4g} {outcome.seconds:>6.2f}"
            f"  {outcome.status}, {outcome.detail}{'' if live else '   ← NOT LIVE'}",
            flush=True,
        )
        if len(wanted) == 1 and len(chosen) == 1:
            print(outcome.output, *outcome.changed, *outcome.heard, sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        before = os.getpid()
        serve(Path(sys.argv[2]))
        if os.getpid() != before:  # forked to become pytest, as `python -m pytest` is
            import pytest

            _exit_as_python_does(pytest.main(sys.argv[1:]))
        sys.exit(0)
    sys.exit(main())
