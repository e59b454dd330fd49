"""The copy of this package that the fork server runs: without checks, answers and mistakes."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder import manifest


def copy_public(target: Path) -> None:
    """Copies the files that the fork server runs, and what notebooks import, to the folder `target`."""
    for path in manifest.files(manifest.SANDBOX):
        copy = target / manifest.PACKAGE.name / path.relative_to(manifest.PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
