"""The examiner's side: starts candidates, asks them, and ends them. One nursery serves one examiner."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from autograder.candidate import wire
from autograder.course import Limits

MESSAGE_LIMIT = 600  # characters of a student's own error message that are passed on


class NurseryError(Exception):
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


class Respondent(Protocol):
    """Anything that answers a check's questions: a candidate process, or a student's own kernel."""

    notes: list[str]

    def ask(self, procedure: str, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]) -> Any:
        """The value of the lab's `procedure`, which uses the definitions `uses`.

        `notebooks` maps the lab's definitions to the notebooks that they belong to. Raises `StudentError` for
        whatever student code did wrong.
        """


class Nursery:
    """Forks candidates from a process that has imported the libraries."""

    def __init__(self, start_seconds: float = 120) -> None:
        ours, theirs = socket.socketpair()
        self._channel = ours
        environment = clean_environment(home=tempfile.gettempdir())
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
        safe = "-P" if sys.version_info >= (3, 11) else "-s"  # the folder it starts in is nobody's package
        self._process = subprocess.Popen(
            [sys.executable, safe, "-m", "autograder.candidate.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=tempfile.gettempdir(),
        )
        theirs.close()
        self._start_seconds = start_seconds
        self._ready = False

    def fork(self, settings: dict[str, Any]) -> tuple[int, int, int]:
        """A new candidate: its process id, and our ends of the pipes for requests and replies."""
        try:
            if not self._ready:
                self._channel.settimeout(self._start_seconds)
                if self._channel.recv(16) != b"ready":
                    raise NurseryError("the nursery did not start; `autograder doctor` says more")
                self._ready = True
            their_requests, our_requests = os.pipe()
            our_replies, their_replies = os.pipe()
            socket.send_fds(self._channel, [json.dumps(settings).encode()], [their_requests, their_replies])
            os.close(their_requests)
            os.close(their_replies)
            self._channel.settimeout(30)
            process = int(self._channel.recv(32))
        except (OSError, ValueError) as error:
            raise NurseryError(f"no candidate could be started ({error})") from error
        os.set_blocking(our_requests, False)
        return process, our_requests, our_replies

    def close(self) -> None:
        """Ends the nursery."""
        self._channel.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Candidate:
    """One submission's process. It is started on the first question and started afresh after it died or hung."""

    def __init__(
        self, nursery: Nursery, folder: Path, lab: str, limits: Limits, device: str = "cpu", threads: int = 1
    ) -> None:
        self._nursery = nursery
        self._original = Path(folder)
        self._lab = lab
        self._limits = limits
        self._device = device
        self._threads = threads
        self._box: Path | None = None
        self._pipes: tuple[int, int] | None = None
        self._process = 0
        self._loaded: set[str] = set()
        self._refused: dict[str, StudentError] = {}
        self._budget = limits.submission_seconds
        self.notes: list[str] = []
        self.restarts = 0

    def __enter__(self) -> Candidate:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def describe(self) -> list[str]:
        """A sentence for each file or cell of the submission that cannot be read."""
        value = self._request({"kind": "describe"}, self._limits.load_seconds)
        problems = value.get("problems", []) if isinstance(value, dict) else []
        return [str(problem)[:500] for problem in problems][:50]

    def ask(self, procedure: str, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]) -> Any:
        for name in uses:
            self._load(name, dict(notebooks))
        request = {
            "kind": "call",
            "lab": self._lab,
            "procedure": procedure,
            "arguments": arguments,
            "notebooks": dict(notebooks),
        }
        return self._request(request, self._limits.check_seconds)

    def end(self) -> None:
        """Ends the process and whatever belongs to its group, and removes its folder."""
        if self._pipes is not None:
            for descriptor in self._pipes:
                os.close(descriptor)
            self._pipes = None
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process, signal.SIGKILL)
            self._loaded.clear()
        if self._box is not None:
            shutil.rmtree(self._box, ignore_errors=True)
            self._box = None

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
            if value.get("untouched"):
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
            self._box = Path(tempfile.mkdtemp(prefix="candidate-"))
            folder, scratch = self._box / "submission", self._box / "scratch"
            shutil.copytree(self._original, folder)
            scratch.mkdir()
            settings = {
                "folder": str(folder),
                "scratch": str(scratch),
                "device": self._device,
                "threads": self._threads,
                "memory_mb": self._limits.memory_mb,
                "frame_mb": self._limits.frame_mb,
                "environment": clean_environment(home=str(scratch)),
            }
            self._process, requests, replies = self._nursery.fork(settings)
            self._pipes = requests, replies
            self.restarts += 1
        return self._pipes

    def _request(self, request: dict[str, Any], seconds: float) -> Any:
        if self._budget <= 0:
            raise StudentError(
                StudentError.TIMEOUT,
                f"The submission has used up its {self._limits.submission_seconds:g} seconds.",
            )
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
            self.end()
            raise StudentError(
                StudentError.ENDED, "The process ended in the middle: out of memory, a crash, or an exit."
            ) from None
        except wire.WireError as error:
            self.end()
            raise StudentError(StudentError.NONSENSE, f"The answer cannot be used: {error}.") from None
        finally:
            self._budget -= time.monotonic() - started
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
    if error.get("stub"):
        raise StudentError(StudentError.STUB, message or "It is not filled in yet.", places)
    if error.get("missing"):
        raise StudentError(StudentError.MISSING, message)
    raise StudentError(
        StudentError.RAISED,
        message if error.get("load") else f"{str(error.get('type'))[:100]}: {message}",
        places,
    )


def clean_environment(home: str) -> dict[str, str]:
    """The few variables that a candidate gets: nothing of the marker's own."""
    environment = {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": home,
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name in ("CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if name in os.environ:
            environment[name] = os.environ[name]
    return environment
