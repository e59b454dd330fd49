"""When submissions came: from the marker's file of times, or from nbgrader's timestamp.txt beside the notebooks.

If there is a file of times (`--times`, kept as `MARKS/times.csv`), it alone counts: students who are not in it have no
known time. Otherwise nbgrader's `<student>/<assignment>/timestamp.txt` counts. nbgrader writes it when it collects, but
anybody who can write into the folder can change it; so it is not read from what students pack themselves, such as a zip
or a git repository. If no time is known, nothing is taken off, and the marker is told.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.storage import write_whole
from autograder.submission.names import composed, spelt_as
from autograder.submission.taken_in import Submission

KEPT = "times.csv"
FORMULA = re.compile(r"'[=+\-@\t\r]")


class TimesError(Exception):
    """A file of times is wrong; the message names file and line."""


@dataclass
class Times:
    """When each student handed in, and what the marker should know about these times."""

    source: str
    """Where the times come from: a path, or "nbgrader's timestamp.txt"."""
    known: dict[str, datetime] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Students whose time is not known."""
    strangers: list[str] = field(default_factory=list)
    """Names in the file of times that no student of the class has."""
    replaced: list[str] = field(default_factory=list)
    """Students of `missing` whose timestamp.txt holds a time, which the file of times has replaced."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """The text of each timestamp.txt that does not hold a time, by student."""


def find_times(submissions: Iterable[Submission], marks: Path, given: Path | None = None) -> Times:
    """The times of a class. A file that is `given` is copied to `marks`, for later runs.

    Raises `TimesError`.
    """
    students = {submission.student: submission.timestamp for submission in submissions}
    stamped, unreadable = _timestamps(students)
    kept = marks / KEPT
    if given is not None:
        known = read_times(given)
        write_whole(kept, Path(given).read_bytes())
        source = str(given)
    elif kept.is_file():
        known, source = read_times(kept), str(kept)
    else:
        missing = sorted(set(students) - set(stamped))
        return Times("nbgrader's timestamp.txt", stamped, missing, unreadable=unreadable)
    owners = spelt_as(known, students)
    missing = sorted(set(students) - set(owners.values()))
    return Times(
        source,
        {owners[name]: moment for name, moment in known.items() if name in owners},
        missing,
        sorted(set(known) - set(owners)),
        [student for student in missing if student in stamped],
    )


def _timestamps(texts: Mapping[str, str | None]) -> tuple[dict[str, datetime], dict[str, str]]:
    """The times in students' timestamp.txt, and the texts of those that hold none."""
    known, unreadable = {}, {}
    for student, text in texts.items():
        if text is None:
            continue
        try:
            known[student] = parse_timestamp(text)
        except ValueError:
            unreadable[student] = text
    return known, unreadable


def unescaped(name: str) -> str:
    """A name without the apostrophe with which our own tables keep a spreadsheet from working it out as a formula."""
    return name[1:] if FORMULA.match(name) else name


def read_times(path: Path) -> dict[str, datetime]:
    """The times in a CSV file with the columns `student` and `time` (ISO 8601 with a zone); others are ignored.

    Commas separate them, or the semicolons or tabs that some spreadsheets write. Spaces around names are ignored.
    Raises `TimesError`.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TimesError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise TimesError(f"{path}, line {line}: not UTF-8 text") from error
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter, skipinitialspace=True)
    found: dict[str, datetime] = {}
    lines: dict[str, int] = {}
    try:
        rows.fieldnames = [title.strip() for title in rows.fieldnames or []]
        for column in ("student", "time"):
            if column not in rows.fieldnames:
                raise TimesError(
                    f"{path}, line 1: there is no column `{column}`; the first line must be `student,time`"
                )
        for row in rows:
            student, written = unescaped((row["student"] or "").strip()), row["time"] or ""
            if not student and not written:
                continue
            if (first := lines.setdefault(composed(student), rows.line_num)) != rows.line_num:
                raise TimesError(f"{path}, line {rows.line_num}: {student!r} is listed twice (first on line {first})")
            found[student] = _with_zone(written, path, rows.line_num)
    except csv.Error as error:
        raise TimesError(f"{path}, line {rows.reader.line_num}: {error}") from error
    return found


def parse_timestamp(text: str) -> datetime:
    """The time in nbgrader's format, `2026-11-20 14:03:22.123456 UTC`. The zone is a name or an offset; without, UTC.

    Raises `ValueError`, also for an abbreviation that several time zones share, such as `CST`.
    """
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\s*([A-Za-z0-9_+:/-]{1,60})?", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time")
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
    except (OSError, LookupError) as error:  # an unknown name, or a folder's
        raise ValueError(f"there is no time zone {name!r}") from error


def _with_zone(written: str, path: Path, line: int) -> datetime:
    try:
        moment = datetime.fromisoformat(re.sub(r"\s*Z$", "+00:00", written.strip()))
    except ValueError:
        raise TimesError(
            f"{path}, line {line}: {written!r} is not a time; write it like 2027-01-29T23:59:00+00:00"
        ) from None
    if moment.tzinfo is None:
        raise TimesError(f"{path}, line {line}: {written!r} has no time zone; write it like {moment.isoformat()}+00:00")
    return moment
