"""What the sandbox promises, which layers keep each promise, and the proof: a escape probe that tries to break them."""

from __future__ import annotations

import dataclasses
import os
import select
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import Limits
from autograder.manifest import PACKAGE
from autograder.sandbox.client import ForkServer, ForkServerError, StudentError, StudentProcess
from autograder.sandbox.layers import entering, escape_probe
from autograder.sandbox.layers.choice import Layers, SandboxError

# Each promise with the layers that keep it, in each kind of sandbox the ones that are there.
PROMISES = {
    "network": ("No network and no sockets", ("namespaces", "bubblewrap", "seccomp")),
    "reading": (
        "Sees its own files and the libraries: no other student, no check, no label, no result, no home folder",
        ("namespaces", "bubblewrap", "landlock"),
    ),
    "writing": ("Changes nothing outside its scratch folder", ("namespaces", "bubblewrap", "landlock")),
    "plain-files": ("Leaves no links and no special files", ("landlock", "seccomp")),
    "others": (
        "Cannot see, signal, trace or slow down other processes",
        ("namespaces", "bubblewrap", "landlock", "seccomp"),
    ),
    "kernel": ("No rights, no namespaces of its own, none of the kernel's side doors", ("seccomp",)),
    "programs": ("Starts no other program", ("landlock", "seccomp")),
    "inheritance": ("Inherits no variable and no open file", ("supervisor",)),
    "descriptors": ("Opens no more files at once than it may", ("limits",)),
    "processes": ("Has no more processes and threads than it may", ("limits", "supervisor")),
    "memory": ("All its processes together use no more memory than they may", ("limits", "supervisor")),
    "disk": ("Writes no more than it may", ("namespaces", "supervisor", "limits")),
    "time": ("Is ended at its deadline, whatever it ignores", ("supervisor",)),
    "leftovers": ("Nothing of it goes on when it has ended", ("namespaces", "bubblewrap", "supervisor")),
    "works": ("Honest work runs: imports, threads, plots, files of its own", ()),
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
LITTLE_MB = 256  # of memory, for the escape probe that takes too much: a gigabyte takes a second to fill
FEW = 12  # processes, for the escape probe that starts too many
SECONDS = 30


@dataclass(frozen=True)
class Promise:
    """One promise, the layers that keep it here, and what the escape probe found against it (nothing: it holds)."""

    id: str
    sentence: str
    kept_by: list[str]
    breaches: list[str]

    @property
    def held(self) -> bool:
        return not self.breaches


def prove(fork_server: ForkServer) -> list[Promise]:
    """Lets the escape probe loose in the sandbox of `fork server`; raises `SandboxError` where it could not even be
    let in."""
    layers = fork_server.layers or Layers(seccomp=False, limits=False, supervisor=False)
    try:
        with _decoys() as decoys:
            found = _ask_all(fork_server, layers, decoys)
    except ForkServerError as error:
        raise SandboxError(f"the sandbox ({layers}) cannot be built here: {error}") from error
    names = {"limits": "rlimits", "landlock": "Landlock"}
    return [
        Promise(
            name,
            sentence,
            [names.get(layer, layer) for layer in supervisors if getattr(layers, layer)],
            found.get(name, []),
        )
        for name, (sentence, supervisors) in PROMISES.items()
    ]


def require(promises: list[Promise], layers: Layers) -> None:
    """Raises `SandboxError`, with what was broken, unless every promise holds."""
    broken = [one for one in promises if not one.held]
    if broken:
        lines = "\n".join(f"  {one.sentence}: {'; '.join(one.breaches[:3])}" for one in broken)
        raise SandboxError(f"The sandbox ({layers}) does not hold on this machine:\n{lines}")


def _ask_all(fork_server: ForkServer, layers: Layers, decoys: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    room = (SMALL.scratch_mb + SMALL.submission_mb) * 2**20
    with tempfile.TemporaryDirectory(prefix="autograder-escape-probe-") as folder:
        Path(folder, "work.py").write_text("answer = 1\n")
        decoys["shared_memory"] = not layers.namespaces
        found |= _quick(fork_server, Path(folder), decoys)

        more = 2 * FEW
        count, left = _with_leftovers(fork_server, Path(folder), {"more": more, "seconds": SECONDS})
        found["processes"] = [f"{count} processes could be started"] if count >= more else []
        found["leftovers"] = ["a process that it left goes on"] if left else []

        # Each of the three waits for something most of the time: for the supervisor, or for its end.
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
        found["memory"] = [] if said["memory"] == "more than" else [f"too much in several processes: {said['memory']}"]
        written = said["disk"] if isinstance(said["disk"], int) else 0
        found["disk"] = [f"{written >> 20} MB were written"] if written > 2 * room else []
        found["time"] = [] if said["time"] == "timeout" else [f"an endless loop: {said['time']}"]
    return found


def _quick(fork_server: ForkServer, folder: Path, decoys: dict[str, Any]) -> dict[str, list[str]]:
    with StudentProcess(fork_server, folder, SMALL) as student_process:
        try:
            answer = student_process.escape_probe("promises", decoys, SECONDS)
        except StudentError as error:
            return {"works": [f"the escape probe ended: {error.message}"]}
    return {name: [str(one)[:200] for one in breaches][:20] for name, breaches in answer.items()}


def _with_leftovers(fork_server: ForkServer, folder: Path, decoys: dict[str, Any]) -> tuple[int, bool]:
    """How many processes the escape probe could start, and whether one lives on after the student process was ended."""
    with StudentProcess(fork_server, folder, SMALL.model_copy(update={"processes": FEW})) as student_process:
        try:
            count = int(student_process.escape_probe("processes", decoys, SECONDS))
        except StudentError as error:  # the supervisor has ended it, or something went wrong
            return 0 if "processes; they were ended" in error.message else decoys["more"], False
        # Everything that it started has inherited the pipe: it ends when the last of them has.
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
            return "more than" if "more than" in error.message.lower() else error.kind


@contextmanager
def _decoys() -> Iterator[dict[str, Any]]:
    """Files, folders and sockets of the grader's that a student process must not reach."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-decoy-")))
        root.chmod(0o755)  # only the sandbox is in the way
        secret, victim = root / "secret", root / "victim"
        secret.write_text("labels")
        victim.write_text("marks")
        secret.chmod(0o644)
        root.joinpath("open").mkdir()
        root.joinpath("open").chmod(0o777)
        victim.chmod(0o666)
        addresses: list[Any] = []
        for family, where in (
            (socket.AF_INET, ("127.0.0.1", 0)),
            (socket.AF_UNIX, f"\0autograder-{os.getpid()}"),
            (socket.AF_UNIX, str(root / "socket")),
        ):
            listening = stack.enter_context(socket.socket(family))
            listening.bind(where)
            listening.listen(8)
            addresses.append(listening.getsockname() if family == socket.AF_INET else where)
        (root / "socket").chmod(0o777)
        (root / "open" / "other student").touch()
        folders = (root / "open", Path.home(), PACKAGE.parent, PACKAGE / "labs", Path("/etc"), Path("/"))
        yield {
            "addresses": [list(one) if isinstance(one, tuple) else one for one in addresses],
            "secrets": [str(secret), str(PACKAGE / "labs" / "conftest.py"), "/etc/passwd", "/etc/hostname"],
            "folders": {str(folder): _names_in(folder) for folder in folders},
            "victims": [str(victim)],
            "open_files": entering.OPEN_FILES,
            "processes": [[one, escape_probe.start_time(one)] for one in (os.getpid(), os.getppid()) if one],
        }


def _names_in(folder: Path) -> list[str]:
    """What is in a folder, without what lies on the way to a library: that is in every sandbox, and empty."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    shown = (
        *entering.libraries(),
        *entering.SYSTEM,
        *entering.DEVICES,
        tempfile.gettempdir(),
        "/proc",
        "/room",
        "/tmp",
    )
    return [name for name in names if not any(f"{place}/".startswith(f"{folder / name}/") for place in shown)][:200]


def as_data(promises: list[Promise]) -> list[dict[str, Any]]:
    """The promises as plain data, for the result file."""
    return [dataclasses.asdict(one) for one in promises]
