"""What travels between the marker's machine and the workers of a cluster: frames of the sandbox's wire, no pickle.

A frame is JSON with arrays of numbers beside it. Bytes, and text that JSON cannot hold, therefore travel as arrays.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.grading.cache import as_data, from_data
from autograder.grading.grader import Marked
from autograder.grading.worker import Job
from autograder.labs.findings import CachedChecks
from autograder.results import StudentResult
from autograder.sandbox.wire import encode, unframe
from autograder.submission.taken_in import Submission


@dataclass(frozen=True)
class PortableSpec:
    """A `GradingSpec` for other machines.

    `sandbox` is the kind that each must choose, None for none. `content` has the digests and versions of the marker's
    checkout, part by part.
    """

    lab: str
    data: str
    device: str
    seed: int
    sandbox: str | None
    content: dict[str, str]


def pack_spec(spec: PortableSpec) -> bytes:
    return _packed(asdict(spec))


def unpack_spec(packed: bytes) -> PortableSpec:
    return PortableSpec(**_unpacked(packed))


def pack_job(job: Job) -> bytes:
    """A submission's regular files, and its cached checks."""
    submission, known = job.submission, job.known
    return _packed(
        {
            "student": submission.student,
            "problems": submission.problems,
            "files": [(path.as_posix(), (submission.folder / path).read_bytes()) for path in submission.files()],
            "name": job.name,
            "known": {"shared": known.shared, "checks": as_data(known.checks), "notes": known.notes},
        }
    )


def unpack_job(packed: bytes, folder: Path) -> Job:
    """The job, with its files in the empty `folder`. Raises `ValueError` for a path that leads out of it."""
    data = _unpacked(packed)
    for name, content in data["files"]:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name!r} is outside the submission")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    known = data["known"]
    return Job(
        Submission(data["student"], folder, data["problems"]),
        data["name"],
        CachedChecks(known["shared"], from_data(known["checks"]), known["notes"]),
    )


def pack_reply(reply: tuple[Any, ...] | None) -> bytes:
    """A worker's reply (`Worker.read_reply`)."""
    if reply is not None and reply[0] == "marked":
        marked: Marked = reply[1]
        reply = (
            "marked",
            {
                "result": marked.result.model_dump(mode="json"),
                "pictures": marked.pictures,
                "checks": as_data(marked.checks),
                "notes": marked.notes,
                "seconds": marked.seconds,
                "busy": marked.busy,
            },
        )
    return _packed(reply)


def unpack_reply(packed: bytes) -> tuple[Any, ...] | None:
    """The reply that was packed; raises `ValueError` or `WireError` for anything else."""
    reply = _unpacked(packed)
    if reply is None:
        return None
    if reply[0] == "marked":
        data = reply[1]
        result = StudentResult.model_validate(data["result"])
        return "marked", Marked(
            result,
            data["pictures"],
            from_data(data["checks"]),
            data["notes"],
            float(data["seconds"]),
            int(data["busy"]),
        )
    return tuple(reply)


TEXT, LONG_TEXT = "__text__", 1000  # characters; the JSON text of a frame is limited


def _packed(data: Any) -> bytes:
    return encode(_sendable(data))


def _unpacked(packed: bytes) -> Any:
    """Raises `WireError` for what `_packed` does not make."""
    return _received(unframe(packed))


def _sendable(value: Any) -> Any:
    """`value` with arrays in place of bytes, of long texts, and of texts with lone surrogates.

    Those are in the name of a file that is not UTF-8, and so in sentences about it; JSON would join two into one sign.
    """
    if isinstance(value, bytes):
        return np.frombuffer(value, np.uint8)
    if isinstance(value, str):
        encoded = value.encode("utf-8", "surrogatepass")
        plain = len(value) <= LONG_TEXT and encoded == value.encode("utf-8", "replace")
        return value if plain else {TEXT: np.frombuffer(encoded, np.uint8)}
    if isinstance(value, dict):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sendable(item) for item in value]
    return value


def _received(value: Any) -> Any:
    """What `_sendable` was given; tuples come back as lists."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, dict):
        if set(value) == {TEXT}:
            return value[TEXT].tobytes().decode("utf-8", "surrogatepass")
        return {key: _received(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_received(item) for item in value]
    return value
