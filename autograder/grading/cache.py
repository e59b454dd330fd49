"""Keeps what was found in the MARKS folder, so that the next run checks only what has changed.

Each submission is written when it is finished, whole or not at all: a marking that is killed loses only those that it
was at.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import runpy
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from autograder import manifest
from autograder.grading.check_cells import state
from autograder.labs.findings import CachedCheck, CachedChecks, Checks
from autograder.labs.lab import Lab
from autograder.manifest import PACKAGE
from autograder.results import CheckResult, OwnDigit, Results, StudentResult, folder_name
from autograder.storage import refuse_links, write_whole


@dataclass(frozen=True)
class CachedResult:
    """One student's entry: a digest of all that the result depends on, the result, and what each check found."""

    digest: str
    result: StudentResult
    sandbox: str
    promises: list[dict[str, Any]]
    known: CachedChecks
    seconds: float = 0


class CacheError(Exception):
    """The MARKS folder cannot be used now; the message says why."""


class Cache:
    """The folder `MARKS/cache`: a file for each student, with digests of everything that the mark depends on."""

    def __init__(self, marks: Path) -> None:
        self.folder = Path(marks).resolve() / "cache"
        self.folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[Path]:
        """Locks this MARKS folder against other runs; gives an empty folder for copies of the submissions.

        If an earlier run was killed, its copies are deleted. Raises `CacheError` if another run has the lock, and
        `LinkError` for a link where it writes.
        """
        refuse_links([self.folder / "lock", self.folder / "staging"])
        lock = FileLock(self.folder / "lock", blocking=False)
        try:
            lock.acquire()
        except Timeout:
            marks = self.folder.parent
            raise CacheError(f"{marks}: another run is using this folder; wait until it has ended") from None
        with ExitStack() as held:
            held.callback(lock.release)
            staging = self.folder / "staging"
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            held.callback(shutil.rmtree, staging, ignore_errors=True)
            yield staging

    def require(self, assignment: str) -> None:
        """Makes this the MARKS folder of an assignment; raises `CacheError` if it is another's."""
        own = self.folder / "assignment"
        marks = self.folder.parent
        found = own.read_text(encoding="utf-8").strip() if own.is_file() else ""
        if not found and (marks / "results.json").is_file():
            found = Results.read(marks / "results.json").assignment
        if found and found != assignment:
            raise CacheError(f"{marks}: holds the marks of {found}; choose another folder for {assignment} with -o")
        if not own.is_file():
            write_whole(own, f"{assignment}\n")

    def seed(self) -> int:
        """The secret seed of this MARKS folder, drawn once, so that students who are marked later get the same."""
        path = self.folder / "seed"
        if not path.is_file():
            write_whole(path, str(secrets.randbits(63)))
            path.chmod(0o600)
        return int(path.read_text())

    def find(self, student: str) -> CachedResult | None:
        """What an earlier run found; None if there is nothing, the grader failed somewhere, or pictures are missing."""
        try:
            entry = json.loads(self._path(student).read_text(encoding="utf-8"))
            result = StudentResult.model_validate(entry["result"])
            known = CachedChecks(entry["shared"], from_data(entry["checks"]), [str(note) for note in entry["notes"]])
            seconds = float(entry.get("seconds", 0))
            found = CachedResult(entry["digest"], result, entry["sandbox"], entry["promises"], known, seconds)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # no entry, or a damaged one
        pictures = [picture for _, check in result.checks for picture in check.pictures]
        pictures += [digit.picture for digit in result.digits if digit.picture]
        complete = (
            result.status == "marked"
            and not any(check.unjudged for _, check in result.checks)
            and all((self.folder.parent / name).is_file() for name in pictures)
        )
        return found if complete else None

    def keep(self, entry: CachedResult) -> None:
        """Writes an entry."""
        data = {
            "digest": entry.digest,
            "result": entry.result.model_dump(mode="json"),
            "sandbox": entry.sandbox,
            "promises": entry.promises,
            "shared": entry.known.shared,
            "notes": entry.known.notes,
            "checks": as_data(entry.known.checks),
            "seconds": round(entry.seconds, 2),
        }
        write_whole(self._path(entry.result.student), json.dumps(data, ensure_ascii=False))

    def forget(self, student: str) -> None:
        """Removes a student's entry, if there is one."""
        self._path(student).unlink(missing_ok=True)

    def _path(self, student: str) -> Path:
        return self.folder / f"{folder_name(student)}.json"


def as_data(checks: Checks) -> dict[str, Any]:
    """Checks as plain data, by `task/check`."""
    return {
        f"{task}/{check}": {
            "key": cached.key,
            "result": cached.result.model_dump(mode="json"),
            "digits": [digit.model_dump(mode="json") for digit in cached.digits],
            "sentence": cached.sentence,
        }
        for (task, check), cached in checks.items()
    }


def from_data(data: dict[str, Any]) -> Checks:
    """The checks that `as_data` was given. Raises KeyError, TypeError or ValueError for other data."""
    checks = {}
    for name, cached in data.items():
        task, _, check = name.partition("/")
        checks[task, check] = CachedCheck(
            cached["key"],
            CheckResult.model_validate(cached["result"]),
            [OwnDigit.model_validate(digit) for digit in cached["digits"]],
            str(cached["sentence"]),
        )
    return checks


def depends_on(lab: Lab, *more: str) -> tuple[str, str]:
    """Two digests of what a mark depends on besides the submission: everything and `more`, and all but the checks.

    The first changes if anything does. The second covers what all checks share: the grader, its libraries, the
    reference, limits and definitions; to this each check adds its own code and points
    (`autograder.labs.catalogue.check_key`). The paths of package and course make no difference.
    """
    shared = hashlib.sha256(f"{build_of_torch()} {' '.join(more)}\n".encode())
    folders = [PACKAGE, *([lab.reference] if lab.reference else [])]
    files = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": path
        for folder in folders
        for path in (*folder.rglob("*.py"), *folder.rglob("*.yml"))  # the bank of mistakes names them
        if folder != PACKAGE or manifest.decides_verdicts(path)
    }
    lines = {name: _line(name, path) for name, path in files.items()}
    own = {name for name, path in files.items() if path.parent.name == lab.name and path.name.startswith("test_")}
    for name in sorted(lines.keys() - own):
        shared.update(lines[name])
    assignment = lab.assignment
    common = {
        "limits": assignment.limits.model_dump(mode="json"),
        "definitions": {task.id: [task.notebook, task.definitions] for task in assignment.tasks},
    }
    shared.update(json.dumps(common, sort_keys=True).encode())
    whole = shared.copy()
    for name in sorted(own):
        whole.update(lines[name])
    # What is applied to the findings, such as an extension, does not need new ones.
    on_top = {"deadline", "time_zone", "late", "extensions", "support", "written", "limits"}
    whole.update(json.dumps(assignment.model_dump(mode="json", exclude=on_top), sort_keys=True).encode())
    if lab.release is not None:
        whole.update(state(lab.release).encode())
    if lab.reference is not None:  # whoever hands in the reference's weights is flagged
        for path in sorted((lab.reference / "weights").glob("*/*.pt")):
            whole.update(_line(f"{path.parent.name}/{path.name}", path))
    return whole.hexdigest(), shared.hexdigest()


@cache
def build_of_torch() -> str:
    """`torch.__version__`, such as "2.9.1+cu128", without the seconds that it takes to import torch."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'torch'")
    return str(runpy.run_path(str(Path(found.origin).with_name("version.py")))["__version__"])


def grading_digest() -> str:
    """A digest of the sandbox layers and of grading: no verdict depends on them, but a cluster must have the same."""
    whole = hashlib.sha256()
    for path in manifest.files(manifest.CONDUCT):
        whole.update(_line(path.relative_to(PACKAGE).as_posix(), path))
    return whole.hexdigest()


def _line(name: str, path: Path) -> bytes:
    return f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
