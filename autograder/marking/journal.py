"""Remembers, in the MARKS folder, what was marked: a second run marks only what has changed."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from pathlib import Path

from autograder.checks.setting import CHECKOUT, Setting
from autograder.results import StudentResult, folder_name

PACKAGE = Path(__file__).resolve().parents[1]
PRESENTATION = {"report", "cli", "build", "training"}  # rooms that no mark depends on


class Journal:
    """One file a student under `MARKS/journal`, with the digest of everything that the mark depends on."""

    def __init__(self, marks: Path) -> None:
        self.folder = Path(marks) / "journal"
        self.folder.mkdir(parents=True, exist_ok=True)

    def seed(self) -> int:
        """The secret seed of this MARKS folder: drawn once, so that all students, also later ones, get the same."""
        path = self.folder / "seed"
        if not path.is_file():
            _write(path, str(secrets.randbits(63)))
            path.chmod(0o600)
        return int(path.read_text())

    def find(self, student: str, digest: str) -> StudentResult | None:
        """The result of an earlier run, if nothing that it depends on has changed and it was no grader's error."""
        try:
            entry = json.loads(self._path(student).read_text(encoding="utf-8"))
            if entry["digest"] != digest:
                return None
            result = StudentResult.model_validate(entry["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None  # no entry, or one cut short: mark again
        return result if result.status == "marked" else None

    def keep(self, result: StudentResult, digest: str) -> None:
        """Writes a result, whole or not at all."""
        entry = {"digest": digest, "result": result.model_dump(mode="json")}
        _write(self._path(result.student), json.dumps(entry, ensure_ascii=False))

    def _path(self, student: str) -> Path:
        return self.folder / f"{folder_name(student)}.json"


def depends_on(setting: Setting, *more: str) -> str:
    """The digest of what all marks depend on: the grader, its libraries, the course, the reference, and `more`."""
    import torch

    whole = hashlib.sha256(f"{torch.__version__} {' '.join(more)}\n".encode())
    folders = [PACKAGE, *([setting.reference] if setting.reference else [])]
    paths = [
        path
        for folder in folders
        for path in folder.rglob("*.py")
        if not PRESENTATION & set(path.relative_to(folder).parts)
    ]
    for path in [*sorted(paths), setting.course_file]:
        name = path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path.name
        whole.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)
