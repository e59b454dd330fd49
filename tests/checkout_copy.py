"""A copy of the checkout to work in as an instructor does, with programs `autograder` and `pytest` that run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

MADE = {"build", "dist", "marks", "data"}  # in the checkout's own folder: what a copy can do without
LARGE = {"submissions", "malicious"}  # of the tests


def copy_checkout(target: Path) -> Path:
    """Copies the checkout to `target/course`, and puts the programs beside it."""
    copy, programs = target / "course", target / "programs"
    shutil.copytree(ROOT, copy, ignore=_left_out)
    programs.mkdir()
    for name, module in (("autograder", "autograder.cli"), ("pytest", "pytest")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (programs / name).chmod(0o755)
    return copy


def run(checkout: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of a shell in a copy, with its own programs."""
    path = f"{checkout.parent / 'programs'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(checkout), "PYTEST_ADDOPTS": "-p no:cacheprovider"}
    return subprocess.run(["bash", "-c", command], cwd=checkout, env=environment, capture_output=True, text=True)


def _left_out(folder: str, names: list[str]) -> set[str]:
    dropped = {ROOT: MADE, ROOT / "tests": LARGE}.get(Path(folder), set())
    hidden = Path(folder) == ROOT  # the environment, caches, the history
    return {name for name in names if name in dropped or (hidden and name.startswith(".")) or name == "__pycache__"}
