"""Every student's pictures side by side, small: what a marker looks over to see who drew something else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from autograder.results import CheckResult, Results, StudentResult, TaskResult

SIDE = 300
"""Longest side of a thumbnail in pixels: sharp at half of that on a fine screen, and 300 students stay light."""
PIXELS = 40_000_000  # a larger picture is not opened


@dataclass(frozen=True)
class Thumbnail:
    """A small copy of a picture, and its size in pixels."""

    file: Path
    width: int
    height: int


@dataclass
class Drawn:
    """A check whose pictures the sheet shows, whoever has one."""

    task: TaskResult
    check: CheckResult
    students: int = 0


@dataclass
class Card:
    """One student's place on the sheet: for each column the check and its thumbnails."""

    student: StudentResult
    drawn: list[tuple[Drawn, CheckResult | None, list[Thumbnail]]] = field(default_factory=list)


def columns(results: Results) -> dict[tuple[str, str], Drawn]:
    """The checks that gave a picture for anybody, in the order of the course."""
    found: dict[tuple[str, str], Drawn] = {}
    for student in results.students:
        for task, check in student.checks:
            drawn = found.setdefault((task.id, check.id), Drawn(task, check))
            drawn.students += bool(check.pictures)
    return {place: drawn for place, drawn in found.items() if drawn.students}


def thumbnail(picture: Path, file: Path) -> Thumbnail | None:
    """Makes a small WebP copy of a PNG `picture` in `file`, unless there is one; None for what is no usable picture."""
    try:
        stamp = picture.stat().st_mtime_ns
        if file.is_file() and file.stat().st_mtime_ns == stamp:
            with Image.open(file, formats=["WEBP"]) as small:
                return Thumbnail(file, *small.size)
        with Image.open(picture, formats=["PNG"]) as image:
            if image.width * image.height > PIXELS:
                return None
            small = image.convert("RGB")
            small.thumbnail((SIDE, SIDE))
            small.save(file, "WEBP", quality=70)
    except Exception:  # whatever a picture does to the decoder: the sheet says that it cannot be shown
        file.unlink(missing_ok=True)
        return None
    os.utime(file, ns=(stamp, stamp))  # so that a second report knows it
    return Thumbnail(file, *small.size)
