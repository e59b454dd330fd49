"""Remembers, in the MARKS folder, what was marked: a second run asks only what has changed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import runpy
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from autograder import manifest
from autograder.grading.check_cells import state
from autograder.labs.findings import CachedCheck, CachedChecks, Checks
from autograder.labs.lab import Lab
from autograder.manifest import PACKAGE
from autograder.results import CheckResult, OwnDigit, StudentResult, folder_name

try:
    import fcntl
except ImportError:  # Windows, where nobody is kept out
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True)
class CachedResult:
    """One student in the cache: the digest under which the result was found, and the result check by check."""

    digest: str
    result: StudentResult
    sandbox: str
    promises: list[dict[str, Any]]
    known: CachedChecks
    seconds: float = 0


class CacheError(Exception):
    """The MARKS folder cannot be used now; the message says why."""


class Cache:
    """One file a student under `MARKS/cache`, with the digests of everything that the mark depends on."""

    def __init__(self, marks: Path) -> None:
        self.folder = Path(marks).resolve() / "cache"
        self.folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[Path]:
        """Keeps other runs out of this MARKS folder; gives an empty folder for the submissions' copies.

        What a run that was killed left there is removed first.
        """
        with (self.folder / "lock").open("w") as lock:
            if fcntl is not None:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise CacheError(f"{self.folder.parent}: another run is marking into this folder") from None
            staging = self.folder / "staging"
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            try:
                yield staging
            finally:
                shutil.rmtree(staging, ignore_errors=True)

    def seed(self) -> int:
        """The secret seed of this MARKS folder: drawn once, so that all students, also later ones, get the same."""
        path = self.folder / "seed"
        if not path.is_file():
            _write(path, str(secrets.randbits(63)))
            path.chmod(0o600)
        return int(path.read_text())

    def find(self, student: str) -> CachedResult | None:
        """What an earlier run found, if it was no grader's error and its pictures are still there."""
        try:
            entry = json.loads(self._path(student).read_text(encoding="utf-8"))
            result = StudentResult.model_validate(entry["result"])
            known = CachedChecks(entry["shared"], from_data(entry["checks"]), [str(note) for note in entry["notes"]])
            seconds = float(entry.get("seconds", 0))
            found = CachedResult(entry["digest"], result, entry["sandbox"], entry["promises"], known, seconds)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # no entry, or one cut short: mark again
        pictures = [picture for _, check in result.checks for picture in check.pictures]
        pictures += [digit.picture for digit in result.digits if digit.picture]
        whole = result.status == "marked" and all((self.folder.parent / name).is_file() for name in pictures)
        return found if whole else None

    def keep(self, entry: CachedResult) -> None:
        """Writes an entry, whole or not at all."""
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
        _write(self._path(entry.result.student), json.dumps(data, ensure_ascii=False))

    def _path(self, student: str) -> Path:
        return self.folder / f"{folder_name(student)}.json"


def as_data(checks: Checks) -> dict[str, Any]:
    """Checks as plain data, by `task/check`."""
    return {
        f"{task}/{check}": {
            "key": one.key,
            "result": one.result.model_dump(mode="json"),
            "digits": [digit.model_dump(mode="json") for digit in one.digits],
            "sentence": one.sentence,
        }
        for (task, check), one in checks.items()
    }


def from_data(data: dict[str, Any]) -> Checks:
    """What `as_data` was given; raises what reading wrong data raises."""
    checks = {}
    for name, one in data.items():
        task, _, check = name.partition("/")
        checks[task, check] = CachedCheck(
            one["key"],
            CheckResult.model_validate(one["result"]),
            [OwnDigit.model_validate(digit) for digit in one["digits"]],
            str(one["sentence"]),
        )
    return checks


def depends_on(lab: Lab, *more: str) -> tuple[str, str]:
    """Two digests of what a mark depends on beside the submission: of everything, and of all but the checks themselves.

    The first says whether anything has changed. The second is the part that all checks share: the grader, its
    libraries, the reference, limits and definitions; each check adds its own code and its points
    (`autograder.labs.catalogue.check_key`). Where package and course lie on a machine makes no difference.
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
    # What stands on top of the findings, such as an extension, asks for no new ones.
    on_top = {"deadline", "late", "extensions", "support", "written", "limits"}
    whole.update(json.dumps(assignment.model_dump(mode="json", exclude=on_top), sort_keys=True).encode())
    if lab.release is not None:
        whole.update(state(lab.release).encode())
    if lab.reference is not None:  # who has handed in the reference's weights is flagged
        for path in sorted((lab.reference / "weights").glob("*/*.pt")):
            whole.update(_line(f"{path.parent.name}/{path.name}", path))
    return whole.hexdigest(), shared.hexdigest()


@cache
def build_of_torch() -> str:
    """torch's version and build, such as "2.9.1+cu128": `torch.__version__`, without the seconds of importing torch."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'torch'")
    return str(runpy.run_path(str(Path(found.origin).with_name("version.py")))["__version__"])


def conducted_by() -> str:
    """A digest of how submissions are marked, which no verdict depends on: the sandbox, and the marking itself."""
    whole = hashlib.sha256()
    for path in manifest.files(manifest.CONDUCT):
        whole.update(_line(path.relative_to(PACKAGE).as_posix(), path))
    return whole.hexdigest()


def _line(name: str, path: Path) -> bytes:
    return f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)
