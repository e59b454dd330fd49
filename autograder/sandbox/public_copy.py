"""The copy of this package that the fork server runs: without checks, answers and mistakes."""

from __future__ import annotations

import shutil
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
PUBLIC = (
    *("__init__.py", "notebook.py", "pictures.py", "data.py", "drawing.py"),
    *("training/__init__.py", "training/progress.py", "training/recipes.py"),
    *(
        "sandbox/**/*",
        "submission/*.py",
        "labs/__init__.py",
        "labs/*/__init__.py",
        "labs/*/procedures.py",
    ),
)


def copy_public(target: Path) -> None:
    """Copies the files that the fork server runs and that notebooks import to the folder `target`."""
    for pattern in PUBLIC:
        for path in PACKAGE.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = target / PACKAGE.name / path.relative_to(PACKAGE)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
