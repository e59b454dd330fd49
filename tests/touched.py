"""Says which changed files `make quick` chooses no test by: it knows what Python code a test has executed, and no more.

python -m tests.touched
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from tests.sample_class import ROOT

# Python that tests read, or that runs as a student's.
READ = (
    *("reference/", "release/", "tests/submissions/", "tests/recipes/", "tests/malicious/"),
    *("tests/accepted/", "tests/wrong_answers/"),
)


def unseen(changed: Iterable[str]) -> list[str]:
    """Those of these files, given relative to the checkout, that no test is chosen by."""
    return [name for name in changed if not name.endswith(".py") or name.startswith(READ)]


def changed() -> list[str]:
    """What differs from the last commit, and what is new."""
    command = ["git", "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [entry[3:] for entry in told.split("\0") if entry]


if __name__ == "__main__":
    names = unseen(changed())
    if names:
        print("No test is chosen by these; `make test` runs those that read them:", *names, sep="\n  ")
