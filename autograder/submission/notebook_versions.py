"""Which file counts as a notebook of the lab, where several are versions of it by their names."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.submission.source import COPY_OF
from autograder.submission.versions import Released, Version, digest, moments, notebook_of, walk

NAMED = 10  # at most so many versions are named in a sentence
SAME = "is the same as"  # the beginning of a reason


@dataclass(frozen=True)
class File:
    """A file that was handed in, and the name that it has in the work."""

    path: Path
    name: Path
    shown: str
    """Where it was, for people."""


@dataclass
class _Known:
    """What tells versions of a notebook apart."""

    file: File
    work: int
    """How many code cells are not as they were released; -1 for a file that cannot be read."""
    written: float
    content: bytes


@dataclass(frozen=True)
class Choice:
    """The version of a notebook that counts, and the others, each with the reason."""

    notebook: str
    counts: File
    others: list[tuple[File, str]]
    rivals: list[str]
    """Others that hold work, too, by the places where they were."""
    less: str = ""
    """A sentence where the one that counts holds less work than another; else empty."""
    only: bool = False
    """Whether what counts lies elsewhere, and there is no other version."""

    @property
    def sentence(self) -> str:
        """What a marker should look at; empty if nothing of the others could count."""
        if self.only:
            return f"{self.notebook} is nowhere but in {self.counts.shown}, which counts."
        if not self.rivals:
            return ""
        more = [f"{len(self.rivals) - NAMED} more"] if len(self.rivals) > NAMED else []
        names = ", ".join([*self.rivals[:NAMED], *more])
        return f"Several versions of {self.notebook}: {self.counts.shown} counts, not {names}.{self.less}"


def lacking(files: Iterable[File], notebooks: Sequence[str], released: Released) -> set[str]:
    """The notebooks that are not there, or only without work."""
    found = dict.fromkeys(notebooks, 0)
    for file in files:
        if (notebook := notebook_of(file.name.name, notebooks)) and _is_regular(file.path):
            found[notebook] = max(found[notebook], released.work_in(file.path))
    return {notebook for notebook, work in found.items() if work <= 0}


def choices(
    files: Sequence[File], aside: Sequence[File], notebooks: Sequence[str], released: Released
) -> Iterator[Choice]:
    """Chooses one of `files` for each of the notebooks that several of them are versions of.

    One with work in it counts before any without; then the newest, where times tell; then one in fewer folders; then
    the later copy by its name. Where none has any work in it, or none is there, one of those `aside` counts that has.
    """
    empty = lacking(files, notebooks, released)
    for notebook in notebooks:
        here = [_known(file, released) for file in _of(notebook, files, notebooks)]
        if notebook in empty:
            others = [_known(file, released) for file in _of(notebook, aside, notebooks)]
            here += [other for other in others if other.work > 0]
        inside = {file.path for file in files}
        if len(here) > 1:
            yield _chosen(notebook, here, inside, released)
        elif here and here[0].file.path not in inside:
            yield Choice(notebook, here[0].file, [], [], only=True)


def in_version(version: Version) -> list[File]:
    """The files of a version that does not count."""
    root, origin = version.root, version.origin
    if root.is_file():
        return [File(root, Path(root.name), root.name)]
    packed = root != origin
    files = []
    for path in walk(root):
        name = path.relative_to(root if packed else root.parent)
        files.append(File(path, name, f"{name.as_posix()} in {origin.name}" if packed else name.as_posix()))
    return files


def _of(notebook: str, files: Iterable[File], notebooks: Sequence[str]) -> list[File]:
    return [file for file in files if notebook_of(file.name.name, notebooks) == notebook and _is_regular(file.path)]


def _known(file: File, released: Released) -> _Known:
    return _Known(file, released.work_in(file.path), file.path.lstat().st_mtime, digest(file.path))


def _is_regular(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _chosen(notebook: str, versions: list[_Known], inside: set[Path], released: Released) -> Choice:
    moment = moments(version.written for version in versions)

    def rank(version: _Known) -> tuple[bool, bool, int, int, int, str]:
        name = version.file.name
        work, number = version.work, _number_of_copy(name.name, notebook)
        return work > 0, work >= 0, moment[version.written], -len(name.parts), number, name.as_posix()

    best = max(versions, key=rank)
    equal = [version for version in versions if version.content == best.content]
    first = min(
        equal, key=lambda version: (len(version.file.name.parts), _number_of_copy(version.file.name.name, notebook))
    )
    rest = [version for version in sorted(versions, key=rank, reverse=True) if version is not first]
    others, rivals = [], []
    for version in rest:
        same = version.content == first.content
        if same:
            reason = f"{SAME} {first.file.shown}"
        elif version.work:
            reason = f"is another version of {first.file.shown}, which counts"
        else:
            reason = f"has only code that was released: {first.file.shown} counts instead"
        if version.file.path in inside:
            others.append((version.file, reason))
        if not same and (version.work or not released.holds_all(version.file.path)):
            rivals.append(version.file.shown)
    if first.file.path not in inside:  # a marker should know
        rivals = [version.file.shown for version in rest]
    most = max(rest, key=lambda version: version.work)
    less = ""
    if most.work > first.work:
        less = (
            f" The one that counts holds less work (code cells that were not released: {max(first.work, 0)},"
            f" in {most.file.shown}: {most.work})."
        )
    return Choice(notebook, first.file, others, rivals, less)


def _number_of_copy(name: str, notebook: str) -> int:
    """Which copy of a notebook a file is by its name: 0 for the notebook itself."""
    marks = COPY_OF.sub("", name)[len(notebook) :]
    numbers = re.findall(r"\d+", marks)
    return int(numbers[-1]) if numbers else int(COPY_OF.match(name) is not None or not marks.startswith("."))
