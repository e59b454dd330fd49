"""Which version of the work counts, where a student has handed in several: loose, or in archives."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.submission.archives import Leftover

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
NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:txt|json|html?))?$", re.IGNORECASE)  # browsers add the second ending
# What `pack()` makes, also with the number that a browser gives to a second file of one name.
PACKED = re.compile(r"submission(?: ?\(\d+\))?\.zip", re.IGNORECASE)


@dataclass
class Unpacked:
    """An archive in a student's part: where it was unpacked to, and what of it was left out."""

    archive: Path
    root: Path
    left_out: list[Leftover]

    @property
    def age(self) -> tuple[float, bool, int, str]:
        """Which of several is newer: by its code, else by the number of its copy, else by its name."""
        written = max((path.lstat().st_mtime for path in _code(self.root)), default=0.0)
        number = re.search(r"\((\d+)\)\.\w+$", self.archive.name)
        packed = PACKED.fullmatch(self.archive.name) is not None
        return written, packed, int(number[1]) if number else 0, self.archive.name


def those_that_count(
    loose: Sequence[Path], unpacked: Iterable[Unpacked]
) -> tuple[list[Unpacked], list[tuple[Path, str]]]:
    """The archives that are part of the work, the newest first; and those that are not, with the reason.

    Notebooks that lie unpacked in the folders `loose` count before those in archives. Of archives with different
    versions of a notebook, the newest counts as a whole: two versions of the work are never mixed.
    """
    kept: dict[str, bytes] = {}
    owners: dict[str, str] = {}
    for root in loose:
        kept |= _versions(root)
    counted: list[Unpacked] = []
    others: list[tuple[Path, str]] = []
    for one in sorted(unpacked, key=lambda one: one.age, reverse=True):
        own = _versions(one.root)
        other = sorted(name for name, content in own.items() if kept.get(name, content) != content)
        if other:
            owner = owners.get(other[0])
            counts = f"{owner} counts instead" if owner else "those that are not packed count"
            others.append((one.archive, f"holds other versions of notebooks, such as {other[0]}: {counts}"))
        elif own.keys() - kept.keys() or not (own or loose):
            kept |= own
            owners |= dict.fromkeys(own, one.archive.name)
            counted.append(one)
    return counted, others


def walk(root: Path) -> Iterator[Path]:
    """The files below a folder, without those of caches and data sets."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED and name not in DATA_SETS]
        yield from (Path(folder, name) for name in sorted(names))


def _versions(root: Path) -> dict[str, bytes]:
    """The digest of each notebook and script below a folder, by its name there."""
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).digest() for path in _code(root)}


def _code(root: Path) -> Iterator[Path]:
    """The notebooks and scripts below a folder."""
    for path in walk(root):
        if (NOTEBOOK.search(path.name) or path.suffix.lower() == ".py") and stat.S_ISREG(path.lstat().st_mode):
            yield path
