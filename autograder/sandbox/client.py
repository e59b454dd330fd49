"""The grader's handle on one student process: starts it, asks it, ends it."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from autograder.course import Limits, Task
from autograder.sandbox import wire
from autograder.sandbox.environment import clean_environment
from autograder.sandbox.fork_server import ForkServer, ForkServerError
from autograder.sandbox.respondent import Procedure, StudentError, unpack
from autograder.sandbox.rooms import remove
from autograder.sandbox.student_time import MachineBusyError, StudentTime, Usage
from autograder.submission.excerpt import CODE_LIMIT, COMPARED_LIMIT
from autograder.submission.reach import FOUND_LIMIT, Finding

# By the clock, on a machine that may be very busy. None of them is the student's time.
STARTING_SECONDS, ENDING_SECONDS, MEASURING_SECONDS = 300, 120, 5
# What the student reads when the supervisor has ended the process, by the limit that was exceeded.
LIMIT_EXCEEDED = {
    "memory": "The process used more than the {memory_mb:g} MB of memory that a submission may use, so it was stopped.",
    "processes": "The code had more than the {processes:g} processes that a submission may have, so it was stopped.",
    "disk": "The code wrote more than the {scratch_mb:g} MB that a submission may write, so it was stopped.",
}
DIED = "The process ended unexpectedly: it ran out of memory, crashed or called exit."


@dataclasses.dataclass(frozen=True)
class Source:
    """A submission as text: the code of each task, and what of it is compared with others' code.

    For each notebook, the names and digests of its code cells. `elsewhere` points, for what is missing, at where it is
    and does not run; `reached` has what the code reaches for; `rivals` has names that may be there in two versions:
    name, the file that does not count, and the one that does.
    """

    code: dict[str, str] = dataclasses.field(default_factory=dict)
    compared: dict[str, str] = dataclasses.field(default_factory=dict)
    cells: dict[str, list[tuple[str, str]]] = dataclasses.field(default_factory=dict)
    elsewhere: dict[str, str] = dataclasses.field(default_factory=dict)
    reached: list[Finding] = dataclasses.field(default_factory=list)
    rivals: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)


class Reading(NamedTuple):
    """A sentence for each file or cell that could not be read, and those for files of which nothing could be."""

    problems: list[str]
    lost: list[str]


class StudentProcess:
    """Answers for one submission. The process starts with the first question, and again after it died or hung."""

    def __init__(
        self, fork_server: ForkServer | None, folder: Path, limits: Limits, device: str = "cpu", threads: int = 1
    ) -> None:
        self._fork_server = fork_server
        self._original = Path(folder)
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
        self._told = b""  # by the supervisor, and not read as a whole yet
        self.busy = 0
        """How many questions ran out of time while the machine was busy with other work."""
        self.notes: list[str] = []
        self.restarts = 0

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def describe(self) -> Reading:
        """What of the submission's files cannot be read."""
        value = self._request({"kind": "describe"}, self._limits.load_seconds)

        def sentences(key: str) -> list[str]:
            told = value.get(key) if isinstance(value, dict) else None
            return [str(words)[:500] for words in told[:50]] if isinstance(told, list) else []

        return Reading(sentences("problems"), sentences("lost"))

    def source(self, tasks: Sequence[Task]) -> Source:
        """The submission's files as text. To be asked before any student code has run."""
        asked = [{"id": task.id, "notebook": task.notebook, "definitions": task.definitions} for task in tasks]
        value = self._request({"kind": "source", "tasks": asked}, self._limits.load_seconds)
        try:
            code = {str(task): str(text)[: CODE_LIMIT + 100] for task, text in value["code"].items()}
            compared = {str(task): str(text)[:COMPARED_LIMIT] for task, text in value["compared"].items()}
            cells = {str(name): [(str(a), str(b)) for a, b in found] for name, found in value["cells"].items()}
            elsewhere = {str(name): str(words)[:500] for name, words in value["elsewhere"].items()}
            found = [tuple(str(part)[:300] for part in finding) for finding in value["reached"][:FOUND_LIMIT]]
            reached = [(kind, what, place) for kind, what, place in found]
            several = [tuple(str(part)[:300] for part in names) for names in value["rivals"][:FOUND_LIMIT]]
            rivals = [(name, other, counts) for name, other, counts in several]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StudentError(StudentError.NONSENSE, "The submission's source could not be read.") from None
        return Source(code, compared, cells, elsewhere, reached, rivals)

    def ask(
        self, procedure: Procedure, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]
    ) -> Any:
        for name in uses:
            self._load(name, dict(notebooks))
        request = {
            "kind": "call",
            "procedure": f"{procedure.__module__}:{procedure.__name__}",
            "arguments": arguments,
            "notebooks": dict(notebooks),
        }
        return self._request(request, self._limits.check_seconds)

    def escape_probe(self, part: str, decoys: dict[str, Any], seconds: float) -> Any:
        """The answer of a part of the escape probe, run in this student process (`proof/escape_probe.py`)."""
        own = {"variables": sorted([*clean_environment("home")]), "descriptors": []}
        return self._request({"kind": "escape probe", "part": part, "decoys": {**own, **decoys}}, seconds)

    @property
    def replies(self) -> int:
        """Our end of the pipe on which the running process answers."""
        return self._start()[1]

    def end(self) -> str:
        """Ends the process and everything that it started, and removes its folder.

        Returns "" if it was still running, "ended" if it had died, or the limit for which the supervisor had ended it.
        Raises `ForkServerError` if something could not be ended.
        """
        if self._pipes is None or self._control is None:
            return ""
        for descriptor in self._pipes:
            os.close(descriptor)
        self._pipes = None
        self._loaded.clear()
        try:
            self._control.settimeout(ENDING_SECONDS)
            self._control.shutdown(socket.SHUT_WR)
            while part := self._control.recv(512):
                self._told += part
        except OSError as error:
            raise ForkServerError(f"could not end a student process ({error})") from error
        finally:
            self._control.close()
            self._control = None
        if self._box is not None:
            remove(str(self._box))
            self._box = None
        told, self._told = self._told.rpartition(b"\n")[2].decode("utf-8", "replace"), b""
        if told.startswith(("failed", "left")):
            raise ForkServerError(f"a student process's supervisor reports: {told}")
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
                raise StudentError(StudentError.NONSENSE, f"`{name}` could not be loaded.")
            if value.get("untouched") is True:
                raise StudentError(StudentError.STUB, f"`{name}` is not filled in yet.")
        except StudentError as error:
            if error.kind == StudentError.TIMEOUT:
                error.message = f"`{name}` timed out after {self._limits.load_seconds:g} seconds while loading."
            self._refused[name] = error
            raise
        self._loaded.add(name)
        for note in value["notes"][:5]:
            if str(note)[:300] not in self.notes:
                self.notes.append(str(note)[:300])

    def _start(self) -> tuple[int, int]:
        if self._pipes is None:
            self._pipes = self._begin()
            self._await_readiness()
            self.restarts += 1
        return self._pipes

    def _begin(self) -> tuple[int, int]:
        """Starts the process; our ends of the pipes for requests and replies."""
        assert self._fork_server is not None
        requests, replies, self._control, self._box = self._fork_server.fork(self._original, self._settings())
        return requests, replies

    def _settings(self) -> dict[str, Any]:
        return {
            "device": self._device,
            "threads": self._threads,
            "memory_mb": self._limits.memory_mb,
            "frame_mb": self._limits.frame_mb,
            "room_mb": self._limits.scratch_mb + self._limits.submission_mb,
            "processes": self._limits.processes,
            "seconds": self._limits.submission_seconds * max(1, self._threads),
            "environment": clean_environment(),
        }

    def _send(self, message: Any, left: Callable[[], float]) -> None:
        wire.send(self._start()[0], message, left)

    def _receive(self, limit: int, left: Callable[[], float]) -> Any:
        return wire.receive(self._start()[1], limit, left)

    def _await_readiness(self) -> None:
        """Waits until the process says that it is in its sandbox. No student code has run by then."""
        try:
            said = self._receive(2**16, wire.within(STARTING_SECONDS))
        except wire.WireError as error:
            said = {"failed": str(error)}
        if said != wire.READY:
            told, known = (said.get("failed"), said.get("known")) if isinstance(said, dict) else ("", False)
            try:
                self.end()
            except ForkServerError as error:
                told = f"{told}; {error}"
            what = "a student process could not enter its sandbox"
            raise ForkServerError(f"{what}. {told}" if known else f"{what} ({told}); run `autograder doctor`")

    def _usage(self) -> Usage | None:
        """What the student's processes have used, as their supervisor measures it; None where the system can't tell."""
        if self._control is None:
            raise OSError("the process has ended")
        self._control.settimeout(MEASURING_SECONDS)
        self._control.send(b"?")
        while b"\n" not in self._told:
            part = self._control.recv(512)
            if not part:
                raise OSError("the process has ended")
            self._told += part
        *_, line, self._told = self._told.split(b"\n")
        return Usage(*map(float, line.split())) if line != b"unknown" else None

    def _request(self, request: dict[str, Any], seconds: float) -> Any:
        if self._budget <= 0:
            raise StudentError(
                StudentError.TIMEOUT,
                f"The submission has used up its {self._limits.submission_seconds:g} seconds in total.",
            )
        self._asked += 1
        request = {**request, "id": self._asked}
        self._start()  # before the clock starts: this is not the student's time
        seconds = min(seconds, self._budget)
        clock = StudentTime(seconds, self._threads, self._usage)
        try:
            self._send(request, clock.left)
            reply = self._receive(int(self._limits.frame_mb * 2**20), clock.left)
        except MachineBusyError:
            self.busy += 1
            self.end()
            raise
        except wire.WireTimeout:
            self.busy += clock.was_busy
            self.end()
            raise StudentError(StudentError.TIMEOUT, f"It timed out after {seconds:.3g} seconds.") from None
        except wire.WireClosed:
            limit = self.end()
            if limit not in LIMIT_EXCEEDED:
                raise StudentError(StudentError.ENDED, DIED) from None
            message = LIMIT_EXCEEDED[limit].format(**self._limits.model_dump())
            raise StudentError(StudentError.ENDED, message, limit=limit) from None
        except wire.WireError as error:
            self.end()
            raise StudentError(StudentError.NONSENSE, f"The answer cannot be used: {error}.") from None
        finally:
            self._budget -= clock.used()
        number = reply.pop("id", None) if isinstance(reply, dict) else None
        if type(number) is not int or number != self._asked:
            self.end()
            raise StudentError(StudentError.NONSENSE, "The answer cannot be used: it belongs to another question.")
        return unpack(reply)
