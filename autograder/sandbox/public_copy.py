"""The copy of this package that the fork server runs: without checks, answers and mistakes."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder import manifest


def copy_public(target: Path) -> None:
    """Copies the files that the fork server runs, and what notebooks import, to the folder `target`.

    Every user can read them, whatever the marker's umask is: where root marks, student code runs as another.
    """
    for path in manifest.files(manifest.SANDBOX):
        copy = target / manifest.PACKAGE.name / path.relative_to(manifest.PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
