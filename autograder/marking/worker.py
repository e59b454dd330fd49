"""At the other end: what a Dask worker does for a marker. It has the course itself, and an examiner for each thread."""

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

from autograder.candidate.cage.layers import CageError, choose
from autograder.checks.setting import Setting
from autograder.course import CourseError
from autograder.data import DataUnavailable, digest_of
from autograder.marking import parcel
from autograder.marking.examine import Order
from autograder.marking.examiner import Examiner, Job, gpus
from autograder.marking.journal import conducted_by, depends_on
from autograder.marking.parcel import Errand

COURSE = "AUTOGRADER_COURSE"  # the variable that names a course repository, or its course.yml
LIBRARIES = ("torch", "torchvision", "torchbearer", "numpy", "matplotlib", "pillow", "scikit-learn")
WAKING_SECONDS = 5


class Seat:
    """An examiner of this worker, for as long as Dask holds on to it, that is, the marker; or the reason for none."""

    def __init__(self, order: Order | None, number: int, refusal: tuple[str, str] | None = None) -> None:
        self._examiner = Examiner(order, number) if order is not None else None
        self.told = refusal if self._examiner is None else self._hear()

    def mark(self, job: Job) -> Any:
        """What came of it, as `Examiner.hear` says it."""
        if self._examiner is None:
            return None
        self._examiner.give(job)
        told = self._hear()
        if told is not None:
            self._examiner.job = None
        return told

    def _hear(self) -> Any:
        assert self._examiner is not None
        while not self._examiner.late():
            if self._examiner.connection.poll(WAKING_SECONDS):
                told = self._examiner.hear()
                self._examiner.ready = told is not None
                return told
        return None

    def __del__(self) -> None:
        if getattr(self, "_examiner", None) is not None:
            with contextlib.suppress(Exception):
                self._examiner.end()  # type: ignore[union-attr]


def take_seat(packed: bytes, number: int) -> Seat:
    """Opens the examiner `number` of this worker, or says why not. Raises nothing: what goes wrong travels as data."""
    try:
        return _seat(parcel.unpack_errand(packed), number)
    except (CourseError, CageError, DataUnavailable) as error:
        return Seat(None, number, ("no cage" if isinstance(error, CageError) else "failed", str(error)))
    except Exception as error:
        traceback.print_exc()
        return Seat(None, number, ("failed", f"{type(error).__name__}: {error}"))


def _seat(errand: Errand, number: int) -> Seat:
    named = os.environ.get(COURSE)
    setting = Setting.find(errand.lab, _course_file(Path(named)) if named else None)
    found = differences(errand.content, content(setting, errand.data))
    if found:
        return Seat(None, number, ("differs", "; ".join(found)))
    layers = choose(errand.cage) if errand.cage is not None else None
    if errand.device == "cuda" and number >= gpus():
        return Seat(None, number, ("full", "torch finds no GPU there"))
    # Dask counts a core for each thread, and each thread has its examiner.
    return Seat(Order(setting.course_file, errand.lab, errand.data, errand.device, errand.seed, 1, layers), number)


def what_it_says(seat: Seat) -> bytes:
    """Whether the examiner is ready, or why there is none."""
    return parcel.pack_reply(seat.told)


def mark(seat: Seat, packed: bytes) -> bytes:
    """Marks a submission; its files lie in the worker's own folder for so long. Raises nothing, as `take_seat`."""
    from distributed import get_worker

    try:
        with tempfile.TemporaryDirectory(prefix="submission-", dir=get_worker().local_directory) as folder:
            return parcel.pack_reply(seat.mark(parcel.unpack_job(packed, Path(folder))))
    except Exception:  # a full disk, perhaps: another worker may have more
        traceback.print_exc()
        return parcel.pack_reply(None)


def content(setting: Setting, data: str) -> dict[str, str]:
    """All that marks and their making depend on, part by part: equal contents give equal marks."""
    versions = {name: version(name) for name in LIBRARIES}
    whole, shared = depends_on(setting)
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **versions,
        "the build of torch, the grader, its limits or the reference": shared,
        "the checks, course.yml or the release": whole,
        "the cage or the marking": conducted_by(),
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
