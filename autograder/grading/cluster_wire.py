"""What travels between the marker and a worker elsewhere, as bytes: plain data in MessagePack, no pickle."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgpack

from autograder.grading.cache import as_data, from_data
from autograder.grading.grader import Marked
from autograder.grading.worker import Job
from autograder.labs.findings import CachedChecks
from autograder.results import StudentResult
from autograder.submission.collect import Submission


@dataclass(frozen=True)
class PortableSpec:
    """What the whole class has in common, without anything that only one machine knows.

    `sandbox` is the kind to choose there, None for none. `content` is what the marker's own checkout holds, part by
    part.
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
    """A submission's regular files, and what is known of it."""
    submission, known = job.submission, job.known
    return _packed(
        {
            "student": submission.student,
            "problems": submission.problems,
            "files": {path.as_posix(): (submission.folder / path).read_bytes() for path in submission.files()},
            "name": job.name,
            "known": {"shared": known.shared, "checks": as_data(known.checks), "notes": known.notes},
        }
    )


def unpack_job(packed: bytes, folder: Path) -> Job:
    """The job, its submission's files in `folder`, which is empty. Raises `ValueError` for a name that leads out."""
    data = _unpacked(packed)
    for name, content in data["files"].items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name!r} leads out of the submission")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    known = data["known"]
    return Job(
        Submission(data["student"], folder, data["problems"]),
        data["name"],
        CachedChecks(known["shared"], from_data(known["checks"]), known["notes"]),
    )


def pack_reply(reply: tuple[Any, ...] | None) -> bytes:
    """What a worker has told (`Worker.hear`)."""
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
            },
        )
    return _packed(reply)


def unpack_reply(packed: bytes) -> tuple[Any, ...] | None:
    """The other way round; raises `ValueError` for a result that is none."""
    reply = _unpacked(packed)
    if reply is None:
        return None
    if reply[0] == "marked":
        data = reply[1]
        result = StudentResult.model_validate(data["result"])
        return "marked", Marked(
            result, data["pictures"], from_data(data["checks"]), data["notes"], float(data["seconds"])
        )
    return tuple(reply)


# A file's name, and so a sentence about it, may hold bytes that are no UTF-8: lone surrogates, in Python's text.


def _packed(data: Any) -> bytes:
    return msgpack.packb(data, unicode_errors="surrogatepass")


def _unpacked(packed: bytes) -> Any:
    return msgpack.unpackb(packed, unicode_errors="surrogatepass")
