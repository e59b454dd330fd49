"""Which version of the work counts, where a student has handed in several: loose, in archives, or in folders."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.submission.archives import Leftover, stem
from autograder.submission.not_source import Unreadable
from autograder.submission.source import NOTEBOOK as ANY_NOTEBOOK
from autograder.submission.source import originals, sources_of_cells

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


OTHERS = "holds other versions of notebooks"  # the beginning of a reason
SAME_MOMENT = 2.0  # seconds: a zip's clock; a checkout or a copy writes all files at once, and that says nothing


@dataclass
class Version:
    """An archive or a folder in a student's part: where its files are, and what of it was left out."""

    origin: Path
    root: Path
    left_out: list[Leftover] = field(default_factory=list)

    @property
    def written(self) -> float:
        """When the newest of its code was written."""
        return max((path.lstat().st_mtime for path in _code(self.root)), default=0.0)

    @property
    def copy(self) -> tuple[bool, int, str]:
        """Which of several of one time is newer: by the number of its copy, else by its name."""
        number = re.search(r"\((\d+)\)$", stem(self.origin.name))
        packed = PACKED.fullmatch(self.origin.name) is not None
        return packed, int(number[1]) if number else 0, self.origin.name


class Released:
    """The notebooks that students were given, to tell those in which nobody has written any code."""

    def __init__(self, release: Path | None = None) -> None:
        paths = sorted(release.glob("*.ipynb")) if release else []
        self._codes = {code for path in paths if (code := self._code(path))}
        self._cells = {text for path in paths for _, text in self._texts(path)}

    def __contains__(self, path: Path) -> bool:
        return bool(self._codes) and NOTEBOOK.search(path.name) is not None and self._code(path) in self._codes

    def work_in(self, path: Path) -> int:
        """How many of a notebook's code cells are not in those that were released; -1 if it has no cells to read."""
        texts = self._texts(path)
        return sum(kind == "code" and text not in self._cells for kind, text in texts) if texts else -1

    def holds_all(self, path: Path) -> bool:
        """Whether all cells of a notebook, written answers too, are in those that were released."""
        return all(text in self._cells for _, text in self._texts(path))

    def _code(self, path: Path) -> tuple[str, ...]:
        """A notebook's code cells; none if it cannot be read."""
        return tuple(text for kind, text in self._texts(path) if kind == "code")

    def _texts(self, path: Path) -> list[tuple[str, str]]:
        """The kind and text of a notebook's cells that are not empty; none if it cannot be read."""
        try:
            return [(kind, text.strip()) for _, kind, _, text in sources_of_cells(path) if text.strip()]
        except (OSError, Unreadable, ValueError, RecursionError):
            return []


def those_that_count(
    loose: Sequence[Path], versions: Iterable[Version], released: Released
) -> tuple[list[Version], list[tuple[Path, str]]]:
    """The versions that are part of the work, the newest first; and those that are not, with the reason.

    Notebooks that lie unpacked in the folders `loose` count before those in archives. Of versions that differ in a
    notebook, the newest counts as a whole: two versions of the work are never mixed. A notebook with no more in it than
    in the one that was `released` is no version.
    """
    kept: dict[str, bytes] = {}
    owners: dict[str, str] = {}
    there: set[str] = set()
    for root in loose:
        kept |= _work(root, released)
    counted: list[Version] = []
    others: list[tuple[Path, str]] = []
    versions = list(versions)
    moment = moments(version.written for version in versions)
    versions.sort(key=lambda version: (moment[version.written], version.copy), reverse=True)
    for version in sorted(versions, key=lambda version: is_untouched(version.root, released)):
        code, own = set(_digests(version.root)), _work(version.root, released)
        other = sorted(name for name, content in own.items() if kept.get(name, content) != content)
        if other:
            owner = owners.get(other[0])
            counts = f"{owner} counts instead" if owner else "the notebooks beside it count"
            others.append((version.origin, f"{OTHERS}, such as {other[0]}: {counts}"))
        elif own.keys() - kept.keys() or not (own or loose or (code and code <= there)):
            kept |= own
            there |= code
            owners |= dict.fromkeys(own, version.origin.name)
            counted.append(version)
        elif not loose:
            others.append((version.origin, "holds no work that is not there already"))
    return counted, others


def is_untouched(root: Path, released: Released) -> bool:
    """Whether there is code below a folder, and all of it is as it was released."""
    return bool(_digests(root)) and not _work(root, released)


def _work(root: Path, released: Released) -> dict[str, bytes]:
    """The digest of each notebook and script below a folder that is not as it was released, by its name there."""
    return {name: content for name, content in _digests(root).items() if root / name not in released}


def rivals(root: Path, notebooks: Sequence[str]) -> list[Path]:
    """The folders side by side that hold the lab's `notebooks`, if some of them hold different versions of one."""
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.is_symlink() and _is_work(path)]
    held = {folder: of_lab(folder, notebooks) for folder in folders}
    found = [folder for folder in folders if held[folder]]
    if len(found) == 1 and not any(notebook_of(path.name, notebooks) for path in root.iterdir()):
        return rivals(found[0], notebooks)
    pairs = {item for folder in found for item in held[folder].items()}
    return found if len(pairs) > len(dict(pairs)) else []


def of_lab(root: Path, notebooks: Sequence[str]) -> dict[str, bytes]:
    """The digest of each of the lab's notebooks below a folder, or of this file if it is one, by its path there."""
    if root.is_file():
        return {root.name: digest(root)} if notebook_of(root.name, notebooks) else {}
    return {name: content for name, content in _digests(root).items() if notebook_of(Path(name).name, notebooks)}


def notebook_of(name: str, notebooks: Sequence[str]) -> str:
    """Which of the lab's notebooks a file is by its name, whatever a browser has made of that; empty for none."""
    ending = ANY_NOTEBOOK.search(name)
    if not ending:
        return ""
    alike = {notebook.casefold(): notebook for notebook in notebooks}
    names = (first.casefold() for first in originals(name[: ending.start()]))
    return next((alike[first] for first in names if first in alike), "")


def moments(times: Iterable[float]) -> dict[float, int]:
    """Numbers times in their order, and gives those the same number that follow one another at once."""
    found: dict[float, int] = {}
    before, number = 0.0, 0
    for time in sorted(set(times)):
        number += time - before > SAME_MOMENT
        found[time], before = number, time
    return found


def walk(root: Path) -> Iterator[Path]:
    """The files below a folder, without those of caches and data sets."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if _is_work(Path(name))]
        yield from (Path(folder, name) for name in sorted(names))


def _is_work(folder: Path) -> bool:
    return folder.name not in SKIPPED and folder.name not in DATA_SETS


def _digests(root: Path) -> dict[str, bytes]:
    """The digest of each notebook and script below a folder, by its name there."""
    return {path.relative_to(root).as_posix(): digest(path) for path in _code(root)}


def digest(path: Path) -> bytes:
    """What two files share that hold the same work: of a notebook, its cells without what running them left there."""
    try:
        if NOTEBOOK.search(path.name):
            with contextlib.suppress(Unreadable, ValueError, RecursionError):  # then its bytes decide
                cells = [(kind, text) for _, kind, _, text in sources_of_cells(path)]
                return hashlib.sha256(repr(cells).encode("utf-8", "surrogatepass")).digest()
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:  # whoever copies it lists it
        return b""


def _code(root: Path) -> Iterator[Path]:
    """The notebooks and scripts below a folder."""
    for path in walk(root):
        if (NOTEBOOK.search(path.name) or path.suffix.lower() == ".py") and stat.S_ISREG(path.lstat().st_mode):
            yield path
