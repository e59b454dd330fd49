"""What a host of a cluster does for the marker: it has its own copy of the course, and a worker for each thread."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import traceback
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.data import DataUnavailable, digest_of
from autograder.grading import cluster_wire
from autograder.grading.cache import depends_on, grading_digest
from autograder.grading.cluster_wire import PortableSpec
from autograder.grading.grader import GradingSpec
from autograder.grading.worker import Job, Worker, gpus
from autograder.labs.lab import Lab, open_lab
from autograder.sandbox.layers.choice import SandboxError, choose

COURSE = "AUTOGRADER_COURSE"  # the variable that names a course repository, or its course.yml
LIBRARIES = ("torch", "torchvision", "torchbearer", "numpy", "matplotlib", "pillow", "scikit-learn")
POLL_SECONDS = 5  # between two looks at whether a worker is overdue


class HostedWorker:
    """A worker on this host, or the reason why there is none. Its process ends when the marker has Dask forget it."""

    _worker: Worker | None = None

    def __init__(self, spec: GradingSpec | None, number: int, refusal: tuple[str, str] | None = None) -> None:
        if spec is not None:
            self._worker = Worker(spec, number)
        self.first_reply = refusal if self._worker is None else self._wait_for_reply(self._worker)

    def mark(self, job: Job) -> Any:
        """The reply to a job, as `Worker.read_reply` gives it."""
        if self._worker is None:
            return None
        self._worker.start(job)
        reply = self._wait_for_reply(self._worker)
        if reply is not None:
            self._worker.job = None
        return reply

    def _wait_for_reply(self, worker: Worker) -> Any:
        while not worker.overdue():
            if worker.connection.poll(POLL_SECONDS):
                reply = worker.read_reply()
                worker.ready = reply is not None
                return reply
        return None

    def __del__(self) -> None:
        if self._worker is not None:
            with contextlib.suppress(Exception):
                self._worker.end()


def start_worker(packed: bytes, number: int) -> HostedWorker:
    """Starts this host's worker `number`, or says why it cannot. Raises nothing: errors travel as data."""
    try:
        return _hosted(cluster_wire.unpack_spec(packed), number)
    except (CourseError, SandboxError, DataUnavailable) as error:
        return HostedWorker(None, number, ("no sandbox" if isinstance(error, SandboxError) else "failed", str(error)))
    except Exception as error:
        traceback.print_exc()
        return HostedWorker(None, number, ("failed", f"{type(error).__name__}: {error}"))


def _hosted(spec: PortableSpec, number: int) -> HostedWorker:
    course = os.environ.get(COURSE)
    lab = open_lab(spec.lab, _course_file(Path(course)) if course else None)
    found = differences(spec.content, content(lab, spec.data))
    if found:
        return HostedWorker(None, number, ("differs", "; ".join(found)))
    layers = choose(spec.sandbox) if spec.sandbox is not None else None
    if spec.device == "cuda" and number >= gpus():
        return HostedWorker(None, number, ("full", "torch finds no GPU for it"))
    # Dask has as many threads as cores, and each thread has a worker: one core for each.
    return HostedWorker(GradingSpec(lab, spec.data, spec.device, spec.seed, 1, layers), number)


def first_reply(hosted: HostedWorker) -> bytes:
    """Whether the worker is ready, or why there is none."""
    return cluster_wire.pack_reply(hosted.first_reply)


def mark(hosted: HostedWorker, packed: bytes) -> bytes:
    """Marks a submission, whose files are in the host's own folder meanwhile. Raises nothing, as `start_worker`."""
    from distributed import get_worker

    try:
        with tempfile.TemporaryDirectory(prefix="submission-", dir=get_worker().local_directory) as folder:
            return cluster_wire.pack_reply(hosted.mark(cluster_wire.unpack_job(packed, Path(folder))))
    except Exception:  # perhaps a full disk: another host may have room
        traceback.print_exc()
        return cluster_wire.pack_reply(None)


def content(lab: Lab, data: str) -> dict[str, str]:
    """Digests and versions of everything that marks depend on, part by part: equal contents give equal marks."""
    versions = {name: version(name) for name in LIBRARIES}
    whole, shared = depends_on(lab)
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **versions,
        "the build of torch, the grader, its limits or the reference": shared,
        "the checks, course.yml or the release": whole,
        "the sandbox or the marking": grading_digest(),
        f"the images or labels of {data}": digest_of(data),  # type: ignore[arg-type]
    }


def differences(marker: Mapping[str, str], own: Mapping[str, str]) -> list[str]:
    """A sentence for each library whose version differs here; if none does, one for the first part that differs."""
    differing = [name for name, value in marker.items() if own.get(name) != value]
    versions = [
        f"{name} is {own.get(name, 'missing')} here, but {marker[name]} on the marker's machine"
        for name in differing
        if name in ("Python", *LIBRARIES)
    ]
    return versions or [
        f"{name} are not the same as on the marker's machine: give both the same commit and the same data"
        for name in differing[:1]
    ]


def _course_file(path: Path) -> Path:
    return path / "course.yml" if path.is_dir() else path
