"""At the other end: what a Dask worker does for a marker. It has the course itself, and a worker for each thread."""

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
from autograder.grading.cache import conducted_by, depends_on
from autograder.grading.cluster_wire import PortableSpec
from autograder.grading.grader import GradingSpec
from autograder.grading.worker import Job, Worker, gpus
from autograder.labs.lab import Lab, open_lab
from autograder.sandbox.layers.choice import SandboxError, choose

COURSE = "AUTOGRADER_COURSE"  # the variable that names a course repository, or its course.yml
LIBRARIES = ("torch", "torchvision", "torchbearer", "numpy", "matplotlib", "pillow", "scikit-learn")
WAKING_SECONDS = 5


class HostedWorker:
    """A worker of this worker, for as long as Dask holds on to it, that is, the marker; or the reason for none."""

    def __init__(self, spec: GradingSpec | None, number: int, refusal: tuple[str, str] | None = None) -> None:
        self._worker = Worker(spec, number) if spec is not None else None
        self.told = refusal if self._worker is None else self._hear()

    def mark(self, job: Job) -> Any:
        """What came of it, as `Worker.hear` says it."""
        if self._worker is None:
            return None
        self._worker.give(job)
        told = self._hear()
        if told is not None:
            self._worker.job = None
        return told

    def _hear(self) -> Any:
        assert self._worker is not None
        while not self._worker.late():
            if self._worker.connection.poll(WAKING_SECONDS):
                told = self._worker.hear()
                self._worker.ready = told is not None
                return told
        return None

    def __del__(self) -> None:
        if getattr(self, "_worker", None) is not None:
            with contextlib.suppress(Exception):
                self._worker.end()  # type: ignore[union-attr]


def start_worker(packed: bytes, number: int) -> HostedWorker:
    """Opens the worker `number` of this worker, or says why not. Raises nothing: what goes wrong travels as data."""
    try:
        return _hosted(cluster_wire.unpack_spec(packed), number)
    except (CourseError, SandboxError, DataUnavailable) as error:
        return HostedWorker(None, number, ("no sandbox" if isinstance(error, SandboxError) else "failed", str(error)))
    except Exception as error:
        traceback.print_exc()
        return HostedWorker(None, number, ("failed", f"{type(error).__name__}: {error}"))


def _hosted(spec: PortableSpec, number: int) -> HostedWorker:
    named = os.environ.get(COURSE)
    lab = open_lab(spec.lab, _course_file(Path(named)) if named else None)
    found = differences(spec.content, content(lab, spec.data))
    if found:
        return HostedWorker(None, number, ("differs", "; ".join(found)))
    layers = choose(spec.sandbox) if spec.sandbox is not None else None
    if spec.device == "cuda" and number >= gpus():
        return HostedWorker(None, number, ("full", "torch finds no GPU there"))
    # Dask counts a core for each thread, and each thread has its worker.
    return HostedWorker(GradingSpec(lab, spec.data, spec.device, spec.seed, 1, layers), number)


def what_it_says(hosted: HostedWorker) -> bytes:
    """Whether the worker is ready, or why there is none."""
    return cluster_wire.pack_reply(hosted.told)


def mark(hosted: HostedWorker, packed: bytes) -> bytes:
    """Marks a submission; its files lie in the worker's own folder for so long. Raises nothing, as `start_worker`."""
    from distributed import get_worker

    try:
        with tempfile.TemporaryDirectory(prefix="submission-", dir=get_worker().local_directory) as folder:
            return cluster_wire.pack_reply(hosted.mark(cluster_wire.unpack_job(packed, Path(folder))))
    except Exception:  # a full disk, perhaps: another worker may have more
        traceback.print_exc()
        return cluster_wire.pack_reply(None)


def content(lab: Lab, data: str) -> dict[str, str]:
    """All that marks and their making depend on, part by part: equal contents give equal marks."""
    versions = {name: version(name) for name in LIBRARIES}
    whole, shared = depends_on(lab)
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **versions,
        "the build of torch, the grader, its limits or the reference": shared,
        "the checks, course.yml or the release": whole,
        "the sandbox or the marking": conducted_by(),
        f"the images or labels of {data}": digest_of(data),  # type: ignore[arg-type]
    }


def differences(marker: Mapping[str, str], own: Mapping[str, str]) -> list[str]:
    """A sentence for each version that is another one here; where there is none, for the first part that is."""
    other = [name for name, value in marker.items() if own.get(name) != value]
    versions = [
        f"{name} is {own.get(name, 'missing')}, the marker's {marker[name]}"
        for name in other
        if name in ("Python", *LIBRARIES)
    ]
    return versions or [
        f"{name} are not the marker's: bring both to the same commit, or the same data" for name in other[:1]
    ]


def _course_file(named: Path) -> Path:
    return named / "course.yml" if named.is_dir() else named
