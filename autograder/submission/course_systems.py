"""Knows what course systems hand out by the names of files and folders: whose an entry is, and which attempt.

| system | an entry of its download |
|---|---|
| Canvas | `lovelaceada_LATE_3144_207798_submission-2.zip`: name, late, user, file id, file (`-2`: again); |
| | `lovelaceada_3144_text.html` or `…_link.html` for what was typed; `LATE_anon_a1B2c_207798_…` without names |
| Blackboard | `gradebook_DL101_Lab4_s111_attempt_2027-01-21-10-00-00_submission.zip`, and a `.txt` for each attempt |
| Moodle | `Ada Lovelace_2201_assignsubmission_file_`, or the beginning of a file's name; `…_onlinetext_` beside it |
| Brightspace | `12345-67890 - Ada Lovelace - Jan 21, 2027 1000 AM`, or the beginning of a file's name; `index.html` |
| Gradescope | `submission_123456`, a folder; `submission_metadata.yml` says whose |

nbgrader's tree and GitHub Classroom's repositories are folders with a name for each student, as any other class is. A
student's name in the results has the system's number where the name alone may be two people's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml

from autograder.course import composed

# https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb
CANVAS = re.compile(
    r"(?P<who>(LATE_)?(?P<anonymous>anon_(?=\d*[A-Za-z])[A-Za-z0-9]{5})|(?P<name>[^_].*?)_(LATE_)?(?P<id>\d{2,}))"
    r"_(?:(?P<number>\d{2,})_(?P<file>.+)|(?P<typed>text|link)\.html)",
    re.DOTALL,
)
AGAIN = re.compile(r"(?P<stem>.+)-(?P<try>\d{1,3})(?P<suffix>(?:\.\w+)*)", re.DOTALL)
# The first `_attempt_` is Blackboard's: what comes after it is the name of a student's file, who may write another.
BLACKBOARD = re.compile(r"(?P<head>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)", re.DOTALL)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
BRIGHTSPACE = re.compile(
    r"(?P<user>\d+)-\d+ - (?P<name>.+?) - (?P<time>(?:\w{3,9} \d{1,2}|\d{1,2} \w{3,9}), \d{4} \d{3,4} [AP]M)"
    r"(?: - (?P<file>.+))?",
    re.DOTALL,
)
METADATA = "submission_metadata.yml"  # Gradescope's
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class DownloadError(Exception):
    """A course system's own file cannot be read; the message names it."""


@dataclass
class DownloadedWork:
    """What one student handed in, as a course system hands it out."""

    student: str
    person: dict[str, str]
    """What the system says of the student, by the fields of rosters."""
    remarks: list[str] = field(default_factory=list)
    late: str = ""
    """The system that says so; empty if none does."""
    timestamp: str | None = None
    """When the attempt that counts came, in nbgrader's format, but in the system's own zone if none is named."""
    clock: str = ""
    """The system that says so; empty if none does."""
    entries: list[Path] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """The file's own name for each of the entries; empty for a folder that holds everything."""


@dataclass
class Download:
    """What is known by name in a folder of submissions."""

    folder: Path
    hand_ins: list[DownloadedWork] = field(default_factory=list)
    known: set[Path] = field(default_factory=set)
    """All entries that belong to the hand-ins or to the system itself: nobody else's work."""


@dataclass
class _Entry:
    """What the name of one entry says. Of a student's entries, those of the greatest `attempt` count."""

    path: Path
    student: str
    person: dict[str, str]
    file: str
    attempt: str = ""
    """When the attempt came, so that it sorts: `2027-01-21 10:00`, in the system's own time zone."""
    clock: str = ""
    """The system that says so."""
    number: tuple[int, int] = (0, 0)
    """Of files of one name in an attempt, the one with the greatest number counts."""
    late: str = ""
    written: bool = False
    """Typed into a box of the course system; counts only if nothing else was handed in."""


def read_download(source: Path) -> Download:
    """What course systems have put into `source`, or into the only folder there; empty if no name is known.

    Raises `DownloadError`.
    """
    download = _read(source)
    if not download.hand_ins:
        inner = [path for path in source.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        if len(inner) == 1 and inner[0].is_dir() and not inner[0].is_symlink():
            below = _read(inner[0])
            if len(below.hand_ins) > 1 or (inner[0] / METADATA).is_file():
                return below
    return download


def _read(source: Path) -> Download:
    paths = sorted(path for path in source.iterdir() if not path.name.startswith("."))
    download = Download(source)
    if (source / METADATA).is_file():
        _gradescope(download)
        paths = [path for path in paths if path not in download.known]
    by_student: dict[str, list[_Entry]] = {}
    readers = (_moodle(paths), _brightspace(paths), _blackboard(paths, download.known), _canvas(paths))
    for entry in (entry for reader in readers for entry in reader):
        if entry.path not in download.known:
            download.known.add(entry.path)
            by_student.setdefault(entry.student, []).append(entry)
    if any(BRIGHTSPACE.fullmatch(path.name) for path in download.known):
        download.known.add(source / "index.html")
    download.hand_ins += [_hand_in(entries) for _, entries in sorted(by_student.items())]
    return download


def _hand_in(entries: list[_Entry]) -> DownloadedWork:
    first = entries[0]
    hand_in = DownloadedWork(first.student, first.person)
    attempts = sorted({entry.attempt for entry in entries})
    last = [entry for entry in entries if entry.attempt == attempts[-1]]
    if len(attempts) > 1:
        hand_in.remarks.append(f"{len(attempts)} attempts were handed in; the last one counts, of {attempts[-1]}.")
    if last[0].clock:
        hand_in.clock = last[0].clock
        hand_in.timestamp = attempts[-1] if attempts[-1].count(":") == 2 else f"{attempts[-1]}:00"
    typed = [entry for entry in last if entry.written]
    filled = [entry for entry in last if not entry.written and not _empty(entry.path)]
    if typed and filled and not all(_empty(entry.path) for entry in typed):
        hand_in.remarks.append("The text that was typed into the course system is not read; the files are.")
    chosen: dict[str, _Entry] = {}
    for entry in filled or typed or last:
        other = chosen.get(entry.file) if entry.file else None
        if other is not None:
            new, old = (entry, other) if entry.number > other.number else (other, entry)
            hand_in.remarks.append(f"{new.file} was handed in again; {new.path.name} counts, {old.path.name} does not.")
            entry = new
        chosen[entry.file or str(entry.path)] = entry
    hand_in.late = next((entry.late for entry in chosen.values() if entry.late), "")
    hand_in.entries = [entry.path for entry in chosen.values()]
    hand_in.names = [entry.file for entry in chosen.values()]
    return hand_in


def _empty(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())


def _canvas(paths: Iterable[Path]) -> Iterator[_Entry]:
    matches = [(path, found) for path in paths if (found := CANVAS.fullmatch(path.name)) and path.is_file()]
    named = {(found["who"], found["file"]) for _, found in matches}
    shortened = Counter((found["who"], _without_try(found["file"] or "")[0]) for _, found in matches)
    for path, found in matches:
        whole = found["file"] or f"{found['typed']}.html"
        file, again = _without_try(whole)
        # Canvas hands out one attempt, so `own-1.png` beside `own-2.png` are two files whose numbers the student chose.
        if shortened[found["who"], file] > 1 and (found["who"], file) not in named:
            file, again = whole, 0
        late = "Canvas" if "LATE_" in found["who"] else ""  # the name is in lower case
        student = found["anonymous"] or f"{found['name']}_{found['id']}"
        person = {"id": found["id"]} if found["id"] else {}
        number = (again, int(found["number"] or 0))
        yield _Entry(path, student, person, file, number=number, late=late, written=bool(found["typed"]))


def _without_try(file: str) -> tuple[str, int]:
    """A file's name without the number that Canvas puts into it when it is handed in again, and that number."""
    again = AGAIN.fullmatch(file)
    return (again["stem"] + again["suffix"], int(again["try"])) if again else (file, 0)


def _moodle(paths: Iterable[Path]) -> Iterator[_Entry]:
    for path in paths:
        if found := MOODLE.fullmatch(path.name):
            person = {"name": found["name"].strip(), "participant": found["number"]}
            student = f"{person['name']}_{found['number']}"
            yield _Entry(path, student, person, found["file"] or "", written=found["kind"] == "onlinetext")


def _brightspace(paths: Iterable[Path]) -> Iterator[_Entry]:
    for path in paths:
        found = BRIGHTSPACE.fullmatch(path.name)
        if found and (time := _brightspace_time(found["time"])):
            name = " ".join(found["name"].split())
            student = f"{name}_{found['user']}"
            yield _Entry(path, student, {"name": name}, found["file"] or "", attempt=time, clock="Brightspace")


def _brightspace_time(text: str) -> str:
    """`Jan 21, 2027 1000 AM` as `2027-01-21 10:00`, which sorts; empty if it is no time."""
    day, year, clock, half = re.fullmatch(r"(.+), (\d+) (\d+) ([AP]M)", text).groups()  # type: ignore[union-attr]
    month = re.sub(r"[\d ]", "", day)[:3].casefold()
    number = int(re.sub(r"\D", "", day))
    if month not in MONTHS:
        return ""
    hour = int(clock[:-2]) % 12 + (12 if half == "PM" else 0)
    return f"{year}-{MONTHS.index(month) + 1:02}-{number:02} {hour:02}:{clock[-2:]}"


def _blackboard(paths: Iterable[Path], known: set[Path]) -> Iterator[_Entry]:
    matches = [(path, found) for path in paths if (found := BLACKBOARD.fullmatch(path.name))]
    names = {found["head"]: _blackboard_name(path) for path, found in matches if not found["file"]}
    column = _shared({found["head"] for _, found in matches})
    for path, found in matches:
        head = found["head"]
        name, user = names.get(head, ("", ""))
        if not user or not head.endswith(f"_{user}"):
            name, user = "", head.removeprefix(column)
        if not found["file"]:
            known.add(path)  # what Blackboard writes about the attempt
            continue
        day, clock = found["time"][:10], found["time"][11:].replace("-", ":")
        person = {"login": user, **({"name": name} if name else {})}
        yield _Entry(path, user, person, found["file"], attempt=f"{day} {clock}", clock="Blackboard")


def _blackboard_name(path: Path) -> tuple[str, str]:
    """The student's name and user name out of the first line of Blackboard's text, `Name: Ada Lovelace (s111)`."""
    with path.open("rb") as file:
        line = file.readline(1000).decode("utf-8", "replace").lstrip("\ufeff").strip()
    found = re.fullmatch(r"[^:]+:\s*(.*?)\s*\(([^()]+)\)", line)
    return (found[1], found[2]) if found else ("", "")


def _shared(heads: set[str]) -> str:
    """What all names begin with, up to an underscore: the course and the column. Of a single one, all but the end."""
    if len(heads) == 1:
        return next(iter(heads)).rpartition("_")[0] + "_"
    words = (set(words) for words in zip(*(head.split("_")[:-1] for head in heads), strict=False))
    return "".join(f"{word}_" for (word,) in takewhile(lambda alike: len(alike) == 1, words))


def _gradescope(download: Download) -> None:
    """Adds what Gradescope's file says: each submission with everybody who handed it in."""
    file = download.folder / METADATA
    download.known.add(file)
    try:
        fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        composed(file.read_bytes(), fast)  # a file of anybody's: too deep a one would crash what follows
        described = yaml.load(file.read_bytes(), Loader=fast)
        for name, facts in described.items():
            folder = download.folder / str(name)
            if folder.parent != download.folder or not folder.exists():
                continue
            download.known.add(folder)
            people = [_person(submitter) for submitter in facts[":submitters"]]
            for person in people:
                student = person.get("email") or person.get("idnumber") or person["name"]
                hand_in = DownloadedWork(student, {**person, "submission": str(name)}, entries=[folder], names=[""])
                hand_in.timestamp = _utc(facts.get(":created_at"))
                hand_in.clock = "Gradescope" if hand_in.timestamp else ""
                others = ", ".join(other["name"] for other in people if other is not person)
                if others:
                    hand_in.remarks.append(f"Handed in together with {others}.")
                download.hand_ins.append(hand_in)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise DownloadError(f"{file}: is not as Gradescope writes it ({type(error).__name__}: {error})") from error


def _person(submitter: dict[str, Any]) -> dict[str, str]:
    fields = {"name": ":name", "email": ":email", "idnumber": ":sid"}
    return {field: str(submitter[key]) for field, key in fields.items() if submitter.get(key)}


def _utc(moment: Any) -> str | None:
    if not isinstance(moment, datetime):
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc)
    return f"{moment:%Y-%m-%d %H:%M:%S.%f} UTC"
