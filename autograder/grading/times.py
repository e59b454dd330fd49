"""When submissions came: from the marker's file of times, the course system's download, or nbgrader's timestamp.txt.

A file of times (`--times`, kept as `MARKS/times.csv`) counts before all else. Who is not in it has the time that the
course system's download gives for the attempt that counts (Gradescope, Brightspace, Blackboard), and no other. Without
such a file, nbgrader's `<student>/<assignment>/timestamp.txt` counts, too. nbgrader writes it when it collects, but
anybody who can write into the folder can change it; so it is not read from what students pack themselves, such as a zip
or a git repository, whose commits' times students can choose. If no time is known, nothing is taken off, and the marker
is told.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.storage import write_whole
from autograder.submission.names import composed, spelt_as
from autograder.submission.taken_in import Submission

KEPT = "times.csv"
PARTICIPANT = "Participant "
MOODLES_COLUMN = ("last modified (submission)", "zuletzt geändert (abgabe)")
MONTHS = {
    name: number
    for number, names in enumerate(
        ("january januar", "february februar", "march märz", "april", "may mai", "june juni", "july juli", "august",
         "september", "october oktober", "november", "december dezember"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
FORMULA = re.compile(r"'[=+\-@\t\r]")


class TimesError(Exception):
    """A file of times is wrong; the message names file and line."""


@dataclass
class Times:
    """When each student handed in, and what the marker should know about these times."""

    source: str
    """The file of times; empty if there is none."""
    known: dict[str, datetime] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Students whose time is not known."""
    strangers: list[str] = field(default_factory=list)
    """Names in the file of times that no student of the class has."""
    replaced: list[str] = field(default_factory=list)
    """Students of `missing` whose timestamp.txt holds a time, which the file of times has replaced."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """The text of each timestamp.txt that does not hold a time, by student."""
    clocks: dict[str, str] = field(default_factory=dict)
    """The course system whose own time is known of a student; none for those in the file of times."""
    committed: list[str] = field(default_factory=list)
    """Students of `missing` who handed in a git repository, if no file of times was given."""
    zone: str = ""
    """In which times without a time zone were read; empty if there were none."""

    def whose(self, student: str) -> str:
        """Whose time a student's is, for the pages."""
        if student in self.clocks:
            return f"{self.clocks[student]}'s time"
        return "the marker's list of times" if self.source else "nbgrader's time"

    @property
    def sources(self) -> str:
        """Where all the times are from, for the marker."""
        clocks = " and ".join(f"{clock}'s own times" for clock in sorted(set(self.clocks.values())))
        if self.source:
            found = f"{self.source}; who is not in it, by {clocks}" if clocks else self.source
        else:
            written = "nbgrader's timestamp.txt" if set(self.known) - set(self.clocks) or not clocks else ""
            found = " and ".join(filter(None, (written, clocks)))
        return f"{found}, without a time zone there, so read as {self.zone}" if self.zone else found


def find_times(
    submissions: Iterable[Submission], marks: Path, given: Path | None = None, zone: tzinfo = timezone.utc
) -> Times:
    """The times of a class. A file that is `given` is copied to `marks`, for later runs.

    Course systems' times, and those of Moodle's worksheet, are read in `zone`. Raises `TimesError`.
    """
    submissions = list(submissions)
    if not isinstance(zone, ZoneInfo):  # an object of its own, to know which times were read in it
        zone = timezone(zone.utcoffset(None) or timedelta(0), str(zone))
    stamped, unreadable = _timestamps(submissions, zone)
    clocks = {each.student: each.clock for each in submissions if each.clock and each.student in stamped}
    kept = marks / KEPT
    listed: dict[str, datetime] = {}
    source, known = "", stamped
    if given is not None:
        listed, source = read_times(given, zone), str(given)
        write_whole(kept, Path(given).read_bytes())
    elif kept.is_file():
        listed, source = read_times(kept, zone), str(kept)
    students = [each.student for each in submissions]
    owners = spelt_as(listed, students)
    participants = {f"{PARTICIPANT}{each.person.get('participant')}": each.student for each in submissions}
    owners |= {name: participants[name] for name in listed if name in participants}
    if source:
        known = {student: stamped[student] for student in clocks}
        known |= {owners[name]: moment for name, moment in listed.items() if name in owners}
        clocks = {student: clock for student, clock in clocks.items() if student not in owners.values()}
    missing = sorted(set(students) - set(known))
    return Times(
        source,
        known,
        missing,
        strangers=sorted(set(listed) - set(owners)),
        replaced=[student for student in missing if student in stamped],
        unreadable={} if source else unreadable,
        clocks=clocks,
        committed=[each.student for each in submissions if each.repository and each.student in missing and not source],
        zone=str(zone) if any(moment.tzinfo is zone for moment in known.values()) else "",
    )


def _timestamps(submissions: Iterable[Submission], zone: tzinfo) -> tuple[dict[str, datetime], dict[str, str]]:
    """The times of students, course systems' in `zone`; and the texts of those that hold none."""
    known, unreadable = {}, {}
    for submission in submissions:
        if submission.timestamp is None:
            continue
        try:
            known[submission.student] = parse_timestamp(
                submission.timestamp, zone if submission.clock else timezone.utc
            )
        except ValueError:
            unreadable[submission.student] = submission.timestamp
    return known, unreadable


def unescaped(name: str) -> str:
    """A name without the apostrophe with which our own tables keep a spreadsheet from working it out as a formula."""
    return name[1:] if FORMULA.match(name) else name


def read_times(path: Path, zone: tzinfo = timezone.utc) -> dict[str, datetime]:
    """The times in a CSV file with the columns `student` and `time`, or in Moodle's grading worksheet.

    A time is ISO 8601 with a time zone, or as Moodle writes it, then in `zone`. Of a worksheet, the keys are
    "Participant " and Moodle's number. Commas separate the columns, or the semicolons or tabs that some spreadsheets
    write. Spaces around names are ignored. Raises `TimesError`.
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
        worksheet = next((title for title in rows.fieldnames if title.casefold() in MOODLES_COLUMN), "")
        name, time = (rows.fieldnames[0], worksheet) if worksheet else ("student", "time")
        for column in (name, time):
            if column not in rows.fieldnames:
                raise TimesError(
                    f"{path}, line 1: there is no column `{column}`; the first line must be `student,time`, or that of"
                    " Moodle's grading worksheet"
                )
        for row in rows:
            student, written = unescaped((row[name] or "").strip()), (row[time] or "").strip()
            if (not student and not written) or (worksheet and written in ("", "-")):
                continue
            if worksheet:
                student = _participant(student, path, rows.line_num)
            if (first := lines.setdefault(composed(student), rows.line_num)) != rows.line_num:
                raise TimesError(f"{path}, line {rows.line_num}: {student!r} is listed twice (first on line {first})")
            found[student] = moodles_time(written, zone) or _with_zone(written, path, rows.line_num)
    except csv.Error as error:
        raise TimesError(f"{path}, line {rows.reader.line_num}: {error}") from error
    return found


def _participant(cell: str, path: Path, line: int) -> str:
    """Moodle's "Participant 1234", "Teilnehmer/in1234", … in one language."""
    number = re.search(r"[0-9]+$", cell)
    if number is None:
        raise TimesError(f"{path}, line {line}: {cell!r} does not end with Moodle's number of a participant")
    return f"{PARTICIPANT}{number[0]}"


def moodles_time(text: str, zone: tzinfo) -> datetime | None:
    """The time in `Thursday, 28 January 2027, 9:15 PM`, or `Donnerstag, 28. Januar 2027, 21:15`; None for any other."""
    found = re.fullmatch(
        r"[^\W\d]+,? (?:(?P<day>\d{1,2})\.? (?P<month>[^\W\d]+)|(?P<month2>[^\W\d]+) (?P<day2>\d{1,2}),?)"
        r" (?P<year>\d{4}),? (?P<hour>\d{1,2}):(?P<minute>\d\d)(?: ?(?P<half>[AP]M))?",
        " ".join(text.split()),
        re.IGNORECASE,
    )
    month = MONTHS.get((found["month"] or found["month2"]).casefold()) if found else None
    if found is None or month is None:
        return None
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].upper() == "PM" else 0)
    try:
        return datetime(
            int(found["year"]), month, int(found["day"] or found["day2"]), hour, int(found["minute"]), tzinfo=zone
        )
    except ValueError:
        return None


def parse_timestamp(text: str, zone: tzinfo = timezone.utc) -> datetime:
    """The time in nbgrader's format, `2026-11-20 14:03:22.123456 UTC`, or in `zone`, if no name or offset is there.

    Raises `ValueError`, also for an abbreviation that several time zones share, such as `CST`.
    """
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\s*([A-Za-z0-9_+:/-]{1,60})?", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time")
    day, clock, fraction, named = match.groups()
    moment = datetime.fromisoformat(f"{day} {clock}{(fraction or '.0').ljust(7, '0')}")
    return moment.replace(tzinfo=_zone(named) if named else zone)


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
