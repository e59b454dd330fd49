"""Packs a submission into submission.zip, and finds out what is missing from it."""

from __future__ import annotations

import ast
import contextlib
import os
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple

from autograder.course import Assignment, HandIn
from autograder.submission.definitions import Definitions
from autograder.submission.excerpt import grade_id
from autograder.submission.jupyter import LeftOut, own_magics, read_cell
from autograder.submission.source import NOTEBOOK_LIMIT, read_code, sources_of_cells
from autograder.submission.versions import DATA_SETS, SKIPPED

ARCHIVE = "submission.zip"
UNANSWERED = "YOUR ANSWER HERE"  # what nbgrader puts in the place of an answer in words
RowStatus = Literal["included", "missing", "warning", "not started"]


class PackingNote(NamedTuple):
    """What a student should know about one file or task."""

    status: RowStatus
    what: str
    words: str


@dataclass
class Packed:
    """What went into the archive."""

    archive: Path
    files: list[str] = field(default_factory=list)
    size: int = 0  # bytes of the archive
    rows: list[PackingNote] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything that is asked for is there and started."""
        return all(row.status == "included" for row in self.rows)


def pack_submission(assignment: Assignment, folder: Path, unsaved: Sequence[str] = ()) -> Packed:
    """Writes `folder/submission.zip`: notebooks, and what the course file lists under `hand_in`; nothing else.

    `unsaved` names the notebooks that are known to have unsaved changes. Raises OSError if the archive can't be
    written; an earlier one then stays as it was.
    """
    packed = Packed(folder / ARCHIVE)
    chosen: dict[str, Path] = {}
    left_out: list[tuple[str, str]] = []
    found = dict(_files(folder))
    total = 0
    patterns = [HandIn(files="*.ipynb"), *assignment.hand_in]
    for name, path in found.items():
        if not any(_fits(name, wanted) for wanted in patterns):
            if any(_folder(name) and _folder(name) == _folder(wanted.files) for wanted in assignment.hand_in):
                left_out.append((name, "left out: its name doesn't match what is asked for"))
            continue
        size = path.stat().st_size
        if size > (limit := _limit(name, assignment)):
            left_out.append((name, f"left out: {size_in_words(size)}, but the limit is {size_in_words(limit)}"))
        elif total + size > assignment.limits.submission_mb * 2**20:
            left_out.append((name, f"left out: the limit for all files is {assignment.limits.submission_mb:g} MB"))
        elif len(chosen) >= assignment.limits.files:
            left_out.append((name, f"left out: the limit is {assignment.limits.files} files"))
        else:
            chosen[name], total = path, total + size
    packed.files = sorted(chosen)
    packed.size = _write(packed.archive, chosen)
    definitions = Definitions(folder)  # reads them; nothing is run to find out what there is
    packed.rows += _notebook_rows(assignment, definitions, chosen, unsaved)
    packed.rows += _started_rows(assignment, definitions)
    packed.rows += _written_rows(assignment, chosen)
    for wanted in assignment.hand_in:
        there = [name for name in chosen if _fits(name, wanted)]
        if len(there) < wanted.at_least:
            many = f"{len(there)} found, at least {wanted.at_least} needed: " if wanted.at_least > 1 else ""
            packed.rows.append(PackingNote("missing", wanted.files, f"{many}{wanted.what}"))
        elif there:
            words = f"{len(there)} files" if len(there) > 1 else _saved(chosen[there[0]])
            packed.rows.append(PackingNote("included", wanted.files, words))
    packed.rows += [PackingNote("warning", name, words) for name, words in left_out]
    return packed


def size_in_words(size: float) -> str:
    """A number of bytes as people say it: 12 kB, 9.0 MB."""
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{max(1, round(size / 1024))} kB"


def unsaved_names(path: Path, names: Sequence[str], history: Sequence[str]) -> list[str]:
    """Those of `names` whose definition, as a kernel ran it last, is not in the notebook file as it was saved."""
    saved = {ast.dump(one.node) for source in read_code(path, path.name) for one in source.statements}
    own = own_magics(history)
    found = []
    for name in names:
        for text in reversed(history):
            try:
                _, body = read_cell(text, own)
            except (LeftOut, SyntaxError, ValueError, RecursionError):
                continue
            nodes = [node for node in body if name in _bound(node)]
            if nodes:
                if ast.dump(nodes[-1]) not in saved:
                    found.append(name)
                break
    return found


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}


def _notebook_rows(
    assignment: Assignment, definitions: Definitions, chosen: dict[str, Path], unsaved: Sequence[str]
) -> Iterator[PackingNote]:
    for notebook in assignment.notebooks:
        name = f"{notebook}.ipynb"
        if name in chosen:
            words = _saved(chosen[name])
            if notebook in unsaved:
                yield PackingNote("warning", name, f"{words}, but changed since: save it and run this cell again")
            else:
                yield PackingNote("included", name, words)
            continue
        tasks = [task for task in assignment.tasks if task.notebook == notebook]
        units = {
            unit.name for task in tasks for definition in task.definitions for unit in definitions.where(definition)[:1]
        }
        if units:
            yield PackingNote(
                "warning", name, f"not in this folder, but its definitions are in {', '.join(sorted(units))}"
            )
        else:
            yield PackingNote("missing", name, "not in this folder")


def _started_rows(assignment: Assignment, definitions: Definitions) -> Iterator[PackingNote]:
    """A row for each task of which nothing has been written."""
    for task in assignment.tasks:
        names = task.definitions
        if names and all(
            definitions.untouched(name, task.notebook) or not definitions.where(name, task.notebook) for name in names
        ):
            yield PackingNote("not started", task.id, f"{task.title}, in {task.notebook}.ipynb")


def _written_rows(assignment: Assignment, chosen: dict[str, Path]) -> Iterator[PackingNote]:
    """A row for each question in words whose answer is still the empty one."""
    for notebook in dict.fromkeys(question.notebook for question in assignment.written):
        name, texts = f"{notebook}.ipynb", {}
        if name in chosen:
            with contextlib.suppress(OSError, ValueError, RecursionError):  # the notebook's own row is a warning
                texts = {grade_id(cell): text.strip() for _, _, cell, text in sources_of_cells(chosen[name])}
        for question in assignment.written:
            if question.notebook == notebook and texts.get(question.id) in ("", UNANSWERED):
                yield PackingNote("not started", question.id, f"the answer in words, in {name}, is still empty")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The regular files below `folder`, by name; none of caches, environments, data sets or hidden folders."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = [
            name
            for name in sorted(folders)
            if name not in SKIPPED
            and name not in DATA_SETS
            and not name.startswith(".")
            and not (here / name).is_symlink()
            and not (here / name / "pyvenv.cfg").is_file()
            and not any((here / name / data).is_dir() for data in DATA_SETS)
        ]
        for name in sorted(names):
            path = here / name
            if path.is_file() and not path.is_symlink() and not name.startswith("."):
                yield path.relative_to(folder).as_posix(), path


def _fits(name: str, wanted: HandIn) -> bool:
    """Whether a file is one of those that are asked for: cameras and Windows write endings in capitals."""
    return fnmatchcase(name.lower(), wanted.files.lower())


def _limit(name: str, assignment: Assignment) -> float:
    """How many bytes one file may have."""
    limits, name = assignment.limits, name.lower()
    if name.endswith(".ipynb"):
        return NOTEBOOK_LIMIT
    if name.endswith(".pt"):
        return limits.weights_mb * 2**20
    return (limits.picture_mb if name.endswith(".png") else limits.submission_mb) * 2**20


def _write(archive: Path, chosen: dict[str, Path]) -> int:
    unfinished = archive.with_name(f".{archive.name}.tmp")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as opened:
            for name in sorted(chosen):
                opened.write(chosen[name], name)
        os.replace(unfinished, archive)
    finally:
        unfinished.unlink(missing_ok=True)
    return archive.stat().st_size


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _saved(path: Path) -> str:
    return f"saved {time.strftime('%d %b, %H:%M', time.localtime(path.stat().st_mtime))}"
