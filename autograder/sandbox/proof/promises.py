"""What the sandbox promises, which layers keep each promise, and whether they do here: an escape probe tries."""

from __future__ import annotations

import os
import select
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autograder.course import Limits
from autograder.results import Promise
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer, ForkServerError
from autograder.sandbox.layers.choice import Layers, SandboxError
from autograder.sandbox.proof.decoys import set_decoys
from autograder.sandbox.respondent import StudentError

# Each promise, and the layers that can keep it. A sandbox need not have all of them.
PROMISES = {
    "network": ("No network and no sockets", ("namespaces", "bubblewrap", "seccomp")),
    "reading": (
        "Sees only its own files and the libraries: no other student, check, label, result or home folder",
        ("namespaces", "bubblewrap", "landlock"),
    ),
    "writing": ("Changes nothing outside its scratch folder", ("namespaces", "bubblewrap", "landlock")),
    "plain-files": ("Creates no links and no special files", ("landlock", "seccomp")),
    "others": (
        "Cannot see, signal, trace or slow down other processes",
        ("namespaces", "bubblewrap", "landlock", "seccomp"),
    ),
    "kernel": ("Has no privileges, and reaches no kernel interface that coursework does not need", ("seccomp",)),
    "programs": ("Starts no other program", ("landlock", "seccomp")),
    "inheritance": ("Inherits no variable and no open file", ("supervisor",)),
    "descriptors": ("Opens no more files at once than allowed", ("limits",)),
    "processes": ("Has no more processes and threads than allowed", ("limits", "supervisor")),
    "memory": ("Uses no more memory than allowed, in all its processes together", ("limits", "supervisor")),
    "disk": ("Writes no more to disk than allowed", ("namespaces", "supervisor", "limits")),
    "time": ("Is ended at its deadline, whatever signals it ignores", ("supervisor",)),
    "leftovers": ("Leaves no process running when it has ended", ("namespaces", "bubblewrap", "supervisor")),
    "works": ("Ordinary work runs: imports, threads, plots, files of its own", ()),
}
SMALL = Limits(
    load_seconds=20,
    check_seconds=20,
    submission_seconds=60,
    memory_mb=1024,
    scratch_mb=8,
    submission_mb=1,
    processes=24,
)
LITTLE_MB = 256  # of memory, for the probe that takes too much: filling a gigabyte takes a second
FEW = 12  # processes, for the probe that starts too many
SECONDS = 30
STOPPED = "stopped by the supervisor"


def prove(fork_server: ForkServer) -> list[Promise]:
    """Runs the escape probe in the sandbox of `fork_server`; raises `SandboxError` if that sandbox cannot be built."""
    layers = fork_server.layers or Layers(seccomp=False, limits=False, supervisor=False)
    try:
        with set_decoys() as decoys:
            breaches = _try_all(fork_server, layers, decoys)
    except ForkServerError as error:
        raise SandboxError(f"the sandbox ({layers}) cannot be built here: {error}") from error
    return [
        Promise(
            id=name,
            sentence=sentence,
            kept_by=layers.names_of(can_keep),
            breaches=breaches.get(name, []),
        )
        for name, (sentence, can_keep) in PROMISES.items()
    ]


def require(promises: list[Promise], layers: Layers) -> None:
    """Raises `SandboxError`, with what was broken, unless every promise holds."""
    broken = [promise for promise in promises if not promise.held]
    if broken:
        lines = "\n".join(f"  {promise.sentence}: {'; '.join(promise.breaches[:3])}" for promise in broken)
        raise SandboxError(f"The sandbox ({layers}) does not hold on this machine:\n{lines}")


def require_gpu(fork_server: ForkServer) -> None:
    """Raises `SandboxError` unless student code can compute on the GPU: a right network would fail there."""
    patient = SMALL.model_copy(update={"load_seconds": 120.0, "check_seconds": 120.0, "submission_seconds": 300.0})
    with tempfile.TemporaryDirectory(prefix="autograder-escape-probe-") as folder:
        with StudentProcess(fork_server, Path(folder), patient, "cuda") as student_process:
            try:
                reason = str(student_process.escape_probe("gpu", {}, patient.check_seconds))
            except StudentError as error:
                reason = error.message
    if reason:
        where = f"in the sandbox ({fork_server.layers})" if fork_server.layers else "in a student process"
        raise SandboxError(
            f"The GPU cannot be used {where}: {reason}\n"
            "Mark on the CPU, which gives the same marks: --device cpu. If you trust everyone whose work you mark, try"
            " without a sandbox: --unsafe-no-sandbox"
        )


def _try_all(fork_server: ForkServer, layers: Layers, decoys: dict[str, Any]) -> dict[str, list[str]]:
    """What the escape probe managed to do, by promise."""
    found: dict[str, list[str]] = {}
    room = (SMALL.scratch_mb + SMALL.submission_mb) * 2**20
    with tempfile.TemporaryDirectory(prefix="autograder-escape-probe-") as folder:
        Path(folder, "work.py").write_text("answer = 1\n")
        decoys["shared_memory"] = not layers.namespaces
        found |= _quick(fork_server, Path(folder), decoys)

        more = 2 * FEW
        count, left = _with_leftovers(fork_server, Path(folder), {"more": more, "seconds": SECONDS})
        found["processes"] = [f"could start {count} processes"] if count >= more else []
        found["leftovers"] = ["a process that it started still runs"] if left else []

        # Each of these three spends most of its time waiting to be ended.
        heavy: dict[str, tuple[dict[str, Any], float]] = {
            "memory": ({"bytes": LITTLE_MB * 2**20, "seconds": 20}, 25),
            "disk": ({"bytes": 2 * room + 2**24}, 10),
            "time": ({}, 0.5),
        }
        with ThreadPoolExecutor(len(heavy)) as pool:
            asked = {
                part: pool.submit(_heavy, fork_server, Path(folder), part, *given) for part, given in heavy.items()
            }
        said = {part: answer.result() for part, answer in asked.items()}
        found["memory"] = [] if said["memory"] == STOPPED else [f"too much in several processes: {said['memory']}"]
        written = said["disk"] if isinstance(said["disk"], int) else 0
        found["disk"] = [f"could write {written >> 20} MB"] if written > 2 * room else []
        found["time"] = [] if said["time"] == StudentError.TIMEOUT else [f"an endless loop: {said['time']}"]
    return found


def _quick(fork_server: ForkServer, folder: Path, decoys: dict[str, Any]) -> dict[str, list[str]]:
    with StudentProcess(fork_server, folder, SMALL) as student_process:
        try:
            closed = student_process.escape_probe("closed folders", {}, SECONDS)
            if closed:
                reasons = "\n".join(f"  {sentence}" for sentence in closed)
                raise SandboxError(f"The sandbox ({fork_server.layers}) cannot be used here:\n{reasons}")
            answer = student_process.escape_probe("promises", decoys, SECONDS)
        except StudentError as error:
            return {"works": [f"the escape probe ended early: {error.message}"]}
    return {name: [str(breach)[:200] for breach in breaches][:20] for name, breaches in answer.items()}


def _with_leftovers(fork_server: ForkServer, folder: Path, decoys: dict[str, Any]) -> tuple[int, bool]:
    """How many processes the escape probe could start, and whether one still runs after the student process's end."""
    with StudentProcess(fork_server, folder, SMALL.model_copy(update={"processes": FEW})) as student_process:
        try:
            count = int(student_process.escape_probe("processes", decoys, SECONDS))
        except StudentError as error:  # the supervisor has ended it, or something went wrong
            return 0 if error.limit == "processes" else decoys["more"], False
        # All that it started has inherited this pipe, which reaches its end when the last of them ends.
        replies = os.dup(student_process.replies)
        student_process.end()
    try:
        ready, _, _ = select.select([replies], [], [], 2)
        return count, not (ready and os.read(replies, 1) == b"")
    finally:
        os.close(replies)


def _heavy(fork_server: ForkServer, folder: Path, part: str, decoys: dict[str, Any], seconds: float) -> Any:
    limits = SMALL.model_copy(update={"memory_mb": LITTLE_MB}) if part == "memory" else SMALL
    with StudentProcess(fork_server, folder, limits) as student_process:
        try:
            return student_process.escape_probe(part, decoys, seconds)
        except StudentError as error:
            return STOPPED if error.limit else error.kind


def as_data(promises: list[Promise]) -> list[dict[str, Any]]:
    """The promises as plain data, for the result file."""
    return [promise.model_dump(mode="json") for promise in promises]
