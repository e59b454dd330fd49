"""What was taken in: each student's files, and everything that was left out."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from autograder.storage import storable
from autograder.submission.archives import Leftover


@dataclass
class Submission:
    """One student's files, as they were handed in (untrusted)."""

    student: str
    folder: Path
    problems: list[str] = field(default_factory=list)
    """What the student should know."""
    timestamp: str | None = None
    """What nbgrader's timestamp.txt says, where nbgrader has put one (untrusted like the rest), or a course system."""
    clock: str = ""
    """The course system that the timestamp is from; empty if it is nbgrader's."""
    person: dict[str, str] = field(default_factory=dict)
    """What a course system's download says of the student, by the fields of rosters."""
    repository: bool = False
    """Whether it is a git repository: when its commits were made is known, and whoever made them can choose that."""
    late: str = ""
    """The course system that marks it as late without saying when it came; empty if none does."""
    left_out: list[Leftover] = field(default_factory=list)
    """Every entry that was handed in and is not among the files."""
    versions: list[str] = field(default_factory=list)
    """What may hold other versions of the work, and does not count."""
    chosen: list[str] = field(default_factory=list)
    """Which version of a notebook counts, where there are several: a sentence for each."""
    alike: list[str] = field(default_factory=list)
    """Other submissions that may be the same person's, by their names."""
    unread: str = ""
    """Why nothing could be read of what was handed in; empty if something could."""
    failure: str = ""
    """The grader's own error while it took this submission in, if there was one."""

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

    def leave(self, name: str, reason: str, routine: bool = False) -> None:
        """Lists an entry that is not taken in."""
        self.left_out.append(Leftover(storable(name), reason, routine))


@dataclass
class TakenIn:
    """What became of everything that was handed over for a class."""

    submissions: list[Submission]
    left_out: list[Leftover] = field(default_factory=list)
    """Every entry that belongs to no student."""
