"""Copies a student's regular files to a folder of ours, and lists those that are not copied."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from autograder.course import Limits
from autograder.storage import storable
from autograder.submission.archives import NAME_BYTES
from autograder.submission.notebook_versions import File
from autograder.submission.taken_in import Submission
from autograder.submission.versions import DATA_SETS, NOTEBOOK, SKIPPED

DEPTH = 20  # folders within folders
NOTEBOOK_BYTES = 32 * 2**20


class Copying:
    """Copies files to a submission's folder, as long as there is room for them."""

    def __init__(self, submission: Submission, limits: Limits, within: Path, done: set[Path]) -> None:
        self._submission, self._limits, self._within, self._done = submission, limits, within, done
        self._total, self._count = 0, 0

    def copy_all(self, files: Iterable[File]) -> None:
        """Copies files, or lists them: code first, so that nothing large takes its room."""
        for file in sorted(files, key=lambda file: not file.path.name.lower().endswith((".ipynb", ".py"))):
            self._copy_or_list(file.path, file.name)

    def below(self, root: Path) -> Iterator[Path]:
        """The files below a folder that are to be copied; what is never part of the work is listed."""

        def unread(error: OSError) -> None:
            self._leave(Path(error.filename).relative_to(root), f"cannot be read ({error.strerror})")

        for folder, folders, names in os.walk(root, followlinks=False, onerror=unread):
            here = Path(folder).relative_to(root)
            if not folders and not names:
                self._leave(here if here.parts else Path(root.name), "an empty folder", routine=True)
            kept = []
            for name in sorted(folders):
                if Path(folder, name).is_symlink():
                    self._leave(here / name, "a link")
                elif name in SKIPPED or name in DATA_SETS:
                    self._leave(here / name, "never part of the work", routine=True)
                elif Path(folder, name) in self._done:
                    continue  # a version that does not count
                elif len(here.parts) >= DEPTH:
                    self._leave(here / name, f"lies more than {DEPTH} folders deep")
                else:
                    kept.append(name)
            folders[:] = kept
            yield from (Path(folder, name) for name in sorted(names))

    def _copy_or_list(self, path: Path, relative: Path) -> None:
        if path in self._done:
            return
        try:
            self._copy(path, relative)
        except OSError as error:
            self._leave(relative, f"cannot be read ({error.strerror})")

    def _copy(self, path: Path, relative: Path) -> None:
        status, limits = path.lstat(), self._limits
        if stat.S_ISLNK(status.st_mode):
            return self._leave(relative, "a link")
        if not stat.S_ISREG(status.st_mode):
            return self._leave(relative, "not a regular file")
        if links_outside(status, self._within):
            return self._leave(relative, "a link to a file outside the submissions")
        if self._total + status.st_size > limits.submission_mb * 2**20:
            return self._leave(relative, f"the submission is larger than {limits.submission_mb:g} MB")
        if self._count >= limits.files:
            return self._leave(relative, f"there are more than {limits.files} files")
        known = _by_content(path, Path(storable(str(relative))))
        target = self._submission.folder / known
        if any(len(part.encode()) > NAME_BYTES for part in known.parts):
            return self._leave(relative, f"its name is longer than {NAME_BYTES} bytes")
        if target.exists():
            same = target.read_bytes() == path.read_bytes()
            return self._leave(relative, "another file has the same name, and counts", routine=same)
        if known.name != storable(relative.name):
            self._submission.problems.append(f"{storable(str(relative))}: read as {known.name}")
        self._total, self._count = self._total + status.st_size, self._count + 1
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target, follow_symlinks=False)
        return None

    def _leave(self, relative: Path, reason: str, routine: bool = False) -> None:
        self._submission.leave(str(relative), reason, routine)


def _by_content(path: Path, name: Path) -> Path:
    """The name that a file should have by what it is: browsers and systems change endings."""
    lower = name.name.lower()
    if lower.endswith(".ipynb"):
        return name.with_suffix(".ipynb")
    if ending := NOTEBOOK.search(name.name):
        return name.with_name(f"{name.name[: ending.start()]}.ipynb")
    if lower.endswith(".py"):
        return name.with_suffix(".py")
    if lower.endswith(".py.txt"):
        return name.with_name(f"{name.name[: -len('.py.txt')]}.py")
    if lower.endswith((".json", ".txt")) and _is_notebook(path):
        return name.with_suffix(".ipynb")
    return name


def _is_notebook(path: Path) -> bool:
    """Whether a file's text is that of a notebook."""
    if path.stat().st_size > NOTEBOOK_BYTES:
        return False
    content = path.read_bytes()
    return content.lstrip()[:1] == b"{" and all(
        re.search(rb'"%s"\s*:' % key, content) for key in (b"cells", b"nbformat")
    )


def links_outside(status: os.stat_result, within: Path) -> bool:
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
