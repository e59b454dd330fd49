"""What of this package goes where: one list for the students' package, the sandbox's copy, cache keys and leak search.

Patterns are relative to this folder. A lab's own modules go to students as far as its public checks import them;
`build/pipeline.py` adds notebooks and support files.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

# What runs beside student code, and what their notebooks import: no check, no expected value, no mistake.
SANDBOX = (
    *("__init__.py", "manifest.py", "own_work.py", "pictures.py", "data.py", "storage.py"),
    *("training/__init__.py", "training/progress.py", "training/recipes.py"),
    *("sandbox/**/*", "submission/*.py", "labs/__init__.py", "labs/forms.py", "labs/*/__init__.py"),
    *("labs/kinds/plain_data.py", "labs/kinds/pretended_gpu.py", "labs/**/*procedures.py"),
)
# The modules that a fork server imports for all student processes, beside those of the sandbox and the procedures.
IN_SANDBOX = (
    *("autograder.sandbox.student_notebook", "autograder.data", "autograder.training.recipes"),
    *("autograder.submission.definitions", "autograder.submission.excerpt", "autograder.submission.reach"),
)

# All that student code can import of this package: what notebooks import, and what that imports. The rest, it is asked
# with.
IN_REACH = ("notebook", "start", "data", "pictures", "training", "own_work")

# What students get beside the lab's own modules.
PUBLIC = (
    *("__init__.py", "manifest.py", "course.py", "data.py", "drawing.py", "notebook.py", "own_work.py", "results.py"),
    *("made_photographs.py", "start.py", "pictures.py", "states.py", "storage.py"),
    *("feedback/*.py", "feedback/templates/*"),
    *("submission/*.py", "sandbox/*.py", "judge/*.py", "labs/*.py", "labs/kinds/*.py"),
    *("training/__init__.py", "training/progress.py", "training/recipes.py"),
    *("cli/__init__.py", "cli/shared.py", "cli/check.py", "cli/doctor.py"),
)
# Files that never leave this repository, whatever else names them; no line of theirs may stand in what students get.
SECRET = ("labs/**/*_reference.py",)

# No verdict depends on these rooms or on tables of demands: a change to one of them asks no check again.
ROOMS = ("feedback", "export", "cli", "build", "new", "training", "grading", "layers", "proof")
PRESENTATION = frozenset({*ROOMS, "demands.yml"})
# How submissions are marked, which decides no verdict but must be the same at all workers of a cluster.
CONDUCT = ("sandbox/layers/**/*.py", "sandbox/proof/*.py", "sandbox/layers/*.txt", "grading/**/*.py")
# What decides how a lab's known mistakes answer, beside the lab's own folder.
ANSWERS = ("judge/**/*.py", "sandbox/**/*.py", "labs/*.py", "labs/kinds/*.py", "drawing.py", "made_photographs.py")


def files(patterns: Iterable[str]) -> list[Path]:
    """The files of this package that the patterns name, sorted; raises `LookupError` where one names none."""
    found: set[Path] = set()
    for pattern in patterns:
        matching = {path for path in PACKAGE.glob(pattern) if path.is_file() and "__pycache__" not in path.parts}
        if not matching:
            raise LookupError(f"{PACKAGE.name}/{pattern}: the manifest names it, and there is nothing")
        found |= matching
    return sorted(found)


def public_files() -> list[Path]:
    """What students get beside the lab's own modules."""
    secret = set(files(SECRET))
    return [path for path in files(PUBLIC) if path not in secret]


def procedure_modules() -> list[str]:
    """The modules of what a student process is asked to do, by the names that Python imports them by."""
    found = [path.relative_to(PACKAGE).with_suffix("") for path in files(("labs/**/*procedures.py",))]
    return [".".join((PACKAGE.name, *path.parts)) for path in found]


def decides_verdicts(path: Path) -> bool:
    """Whether a verdict can depend on a file of this package."""
    return not PRESENTATION & set(path.relative_to(PACKAGE).parts)
