"""When submissions came: from the marker's file of times, or from what nbgrader wrote beside the notebooks.

Which source wins. A file of times (`--times`, kept as `MARKS/times.csv`) is the marker's own word: where there is one,
it alone counts, and who is not in it has no known time. Otherwise nbgrader's `<student>/<assignment>/timestamp.txt`
counts, which is as trustworthy as the way it came: nbgrader's collecting writes it, but whoever can write into that
folder can change it. So it is not read where the student alone has packed the folder: in a zip of theirs, or in a git
repository.
Where nothing is known, nothing is taken off, and the marker is told.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.results import storable
from autograder.storage import write_whole
from autograder.submission.collect import Submission

KEPT = "times.csv"


class TimesError(Exception):
    """A file of times is wrong; the message names file and line."""


@dataclass
class Times:
    """When each student handed in, as far as it is known, and what the marker should know of it."""

    source: str
    """Where the times come from, in words."""
    known: dict[str, datetime] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Students of the class whose time is not known."""
    strangers: list[str] = field(default_factory=list)
    """Names in the file of times that nobody in the class has."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """What stands in a timestamp.txt that is no time, by student."""


def find_times(submissions: Iterable[Submission], marks: Path, given: Path | None = None) -> Times:
    """The times of a class. A file that is `given` is kept in `marks`, so that a later run knows them too.

    Raises `TimesError`.
    """
    students = {storable(one.student): one.timestamp for one in submissions}
    kept = marks / KEPT
    if given is not None:
        known = read_times(given)
        write_whole(kept, Path(given).read_bytes())
        source = str(given)
    elif kept.is_file():
        known, source = read_times(kept), str(kept)
    else:
        times = Times("nbgrader's timestamp.txt")
        for student, text in students.items():
            if text is None:
                continue
            try:
                times.known[student] = parse_timestamp(text)
            except ValueError:
                times.unreadable[student] = text
        times.missing = sorted(set(students) - set(times.known))
        return times
    return Times(
        source,
        {student: known[student] for student in students if student in known},
        sorted(set(students) - set(known)),
        sorted(set(known) - set(students)),
    )


def read_times(path: Path) -> dict[str, datetime]:
    """The times in a CSV file with the columns `student` and `time` (ISO 8601 with a zone); others are left alone.

    Raises `TimesError`.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TimesError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TimesError(f"{path}, line {line}: not UTF-8 text") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found: dict[str, datetime] = {}
    lines: dict[str, int] = {}
    try:
        for column in ("student", "time"):
            if column not in (rows.fieldnames or []):
                raise TimesError(f"{path}, line 1: there is no column `{column}`; the first line is `student,time`")
        for row in rows:
            student, written = row["student"] or "", row["time"] or ""
            if not student and not written:
                continue
            if student in lines:
                raise TimesError(
                    f"{path}, line {rows.line_num}: {student!r} is there twice (first on line {lines[student]})"
                )
            lines[student] = rows.line_num
            found[student] = _with_zone(written, path, rows.line_num)
    except csv.Error as error:
        raise TimesError(f"{path}, line {rows.reader.line_num}: {error}") from error
    return found


def parse_timestamp(text: str) -> datetime:
    """nbgrader's `2026-11-20 14:03:22.123456 UTC`; the zone is a name, an offset, or left out for UTC.

    Raises `ValueError`, also for short names of zones that could be several, as `CST`.
    """
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\s*([A-Za-z0-9_+:/-]{1,60})?", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no time")
    day, clock, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day} {clock}{(fraction or '.0').ljust(7, '0')}")
    return moment.replace(tzinfo=_zone(zone or "UTC"))


def _zone(name: str) -> timezone | ZoneInfo:
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset is not None:
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-away if offset[1] == "-" else away)
    if name.upper() in ("UTC", "GMT", "Z"):
        return timezone.utc
    if "/" not in name:
        raise ValueError(f"{name!r} could be several time zones")
    try:
        return ZoneInfo(name)
    except (OSError, LookupError) as error:  # a folder's name; unknown
        raise ValueError(f"there is no time zone {name!r}") from error


def _with_zone(written: str, path: Path, line: int) -> datetime:
    try:
        moment = datetime.fromisoformat(re.sub(r"\s*Z$", "+00:00", written.strip()))
    except ValueError:
        raise TimesError(
            f"{path}, line {line}: {written!r} is no time; write it as 2027-01-29T23:59:00+00:00"
        ) from None
    if moment.tzinfo is None:
        raise TimesError(
            f"{path}, line {line}: {written!r} has no time zone; write it with one, as {moment.isoformat()}+00:00"
        )
    return moment
