"""Takes in a class, whatever it comes as, and says of everything that is not taken in why it is not.

A class is nbgrader's tree `<student>/<assignment>/`, a folder with a folder, an archive or notebooks for each student,
as course systems hand them on, or an archive of all that. Each student's regular files are copied to a folder of ours.
"""

from __future__ import annotations

import os
import re
import stat
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Limits
from autograder.storage import storable
from autograder.submission.archives import (
    ENDINGS,
    ArchiveError,
    Leftover,
    Room,
    named_like_archive,
    stem,
    unpack,
)
from autograder.submission.copying import Copying, links_outside
from autograder.submission.course_systems import Download, DownloadError, read_download
from autograder.submission.names import composed
from autograder.submission.notebook_versions import SAME, File, choices, in_version, lacking
from autograder.submission.source import COPY_OF, originals
from autograder.submission.taken_in import Submission, TakenIn
from autograder.submission.versions import (
    DATA_SETS,
    NOTEBOOK,
    OTHERS,
    PACKED,
    SKIPPED,
    Released,
    Version,
    is_untouched,
    notebook_of,
    of_lab,
    rivals,
    those_that_count,
    walk,
)

SYSTEMS_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}
CLASS_SIZE = 1000  # an archive of a class may hold this many times what one student may hand in
SPARE = 4  # an archive may hold this many times what is kept of it
TOLD = 30  # at most so many left-out entries are told to a student, one by one
COPY = re.compile(r" ?\(\d+\)$")  # the number that a browser gives to a second file of one name


class SubmissionError(Exception):
    """Submissions cannot be taken in; the message names the path and says what to do."""


@dataclass(frozen=True)
class _Lab:
    """What is known of the lab whose submissions are taken in."""

    name: str = ""
    notebooks: Sequence[str] = ()
    released: Released = field(default_factory=Released)
    others: frozenset[str] = frozenset()
    """The folders of other assignments in nbgrader's tree."""


@dataclass
class _HandIn:
    """A student's part of what was handed over: folders, archives and single files, with their names in it."""

    student: str
    parts: list[tuple[Path, str]]
    left_out: list[Leftover] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the student should know."""
    alike: list[str] = field(default_factory=list)
    """Other students' names that are nearly the same."""
    failure: str = ""
    """The grader's own error, if there was one."""
    timestamp: str | None = None
    clock: str = ""
    person: dict[str, str] = field(default_factory=dict)
    late: str = ""
    """What a course system's download says of it: as in `Submission`."""
    downloaded: bool = False
    """Whether it is from such a download, in which nbgrader has put no timestamp.txt: one there is the student's."""


def find_submissions(
    source: Path,
    assignment: str,
    staging: Path,
    limits: Limits,
    notebooks: Sequence[str] = (),
    release: Path | None = None,
) -> TakenIn:
    """Takes in the class that `source` is: each student's files go to `staging/<number>`, in the order of names.

    Only regular files are copied: no links, devices or data sets. `notebooks` are the assignment's, by which single
    files are known, and `release` is the folder that students were given: what is as it was there never counts before
    somebody's work. Raises `SubmissionError` where there is nothing to take in.
    """
    source = Path(source)
    left_out: list[Leftover] = []
    require_source(source)
    shown = source
    if source.is_file():
        size = limits.submission_mb * 2**20
        room = Room(size * CLASS_SIZE, size * SPARE, frozenset(SKIPPED | DATA_SETS), is_class=True)
        try:
            left_out = unpack(source, staging / "unpacked", room)
        except ArchiveError as error:
            raise SubmissionError(f"{source}: {error}") from error
        source = staging / "unpacked"
        left_out = [entry if entry.name else entry._replace(name=shown.name) for entry in left_out]
    inner = [path for path in _entries(source) if path.name not in SKIPPED]
    alone = inner[0] if len(inner) == 1 and inner[0].is_dir() and _is_class(inner[0], assignment, notebooks) else None
    if alone and (source != shown or _is_of_many(alone)):  # an archive, or a file manager that unpacks one, adds it
        source = alone
        left_out = [entry._replace(name=entry.name.removeprefix(f"{source.name}/")) for entry in left_out]
    try:
        download = read_download(source)
    except DownloadError as error:
        raise SubmissionError(str(error)) from error
    source = download.folder
    looks_alone = False
    with _noting(_HandIn("", [])):  # a guess is not worth an end of the marking
        looks_alone = not download.known and _is_one_students(source, assignment, notebooks)
    if looks_alone:
        raise SubmissionError(
            f"{shown}: this looks like one student's folder; give the folder that holds all students' folders"
        )
    hand_ins, others = _hand_ins(source, notebooks, download)
    left_out = _shared_out(left_out, hand_ins) + others
    if not hand_ins:
        raise SubmissionError(
            f"{shown}: holds no submissions; expected {shown}/<student>/{assignment}/, or a folder, an archive or"
            f" notebooks for each student{_in_words(left_out)}"
        )
    submissions = []
    lab = _Lab(assignment, notebooks, Released(release), _other_assignments(hand_ins, assignment))
    for number, hand_in in enumerate(hand_ins):
        submissions.append(Submission(hand_in.student, staging / f"{number:05}", failure=hand_in.failure))
        with _noting(submissions[-1]):
            _take(hand_in, submissions[-1], lab, limits, within=source)
    return TakenIn(submissions, left_out)


def single_submission(
    folder: Path,
    assignment: str,
    staging: Path,
    limits: Limits,
    notebooks: Sequence[str] = (),
    release: Path | None = None,
) -> Submission:
    """The one submission that `folder` is, copied to `staging/submission`; the rest is as in `find_submissions`."""
    folder = Path(folder)
    _require_there(folder)
    hand_in = _HandIn(storable(folder.resolve().name), [(folder, "")])
    submission = Submission(hand_in.student, staging / "submission")
    with _noting(submission):
        _take(hand_in, submission, _Lab(assignment, notebooks, Released(release)), limits, within=folder)
    return submission


def _other_assignments(hand_ins: Sequence[_HandIn], assignment: str) -> frozenset[str]:
    """The folders that several students have beside `<assignment>/`, as in nbgrader's tree."""
    beside: Counter[str] = Counter()
    for hand_in in hand_ins:
        with _noting(hand_in):
            for path, _ in hand_in.parts:
                if assignment and (path / assignment).is_dir():
                    beside.update(each.name for each in path.iterdir() if each.is_dir())
    return frozenset(name for name, count in beside.items() if count > 1)


def require_source(source: Path) -> None:
    """Raises `SubmissionError` if no class can be in there."""
    _require_there(source)
    if source.is_file() and not named_like_archive(source.name):
        raise SubmissionError(f"{source}: is neither a folder nor an archive")
    if source.is_dir() and all(path.name.startswith(".") for path in source.iterdir()):
        raise SubmissionError(f"{source}: holds no submissions")


def _require_there(path: Path) -> None:
    if not path.exists():
        raise SubmissionError(f"{path}: there is no such folder or archive")


@contextmanager
def _noting(whose: Submission | _HandIn) -> Iterator[None]:
    """Notes any error of ours: whatever a student's files do, it is no other student's matter."""
    try:
        yield
    except Exception as error:
        traceback.print_exc()
        whose.failure = whose.failure or storable(f"{type(error).__name__}: {error}")


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name))


def _hand_ins(
    source: Path, notebooks: Sequence[str], download: Download | None = None
) -> tuple[list[_HandIn], list[Leftover]]:
    """Each student's part of a class's folder, sorted by student, and the entries that are nobody's."""
    found: dict[str, _HandIn] = {}
    left_out: list[Leftover] = []
    download = download or Download(source)
    entries = [path for path in _entries(source) if path not in download.known]
    folders = {path.name for path in entries if path.is_dir()}
    for path in entries:
        unknown = _HandIn(path.name, [])
        with _noting(unknown):
            reason = _nobodys(path)
            student, file = ("", "") if reason else _whose(path, folders, notebooks)
        if unknown.failure:
            found[path.name] = unknown
        elif student:
            found.setdefault(student, _HandIn(student, [])).parts.append((path, file))
        else:
            routine = path.name in SKIPPED | SYSTEMS_FILES
            left_out.append(Leftover(storable(path.name), reason or _no_students(path, notebooks), routine))
    theirs = [
        _HandIn(
            hand_in.student,
            list(zip(hand_in.entries, hand_in.names, strict=True)),
            notes=list(hand_in.remarks),
            timestamp=hand_in.timestamp,
            clock=hand_in.clock,
            downloaded=True,
            person=hand_in.person,
            late=hand_in.late,
        )
        for hand_in in download.hand_ins
    ]
    return _kept_apart([*found.values(), *theirs]), left_out


def _nobodys(path: Path) -> str:
    """Why an entry of a class's folder cannot be a student's; empty if it can."""
    if path.is_symlink():
        return "a link"
    if path.name in SKIPPED | SYSTEMS_FILES or path.name.startswith("."):
        return "is hidden, or a system's own"
    return "" if path.is_dir() or path.is_file() else "not a regular file"


def _whose(path: Path, folders: set[str], notebooks: Sequence[str]) -> tuple[str, str]:
    """The student whose an entry of a class's folder is, and the name of a single file in their work; else empty."""
    if path.is_dir():
        return path.name, ""
    if named_like_archive(path.name):
        # A folder and an archive of one name are two submissions: which one counts is for the marker to say.
        name = stem(path.name)
        return (path.name if name in folders else name), ""
    student, file = _single_notebook(path.name, notebooks)
    # Beside folders, a notebook that has no student's name before its own is rather the marker's.
    return ("", "") if file == path.name and folders else (student, file)


def _single_notebook(name: str, notebooks: Sequence[str]) -> tuple[str, str]:
    """Student and notebook of `ada_4_1_simple_cnn.ipynb`, or of `ada.ipynb`; empty for a notebook of no student's."""
    ending = NOTEBOOK.search(name)
    if not ending:
        return "", ""
    alone = name[: ending.start()]
    own = COPY_OF.sub("", alone)
    before = alone.removesuffix(own)
    for first in originals(own):
        for notebook in notebooks:
            if first.casefold().endswith(notebook.casefold()):
                student = first[: -len(notebook)].rstrip("_-. ")
                return (student, f"{before}{notebook}{own.removeprefix(first)}.ipynb") if student else ("", "")
    return alone, name


def _no_students(path: Path, notebooks: Sequence[str]) -> str:
    """Why an entry of a class's folder is in nobody's work, if it is neither a folder nor an archive."""
    if not NOTEBOOK.search(path.name):
        return "is no folder, archive or notebook of a student; if it is somebody's, put it in a folder of their name"
    named = next((notebook for notebook in notebooks if notebook.casefold() in path.name.casefold()), "")
    right = f"NAME_{named or (notebooks[0] if notebooks else 'NOTEBOOK')}.ipynb"
    return f"its name does not say whose it is: rename it to {right}, or put it in a folder of the student's name"


def _kept_apart(hand_ins: list[_HandIn]) -> list[_HandIn]:
    """Gives each a name that can be stored, and tells those apart whose names are then the same, or nearly so."""
    taken: set[str] = set()
    looks: dict[str, list[_HandIn]] = {}
    for hand_in in sorted(
        hand_ins, key=lambda hand_in: (storable(hand_in.student) != hand_in.student, hand_in.student)
    ):
        name, number = storable(hand_in.student), 2
        while name in taken:
            name, number = f"{storable(hand_in.student)} ({number})", number + 1
        with _noting(hand_in):
            looks.setdefault(_look(storable(hand_in.student)), []).append(hand_in)
        hand_in.student = name
        taken.add(name)
    for same in looks.values():
        for hand_in in same:
            hand_in.alike = [other.student for other in same if other is not hand_in]
        for hand_in in same[1:]:
            hand_in.notes.append(f"There is another submission with nearly the same name: “{same[0].student}”.")
    return sorted(hand_ins, key=lambda hand_in: hand_in.student)


def _look(name: str) -> str:
    """What names have in common that may be one person's: `Ada`, `ada`, `ada.zip`, `ada (2)`."""
    return composed(COPY.sub("", stem(name) if named_like_archive(name) else name)).casefold()


def _shared_out(left_out: list[Leftover], hand_ins: list[_HandIn]) -> list[Leftover]:
    """Gives each student what was left out of their part of the class's archive; returns what is nobody's.

    A student of whom nothing came through is added.
    """
    owners = {storable(path.name): hand_in for hand_in in hand_ins for path, _ in hand_in.parts}
    others = []
    for entry in left_out:
        top, _, rest = entry.name.partition("/")
        if top in owners:
            owners[top].left_out.append(Leftover(rest or top, entry.reason, entry.routine))
        elif not entry.routine and "leads out" not in entry.reason and (rest or named_like_archive(top)):
            owners[top] = _HandIn(top if rest else stem(top), [], [entry._replace(name=rest or top)])
            hand_ins.append(owners[top])
        else:
            others.append(entry)
    hand_ins.sort(key=lambda hand_in: hand_in.student)
    return others


def _in_words(left_out: list[Leftover]) -> str:
    said = [f"{entry.name}: {entry.reason}" for entry in left_out if not entry.routine]
    return f". What is there: {'; '.join(said[:5])}" if said else ""


def _is_class(folder: Path, assignment: str, notebooks: Sequence[str]) -> bool:
    """Whether a folder holds many people's work, and not one student's."""
    if assignment and (folder / assignment).is_dir():
        return False
    found = [path.name for path in folder.iterdir() if path.is_file() and NOTEBOOK.search(path.name)]
    if found and all(_single_notebook(name, notebooks)[1] not in ("", name) for name in found):
        return True
    return not _is_submission(folder, "") and bool(_hand_ins(folder, notebooks)[0])


def _is_one_students(folder: Path, assignment: str, notebooks: Sequence[str]) -> bool:
    """Whether a folder is the work of one student: the lab's own notebooks, or `<assignment>/`, and nobody's beside."""
    entries = [path for path in _entries(folder) if not _nobodys(path)]
    own = [path for path in entries if notebook_of(path.name, notebooks)]
    lab = [path for path in entries if path.name == assignment and path.is_dir()]
    if lab and len(entries) == 1:
        return any(notebook_of(path.name, notebooks) for path in lab[0].iterdir())
    return bool(own) and not any(_may_be_somebodys(path, notebooks) for path in entries)


def _may_be_somebodys(path: Path, notebooks: Sequence[str]) -> bool:
    """Whether an entry beside the lab's own notebooks is rather a student's part than a part of one student's work."""
    if path.is_dir():
        return any(file.name.lower().endswith((".py", ".ipynb", *ENDINGS)) for file in walk(path))
    if named_like_archive(path.name):
        return PACKED.fullmatch(path.name) is None
    return _single_notebook(path.name, notebooks)[1] not in ("", path.name)


def _is_of_many(folder: Path) -> bool:
    """Whether two parts of a folder hold a notebook of one name, or there are more archives than one person has."""
    parts = _entries(folder)
    held = [{path.name for path in part.rglob("*.ipynb")} for part in parts if part.is_dir()]
    return sum(map(len, held)) > len(set().union(*held)) or sum(named_like_archive(part.name) for part in parts) > 2


def _is_submission(folder: Path, assignment: str) -> bool:
    if assignment and (folder / assignment).is_dir():
        return True
    return any(
        path.is_file() and (NOTEBOOK.search(path.name) or path.name.lower().endswith(".py"))
        for path in folder.iterdir()
    )


def _take(hand_in: _HandIn, submission: Submission, lab: _Lab, limits: Limits, within: Path) -> None:
    """Copies a student's part to the submission's folder."""
    submission.problems += hand_in.notes
    submission.alike = hand_in.alike
    submission.timestamp, submission.clock = hand_in.timestamp, hand_in.clock
    submission.person, submission.late = hand_in.person, hand_in.late
    submission.left_out += hand_in.left_out
    submission.folder.mkdir(parents=True, exist_ok=True)
    _take_parts(hand_in, submission, lab, limits, within)
    _tell(submission)


def _take_parts(hand_in: _HandIn, submission: Submission, lab: _Lab, limits: Limits, within: Path) -> None:
    target, size = submission.folder, limits.submission_mb * 2**20
    room = Room(size * SPARE, size * SPARE, frozenset(SKIPPED | DATA_SETS))
    unpacked = _numbered(target)
    roots: list[Path] = []
    single: list[tuple[Path, str]] = []
    aside: list[Version] = []
    for path, name in hand_in.parts:
        if path.is_symlink():
            submission.leave(name or path.name, "a link")
        elif path.is_dir():
            submission.repository = submission.repository or _is_repository(path, lab.name)
            if not hand_in.downloaded:
                submission.timestamp = submission.timestamp or _timestamp(path, lab.name)
            roots.append(_root(path, lab, submission, aside))
        elif named_like_archive(path.name):
            roots += [
                _root(root, lab, submission, aside)
                for root in _opened(path, path.name, next(unpacked), room, submission)
            ]
        else:
            single.append((path, name))
    done: set[Path] = set()
    for _ in range(3):  # an archive within an archive
        archives = [path for root in roots for path in _archives(root, within) if path not in done]
        if single or not archives:
            break
        loose = [root for root in roots if _notebooks(root)]
        found = []
        for path in archives:
            notes = Submission(submission.student, submission.folder)
            for folder in _opened(path, path.name, next(unpacked), room, notes):
                found.append(Version(path, _root(folder, lab, notes, aside), notes.left_out))
            submission.versions += notes.versions
            if path not in [version.origin for version in found]:
                submission.left_out += notes.left_out
        counted, others = those_that_count(loose, found, lab.released)
        aside += [version for version in found if version not in counted]
        for version in counted:
            roots.append(version.root)
            submission.left_out += version.left_out
        _leave_versions(others, submission)
        if loose:  # then archives are files beside them
            break
        done.update(archives)
    for root in roots:
        folders = [Version(folder, folder) for folder in rivals(root, lab.notebooks)]
        _, others = those_that_count([], folders, lab.released)
        _leave_versions(others, submission)
        done.update(folder for folder, _ in others)
        aside += [Version(folder, folder) for folder, _ in others]
    copying = Copying(submission, limits, within, done)
    files = [File(path, Path(name or path.name), name or path.name) for path, name in single]
    for root in sorted(roots, key=lambda root: len(roots) > 1 and is_untouched(root, lab.released)):
        stepped = f"{root.name}/" if root.name == lab.name else ""
        names = [(path, path.relative_to(root)) for path in copying.below(root)]
        files += [File(path, name, f"{stepped}{name.as_posix()}") for path, name in names]
    files = [file for file in files if file.path not in done]
    if lacking(files, lab.notebooks, lab.released):
        for version in aside:
            path = version.root
            if path.is_file() and named_like_archive(path.name) and not links_outside(path.lstat(), within):
                notes = Submission(submission.student, submission.folder)
                for folder in _opened(path, path.name, next(unpacked), room, notes):
                    version.root = _root(folder, lab, notes, [])
    copying.copy_all(_without_others(files, aside, submission, lab))


def _without_others(files: list[File], aside: Sequence[Version], submission: Submission, lab: _Lab) -> list[File]:
    """The files with one version of each of the lab's notebooks; the others are listed."""
    beside = [file for version in aside for file in in_version(version)]
    left: set[Path] = set()
    taken: list[File] = []
    for choice in choices(files, beside, lab.notebooks, lab.released):
        for file, reason in choice.others:
            submission.leave(file.shown, reason, routine=reason.startswith(SAME))
            left.add(file.path)
        if choice.sentence:
            submission.chosen.append(storable(choice.sentence))
        if choice.counts in beside:
            taken.append(choice.counts)
    _take_back(taken, aside, submission, lab)
    return [file for file in [*files, *taken] if file.path not in left]


def _take_back(taken: Sequence[File], aside: Sequence[Version], submission: Submission, lab: _Lab) -> None:
    """Says of versions that do not count what of them does."""
    for version in aside:
        files = in_version(version)
        names = [file.shown for file in files if file in taken]
        if not names:
            continue
        entry = storable(version.origin.name)
        if not any(notebook_of(file.name.name, lab.notebooks) for file in files if file not in taken):
            submission.versions = [name for name in submission.versions if name != entry]
        listed = [each for each in submission.left_out if each.name != entry]
        if not version.root.is_file():
            but = f"; of it, {', '.join(names)} counts"
            listed += [each._replace(reason=each.reason + but) for each in submission.left_out if each.name == entry]
        submission.left_out = listed


def _leave_versions(others: list[tuple[Path, str]], submission: Submission) -> None:
    """Lists archives and folders that do not count, since others do."""
    for path, reason in others:
        submission.leave(path.name, reason)
        if reason.startswith(OTHERS):
            submission.versions.append(storable(path.name))


def _numbered(target: Path) -> Iterator[Path]:
    number = 0
    while True:
        yield target.with_name(f"{target.name}-unpacked-{number}")
        number += 1


def _opened(archive: Path, name: str, target: Path, room: Room, submission: Submission) -> list[Path]:
    """The folder that an archive is unpacked to, or none, with the reason in the list."""
    name = storable(name)
    try:
        for entry in unpack(archive, target, room):
            submission.left_out.append(entry if entry.name else entry._replace(name=name))
    except ArchiveError as error:
        submission.leave(name, str(error))
        return []
    return [target]


def _tell(submission: Submission) -> None:
    """Says to the student what was left out, and to the marker if nothing is there that could be marked."""
    told = [entry for entry in submission.left_out if not entry.routine]
    submission.problems += [f"{entry.name}: {entry.reason}; left out" for entry in told[:TOLD]]
    if len(told) > TOLD:
        submission.problems.append(f"{len(told) - TOLD} more entries were left out")
    files = submission.files()
    if not any(path.suffix in (".ipynb", ".py") for path in files):
        there = ", ".join(path.name for path in files[:5]) or "nothing at all"
        nothing = f"no notebook and no script was handed in; there is {there}"
        if files or not told:
            submission.problems.append(nothing)
        submission.unread = submission.problems[0]


def _is_repository(origin: Path, assignment: str) -> bool:
    return (origin / ".git").exists() or (origin / assignment / ".git").exists()


def _timestamp(origin: Path, assignment: str) -> str | None:
    """The text of `<assignment>/timestamp.txt`, where nbgrader writes it, unless the folder is a repository of the
    student's own."""
    folder = origin / assignment
    path = folder / "timestamp.txt"
    if not assignment or folder.is_symlink() or path.is_symlink() or not path.is_file():
        return None
    if _is_repository(origin, assignment):
        return None
    with path.open("rb") as file:
        return file.read(200).decode("utf-8", "replace").strip()


def _root(origin: Path, lab: _Lab, submission: Submission, aside: list[Version]) -> Path:
    """Steps into `<assignment>/`, or through folders that hold one folder and no code, to where the work lies.

    An untouched `<assignment>/` beside what may be work is one folder among others. What else lies beside it is put
    to `aside`.
    """
    counts = origin / lab.name
    if lab.name and counts.is_dir() and not counts.is_symlink():
        beside = Submission("", origin)
        for path in _entries(origin):
            if path != counts:
                _leave_beside(path, counts, lab, beside)
        if beside.versions and is_untouched(counts, lab.released):
            return origin
        submission.left_out += beside.left_out
        submission.versions += beside.versions
        aside += [Version(path, path) for path in _entries(origin) if path != counts and _may_be_read(path)]
        return counts
    for _ in range(3):
        if _is_submission(origin, ""):
            return origin
        hidden = [path for path in _entries(origin) if path.name in SKIPPED or path.name.startswith(".")]
        inner = [path for path in _entries(origin) if path not in hidden]
        if len(inner) != 1 or not inner[0].is_dir() or inner[0].is_symlink():
            return origin
        for path in hidden:
            submission.leave(path.name, "is hidden, or a system's own", routine=True)
        origin = inner[0]
    return origin


def _may_be_read(path: Path) -> bool:
    return not path.is_symlink() and path.name not in SKIPPED and (path.is_dir() or path.is_file())


def _leave_beside(path: Path, counts: Path, lab: _Lab, submission: Submission) -> None:
    """Lists an entry beside the folder that counts; one that may hold other versions of the work is named for that."""
    routine = path.name.startswith(".") or path.name in SYSTEMS_FILES | SKIPPED
    if not routine and not path.is_symlink():
        own = of_lab(path, lab.notebooks)
        if named_like_archive(path.name) or own.items() - of_lab(counts, lab.notebooks).items():
            submission.versions.append(storable(path.name))
        routine = not own and (path.name in lab.others or (path.is_dir() and not any(walk(path))))
    submission.leave(path.name, f"lies beside the folder {lab.name}, which counts", routine)


def _notebooks(root: Path) -> bool:
    return any(NOTEBOOK.search(path.name) for path in walk(root))


def _archives(root: Path, within: Path) -> list[Path]:
    """The archives in a folder, by name: in place of notebooks, as learning platforms hand them on."""
    found = []
    for path in walk(root):
        if named_like_archive(path.name):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and not links_outside(status, within):
                found.append(path)
    return sorted(found, key=lambda path: path.name)
