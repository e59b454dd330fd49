"""The grader's side: starts student processes, asks them, and ends them. One fork server serves one grader."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from autograder.course import Limits, Task
from autograder.sandbox import wire
from autograder.sandbox.supervisor import remove
from autograder.submission.excerpt import CODE_LIMIT

if TYPE_CHECKING:  # a student's package has no sandbox
    from autograder.sandbox.layers.choice import Layers

PACKAGE = Path(__file__).resolve().parents[1]
PUBLIC = (
    *("__init__.py", "notebook.py", "pictures.py", "data.py", "drawing.py"),
    *("training/__init__.py", "training/progress.py", "training/recipes.py"),
    *(
        "sandbox/**/*",
        "submission/*.py",
        "labs/__init__.py",
        "labs/*/__init__.py",
        "labs/*/procedures.py",
    ),
)
ALLOCATOR = {  # glibc otherwise gives large arrays back to the kernel after each use, and half the time goes there
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**31),
    "MALLOC_ARENA_MAX": "2",
}
NO_LAYERS = ("namespaces", "bubblewrap", "landlock", "seccomp", "limits", "supervisor")
STARTING_SECONDS, ENDING_SECONDS = 60, 30
MESSAGE_LIMIT = 600  # characters of a student's own error message that are passed on


class ForkServerError(Exception):
    """The grader's own machinery failed; never a student's fault."""


class StudentError(Exception):
    """Student code raised, did not end, or ended its process. `kind` is one of the class's constants."""

    RAISED, MISSING, STUB, TIMEOUT, ENDED, NONSENSE = (
        "raised",
        "missing",
        "stub",
        "timeout",
        "ended",
        "nonsense",
    )

    def __init__(self, kind: str, message: str, places: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.places = places or []


@dataclasses.dataclass(frozen=True)
class Source:
    """A submission as text: the code of each task, and for each notebook the names and digests of its code cells."""

    code: dict[str, str] = dataclasses.field(default_factory=dict)
    cells: dict[str, list[tuple[str, str]]] = dataclasses.field(default_factory=dict)


class Respondent(Protocol):
    """Anything that answers a check's questions: a student process, or a student's own kernel."""

    notes: list[str]

    def ask(self, procedure: str, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]) -> Any:
        """The value of the lab's `procedure`, which uses the definitions `uses`.

        `notebooks` maps the lab's definitions to the notebooks that they belong to. Raises `StudentError` for
        whatever student code did wrong.
        """


ENDINGS = {
    "memory": "The process used more than the {memory_mb:g} MB of memory that a submission may use, and was ended.",
    "processes": "There were more than {processes:g} processes; they were ended.",
    "disk": "More than {scratch_mb:g} MB were written; the process was ended.",
}


class Process(Protocol):
    """What a fork server needs of its process; `subprocess.Popen` has it."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; raises `subprocess.TimeoutExpired`."""

    def kill(self) -> None:
        """Ends it at once."""


class ForkServer:
    """Forks student processes from a process that has imported the libraries; `layers` is the sandbox that they live
    in."""

    def __init__(self, layers: Layers | None = None, limits: Limits | None = None, start_seconds: float = 120) -> None:
        self.layers = layers
        self.boxes = Path(tempfile.mkdtemp(prefix="autograder-fork-server-"))
        self._count = 0
        self._one_at_a_time = threading.Lock()
        self._channel, theirs = socket.socketpair()
        self._process = self._begin(theirs, limits or Limits())
        theirs.close()
        self._start_seconds = start_seconds
        self._ready = False

    def _begin(self, theirs: socket.socket, limits: Limits) -> Process:
        """Starts the process that serves at `theirs`, the other end of our channel."""
        layers = self.layers
        environment = clean_environment(home=tempfile.gettempdir())
        package = self.boxes / "package"
        _copy_public(package)
        environment["PYTHONPATH"] = str(package)
        safe = "-P" if sys.version_info >= (3, 11) else "-s"  # the folder it starts in is nobody's package
        command = [sys.executable, safe, "-m", "autograder.sandbox.fork_server", str(theirs.fileno()), self.name]
        if layers is not None and layers.bubblewrap:
            from autograder.sandbox.layers import bubblewrap, entering

            self.boxes.chmod(0o755)
            readable = [*entering.libraries(), *entering.SYSTEM]
            command = [
                *bubblewrap.command(readable, str(self.boxes), entering.devices(False), 2 * limits.scratch_mb),
                *command,
            ]
        return subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd="/" if layers is not None else tempfile.gettempdir(),
        )

    @property
    def name(self) -> str:
        """What tells this fork server's processes from all others: it stands in their command line."""
        return self.boxes.name

    def fork(self, folder: Path, settings: dict[str, Any]) -> tuple[int, int, socket.socket, Path]:
        """A new student process for the submission in `folder`: our ends of the pipes for requests and replies, the
        socket to its supervisor, and a folder that is to be removed when it has ended. Several threads may ask."""
        with self._one_at_a_time:
            return self._fork(folder, settings)

    def _fork(self, folder: Path, settings: dict[str, Any]) -> tuple[int, int, socket.socket, Path]:
        self._count += 1
        box = self.boxes / f"{self._count:06}"
        box.mkdir(mode=0o700)
        layers = dataclasses.asdict(self.layers) if self.layers is not None else dict.fromkeys(NO_LAYERS, False)
        settings = {**settings, "layers": layers, "submission": str(folder), "package": str(self.boxes / "package")}
        if layers["bubblewrap"]:
            shutil.copytree(folder, box / "submission")
            box.chmod(0o755)
            settings |= {"submission": str(box / "submission"), "room": f"/room/{box.name}"}
        elif layers["namespaces"]:
            settings |= {"place": str(box)}
        else:
            box.chmod(0o711)
            self.boxes.chmod(0o711)
            (box / "room").mkdir()
            settings |= {"room": str(box / "room")}
        try:
            self.wait_until_ready()
            their_requests, our_requests = os.pipe()
            our_replies, their_replies = os.pipe()
            control, their_control = socket.socketpair()
            theirs = [their_requests, their_replies, their_control.fileno()]
            socket.send_fds(self._channel, [json.dumps(settings).encode()], theirs)
            os.close(their_requests)
            os.close(their_replies)
            their_control.close()
            self._channel.settimeout(30)
            if self._channel.recv(32) != b"forked":
                raise ForkServerError("the fork server is gone")
        except OSError as error:
            raise ForkServerError(f"no student process could be started ({error})") from error
        os.set_blocking(our_requests, False)
        return our_requests, our_replies, control, box

    def wait_until_ready(self) -> None:
        """Waits for the libraries to be imported; raises `NurseryError` where that takes too long."""
        if not self._ready:
            self._channel.settimeout(self._start_seconds)
            if self._channel.recv(16) != b"ready":
                raise ForkServerError("the fork server did not start; `autograder doctor` says more")
            self._ready = True

    def close(self) -> None:
        """Ends the fork server."""
        self._channel.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        remove(str(self.boxes))


def _copy_public(target: Path) -> None:
    """Copies what the fork server runs and what notebooks import: nothing that holds a check, an answer or a
    mistake."""
    for pattern in PUBLIC:
        for path in PACKAGE.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = target / PACKAGE.name / path.relative_to(PACKAGE)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


class StudentProcess:
    """One submission's process. It is started on the first question and started afresh after it died or hung."""

    def __init__(
        self,
        fork_server: ForkServer,
        folder: Path,
        procedures: str,
        limits: Limits,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        self._fork_server = fork_server
        self._original = Path(folder)
        self._procedures = procedures
        self._limits = limits
        self._device = device
        self._threads = threads
        self._box: Path | None = None
        self._pipes: tuple[int, int] | None = None
        self._control: socket.socket | None = None
        self._loaded: set[str] = set()
        self._refused: dict[str, StudentError] = {}
        self._budget = limits.submission_seconds
        self._asked = 0
        self.notes: list[str] = []
        self.restarts = 0

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def describe(self) -> list[str]:
        """A sentence for each file or cell of the submission that cannot be read."""
        value = self._request({"kind": "describe"}, self._limits.load_seconds)
        problems = value.get("problems", []) if isinstance(value, dict) else []
        return [str(problem)[:500] for problem in problems][:50]

    def source(self, tasks: Sequence[Task]) -> Source:
        """What the submission's files hold, as text; to be asked before anything of the student's has run."""
        asked = [{"id": task.id, "notebook": task.notebook, "definitions": task.definitions} for task in tasks]
        value = self._request({"kind": "source", "tasks": asked}, self._limits.load_seconds)
        try:
            code = {str(task): str(text)[: CODE_LIMIT + 100] for task, text in value["code"].items()}
            cells = {str(name): [(str(a), str(b)) for a, b in found] for name, found in value["cells"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StudentError(StudentError.NONSENSE, "The submission's source cannot be read.") from None
        return Source(code, cells)

    def ask(self, procedure: str, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]) -> Any:
        for name in uses:
            self._load(name, dict(notebooks))
        request = {
            "kind": "call",
            "procedures": self._procedures,
            "procedure": procedure,
            "arguments": arguments,
            "notebooks": dict(notebooks),
        }
        return self._request(request, self._limits.check_seconds)

    def escape_probe(self, part: str, decoys: dict[str, Any], seconds: float) -> Any:
        """What the sandbox's escape probe says in this student process (see `sandbox/proof.py`)."""
        own = {"variables": sorted([*clean_environment("home")]), "descriptors": []}
        return self._request({"kind": "escape probe", "part": part, "decoys": {**own, **decoys}}, seconds)

    @property
    def replies(self) -> int:
        """Our end of the pipe on which the running process answers."""
        return self._start()[1]

    def end(self) -> str:
        """Ends the process and everything that it started, and removes its folder; why it had ended before, or "".

        Raises `NurseryError` where something of it could not be ended.
        """
        if self._pipes is None or self._control is None:
            return ""
        for descriptor in self._pipes:
            os.close(descriptor)
        self._pipes = None
        self._loaded.clear()
        reason = b""
        try:
            self._control.settimeout(ENDING_SECONDS)
            self._control.shutdown(socket.SHUT_WR)
            while part := self._control.recv(512):
                reason += part
        except OSError as error:
            raise ForkServerError(f"a student process could not be ended ({error})") from error
        finally:
            self._control.close()
            self._control = None
        if self._box is not None:
            remove(str(self._box))
            self._box = None
        told = reason.decode("utf-8", "replace")
        if told.startswith(("failed", "left")):
            raise ForkServerError(f"the supervisor of a student process: {told}")
        return told

    def _load(self, name: str, notebooks: dict[str, str]) -> None:
        if name in self._refused:
            raise self._refused[name]
        if name in self._loaded and self._pipes is not None:
            return
        try:
            request = {"kind": "load", "name": name, "notebooks": notebooks}
            value = self._request(request, self._limits.load_seconds)
            if not isinstance(value, dict) or not isinstance(value.get("notes"), list):
                raise StudentError(StudentError.NONSENSE, f"`{name}` cannot be loaded.")
            if value.get("untouched") is True:
                raise StudentError(StudentError.STUB, f"`{name}` is not filled in yet.")
        except StudentError as error:
            if error.kind == StudentError.TIMEOUT:
                error.message = f"`{name}` did not finish loading within {self._limits.load_seconds:g} seconds."
            self._refused[name] = error
            raise
        self._loaded.add(name)
        for note in value["notes"][:5]:
            if str(note)[:300] not in self.notes:
                self.notes.append(str(note)[:300])

    def _start(self) -> tuple[int, int]:
        if self._pipes is None:
            settings = {
                "device": self._device,
                "threads": self._threads,
                "memory_mb": self._limits.memory_mb,
                "frame_mb": self._limits.frame_mb,
                "room_mb": self._limits.scratch_mb + self._limits.submission_mb,
                "processes": self._limits.processes,
                "seconds": self._limits.submission_seconds * max(1, self._threads),
                "environment": clean_environment(),
            }
            requests, replies, self._control, self._box = self._fork_server.fork(self._original, settings)
            self._pipes = requests, replies
            self._await_readiness(replies)
            self.restarts += 1
        return self._pipes

    def _await_readiness(self, replies: int) -> None:
        """Waits until the process says that it is in its sandbox; no code of the student's has run by then."""
        try:
            said = wire.receive(replies, 2**16, time.monotonic() + STARTING_SECONDS)
        except wire.WireError as error:
            said = {"failed": str(error)}
        if said != {"ready": True}:
            told = said.get("failed") if isinstance(said, dict) else ""
            try:
                self.end()
            except ForkServerError as error:
                told = f"{told}; {error}"
            raise ForkServerError(f"a student process could not enter its sandbox ({told})")

    def _request(self, request: dict[str, Any], seconds: float) -> Any:
        if self._budget <= 0:
            raise StudentError(
                StudentError.TIMEOUT,
                f"The submission has used up its {self._limits.submission_seconds:g} seconds.",
            )
        self._asked += 1
        request = {**request, "id": self._asked}
        requests, replies = self._start()  # before the clock: starting takes our time, not the student's
        started = time.monotonic()
        deadline = started + min(seconds, self._budget)
        try:
            wire.send(requests, request, deadline)
            reply = wire.receive(replies, int(self._limits.frame_mb * 2**20), deadline)
        except wire.WireTimeout:
            self.end()
            raise StudentError(StudentError.TIMEOUT, f"It did not end within {seconds:g} seconds.") from None
        except wire.WireClosed:
            reason = ENDINGS.get(self.end(), "The process ended in the middle: out of memory, a crash, or an exit.")
            raise StudentError(StudentError.ENDED, reason.format(**self._limits.model_dump())) from None
        except wire.WireError as error:
            self.end()
            raise StudentError(StudentError.NONSENSE, f"The answer cannot be used: {error}.") from None
        finally:
            self._budget -= time.monotonic() - started
        number = reply.pop("id", None) if isinstance(reply, dict) else None
        if type(number) is not int or number != self._asked:
            self.end()
            raise StudentError(StudentError.NONSENSE, "The answer cannot be used: it answers another question.")
        return unpack(reply)


def unpack(reply: Any) -> Any:
    """The value of a reply; raises `StudentError` for one that carries an error, or is no reply."""
    if isinstance(reply, dict) and set(reply) == {"value"}:
        return reply["value"]
    error = reply.get("error") if isinstance(reply, dict) else None
    if not isinstance(error, dict):
        raise StudentError(StudentError.NONSENSE, "The answer cannot be used.")
    message = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(error.get("message", "")))
    if len(message) > MESSAGE_LIMIT:
        message = message[:MESSAGE_LIMIT].rstrip() + " …"
    given = error.get("places")
    places = [str(place)[:300] for place in given][:4] if isinstance(given, list) else []
    if error.get("stub") is True:
        raise StudentError(StudentError.STUB, message or "It is not filled in yet.", places)
    if error.get("missing") is True:
        raise StudentError(StudentError.MISSING, message)
    raise StudentError(
        StudentError.RAISED,
        message if error.get("load") is True else f"{str(error.get('type'))[:100]}: {message}",
        places,
    )


def clean_environment(home: str = "") -> dict[str, str]:
    """The few variables that a student process gets: nothing of the marker's own."""
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "USER": "student",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **ALLOCATOR,
    }
    if home:
        environment |= {"HOME": home, "TMPDIR": home, "MPLCONFIGDIR": home}
    for name in ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment
