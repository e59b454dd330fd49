"""Finds each student's submission in a folder, a tree or a zip, and copies its regular files to a place of ours."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from autograder.course import Limits
from autograder.submission.course_systems import DownloadedWork, DownloadError, read_download

SKIPPED = {
    ".git",
    ".github",  # the check on every push, which a student may have edited: no part of the work
    ".ipynb_checkpoints",
    "__pycache__",
    ".venv",
    "venv",
    "node_modules",
    "__MACOSX",
    ".mypy_cache",
}
DATA_SETS = {"MNIST", "FashionMNIST"}
DEPTH = 20  # folders within folders
ENTRIES = 200_000  # of a zip, that of a class included
CLASS_SIZE = 1000  # a zip of a class may hold this many times what one student may hand in


class SubmissionError(Exception):
    """Submissions cannot be taken in; the message names the path and says what to do."""


@dataclass
class Submission:
    """One student's files, as they were handed in (untrusted)."""

    student: str
    folder: Path
    problems: list[str] = field(default_factory=list)
    timestamp: str | None = None
    """What nbgrader's timestamp.txt says, where nbgrader has put one; untrusted like the rest."""
    person: dict[str, str] = field(default_factory=dict)
    """What a course system's download says of the student, by the fields of rosters."""
    late: str = ""
    """The course system that marks it as late without saying when it came; empty if none does."""

    def files(self) -> list[Path]:
        """The relative paths of all files, sorted."""
        return sorted(
            Path(root, name).relative_to(self.folder) for root, _, names in os.walk(self.folder) for name in names
        )

    def digest(self) -> str:
        """SHA-256 over the names and the bytes of all files: equal digests, equal submissions."""
        whole = hashlib.sha256()
        for name in self.files():
            content = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
            whole.update(f"{name.as_posix()}\0{content}\n".encode("utf-8", "surrogateescape"))
        return whole.hexdigest()


def find_submissions(source: Path, assignment: str, staging: Path, limits: Limits) -> list[Submission]:
    """All submissions in `source`, copied to `staging/<number>`, sorted by student.

    `source` is nbgrader's tree `<student>/<assignment>/`, a folder of folders (one a student), a course system's
    download, or a zip of any.
    Only regular files are copied: no links, devices or data sets. What is left out stands in `Submission.problems`.
    Raises `SubmissionError` where there is nothing to take in.
    """
    source = Path(source)
    if not source.exists():
        raise SubmissionError(f"{source}: there is no such folder or zip file")
    if source.is_file():
        if not zipfile.is_zipfile(source):
            raise SubmissionError(f"{source}: is neither a folder nor a zip file")
        unpacked = staging / "unpacked"
        _unpack(source, unpacked, room=limits.submission_mb * 2**20 * CLASS_SIZE)
        source = unpacked
        inner = [path for path in sorted(source.iterdir()) if path.name not in SKIPPED]
        if len(inner) == 1 and inner[0].is_dir() and _students(inner[0]) and not _is_submission(inner[0], assignment):
            source = inner[0]  # the zip of a folder holds that folder
    try:
        download = read_download(source)
    except DownloadError as error:
        raise SubmissionError(str(error)) from error
    source = download.folder
    parts: dict[str, Path | DownloadedWork] = {
        name: path for name, path in _students(source) if path not in download.known
    }
    parts |= {hand_in.student: hand_in for hand_in in download.hand_ins}
    if not parts:
        raise SubmissionError(
            f"{source}: holds no submissions; expected {source}/<student>/{assignment}/ or a folder for each student"
        )
    return [
        _taken(name, part, staging / f"{number:05}", assignment, limits, within=source)
        for number, (name, part) in enumerate(sorted(parts.items()))
    ]


def _taken(
    student: str, part: Path | DownloadedWork, target: Path, assignment: str, limits: Limits, within: Path
) -> Submission:
    """A student's submission, out of a folder or zip of their own or out of a course system's download."""
    if isinstance(part, Path):
        return _take(student, part, target, assignment, limits, within)
    origin = part.origin(target.with_name(f"{target.name}-downloaded"))
    submission = _take(student, origin, target, assignment, limits, within)
    submission.problems += part.remarks
    submission.person, submission.late = part.person, part.late
    submission.timestamp = submission.timestamp or part.timestamp
    return submission


def single_submission(folder: Path, staging: Path, limits: Limits, student: str = "") -> Submission:
    """The one submission that `folder` is, or the zip `folder` holds, copied to `staging/submission`."""
    if not Path(folder).exists():
        raise SubmissionError(f"{folder}: there is no such folder or zip file")
    return _take(
        student or Path(folder).resolve().name, Path(folder), staging / "submission", "", limits, within=Path(folder)
    )


def _students(source: Path) -> list[tuple[str, Path]]:
    entries = sorted(path for path in source.iterdir() if not path.name.startswith(".") and path.name not in SKIPPED)
    entries = [path for path in entries if not path.is_symlink()]
    folders = {path.name: path for path in entries if path.is_dir()}
    archives = [path for path in entries if path.is_file() and path.suffix == ".zip"]
    # A folder and a zip of one name are two submissions: which one counts is for the marker to say.
    named = {path.name if path.stem in folders else path.stem: path for path in archives}
    return sorted({**folders, **named}.items())


def _is_submission(folder: Path, assignment: str) -> bool:
    return (
        bool(assignment and (folder / assignment).is_dir()) or any(folder.glob("*.ipynb")) or any(folder.glob("*.py"))
    )


def _take(student: str, origin: Path, target: Path, assignment: str, limits: Limits, within: Path) -> Submission:
    submission = Submission(student, target)
    target.mkdir(parents=True)
    opened = origin
    try:
        if origin.is_file():
            unpacked = target.with_name(f"{target.name}-unpacked")
            _unpack(origin, unpacked, room=limits.submission_mb * 2**20)
            origin = unpacked
        else:
            submission.timestamp = _timestamp(origin, assignment)
        origin = _root(origin, assignment)
        if (archive := _only_archive(origin, within)) is not None:
            opened = archive
            unpacked = target.with_name(f"{target.name}-unpacked-within")
            _unpack(archive, unpacked, room=limits.submission_mb * 2**20)
            origin = _root(unpacked, assignment)
        _copy(origin, submission, limits, within)
    except zipfile.BadZipFile as error:
        submission.problems.append(f"{opened.name}: cannot be opened ({error})")
    except SubmissionError as error:
        submission.problems.append(str(error))
    except Exception as error:  # whatever a student's files do, it is no other student's matter
        submission.problems.append(f"{origin.name}: cannot be taken in ({type(error).__name__}: {str(error)[:200]})")
    if not submission.problems and not any(path.suffix in (".ipynb", ".py") for path in submission.files()):
        there = ", ".join(path.name for path in submission.files()[:5]) or "nothing at all"
        submission.problems.append(f"no notebook and no script was handed in; there is {there}")
    return submission


def _timestamp(origin: Path, assignment: str) -> str | None:
    """The text of `<assignment>/timestamp.txt`, where nbgrader writes it, unless the folder is a repository of the
    student's own."""
    folder = origin / assignment
    path = folder / "timestamp.txt"
    if not assignment or folder.is_symlink() or path.is_symlink() or not path.is_file():
        return None
    if (origin / ".git").exists() or (folder / ".git").exists():
        return None
    with path.open("rb") as file:
        return file.read(200).decode("utf-8", "replace").strip()


def _root(origin: Path, assignment: str) -> Path:
    """Steps into `<assignment>/`, or through folders that hold one folder and no code, to where the work lies."""
    if assignment and (origin / assignment).is_dir() and not (origin / assignment).is_symlink():
        return origin / assignment
    for _ in range(3):
        if _is_submission(origin, ""):
            return origin
        inner = [path for path in origin.iterdir() if path.name not in SKIPPED and not path.name.startswith(".")]
        if len(inner) == 1 and inner[0].is_dir() and not inner[0].is_symlink():
            origin = inner[0]
        else:
            return origin
    return origin


def _only_archive(origin: Path, within: Path) -> Path | None:
    """The zip that a folder of one student holds in place of work, as learning platforms hand it on; else None."""
    files = [path for path in sorted(origin.iterdir()) if not path.name.startswith(".")]
    if len(files) != 1 or files[0].suffix != ".zip":
        return None
    status = files[0].lstat()
    return files[0] if stat.S_ISREG(status.st_mode) and not _links_outside(status, within) else None


def _copy(origin: Path, submission: Submission, limits: Limits, within: Path) -> None:
    total, count = 0, 0
    for root, folders, names in os.walk(origin, followlinks=False):
        if len(Path(root).relative_to(origin).parts) >= DEPTH:
            submission.problems.append(f"folders lie more than {DEPTH} deep in each other; what is deeper was left out")
            folders[:] = []
        kept = []
        for name in sorted(folders):
            path = Path(root, name)
            if path.is_symlink():
                submission.problems.append(f"{path.relative_to(origin)}: a link, left out")
            elif name not in SKIPPED and name not in DATA_SETS:
                kept.append(name)
        folders[:] = kept
        for name in sorted(names):
            path = Path(root, name)
            relative = path.relative_to(origin)
            status = path.lstat()
            if _links_outside(status, within):
                submission.problems.append(f"{relative}: a link to a file outside the submissions, left out")
                continue
            if not stat.S_ISREG(status.st_mode):
                submission.problems.append(f"{relative}: not a regular file, left out")
                continue
            if total + status.st_size > limits.submission_mb * 2**20:
                submission.problems.append(
                    f"{relative}: left out, the submission is larger than {limits.submission_mb:g} MB"
                )
                continue
            if count >= limits.files:
                submission.problems.append(f"more than {limits.files} files; the rest was left out")
                return
            total, count = total + status.st_size, count + 1
            target = submission.folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target, follow_symlinks=False)


def _links_outside(status: os.stat_result, within: Path) -> bool:
    """Whether a file has a name outside the submissions, too."""
    return status.st_nlink > 1 and status.st_nlink > _names_of(within)[status.st_dev, status.st_ino]


@cache
def _names_of(root: Path) -> Counter[tuple[int, int]]:
    """How many names each file with several has below `root`: copies that a marker's tools have linked are fine."""
    found: Counter[tuple[int, int]] = Counter()
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                status = os.lstat(os.path.join(folder, name))
            except OSError:
                continue
            if status.st_nlink > 1:
                found[status.st_dev, status.st_ino] += 1
    return found


def _unpack(archive: Path, target: Path, room: float) -> None:
    """Unpacks regular files entry by entry, `room` bytes at most; refuses names that lead out of `target`."""
    target.mkdir(parents=True)
    with zipfile.ZipFile(archive) as opened:
        if len(opened.infolist()) > ENTRIES:
            raise SubmissionError(f"{archive.name}: holds more than {ENTRIES} entries")
        for entry in opened.infolist():
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise SubmissionError(f"{archive.name}: {entry.filename!r} is packed in a way that is not read here")
            name = entry.filename.replace("\\", "/")
            parts = PurePosixPath(name).parts
            kind = stat.S_IFMT(entry.external_attr >> 16)
            if len(parts) > DEPTH + 4 or len(name) > 1000:
                raise SubmissionError(f"{archive.name}: an entry lies more than {DEPTH} folders deep")
            if name.startswith("/") or ".." in parts or re.match(r"^[A-Za-z]:", name) or "\0" in name:
                raise SubmissionError(f"{archive.name}: the entry {entry.filename!r} leads out of its folder")
            if entry.is_dir():
                target.joinpath(*parts).mkdir(parents=True, exist_ok=True)
                continue
            if kind not in (0, stat.S_IFREG):
                raise SubmissionError(f"{archive.name}: the entry {entry.filename!r} is not a regular file")
            if entry.flag_bits & 1:
                raise SubmissionError(f"{archive.name}: the entry {entry.filename!r} is encrypted")
            path = target.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(entry) as packed, path.open("wb") as out:
                while part := packed.read(2**20):
                    room -= len(part)
                    if room < 0:
                        raise SubmissionError(f"{archive.name}: unpacks to more than is allowed")
                    out.write(part)
