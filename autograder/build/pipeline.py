"""Builds `source/` and `release/` of an assignment; both are replaced only if everything passes the gate."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.build.first_cell import with_first_cell
from autograder.build.gate import breaches
from autograder.build.package import build_wheel, student_requirements, wheel_name
from autograder.build.scripts import script_breaches
from autograder.build.source_notebooks import BuildError, generate_release, source_notebook, write_notebook
from autograder.labs.lab import Lab
from autograder.storage import write_whole


def build(
    lab: Lab,
    root: Path,
    data: str = "auto",
    gate: bool = True,
    step: Callable[[str], None] = lambda text: None,
) -> None:
    """Builds `root/source/<lab>` and `root/release/<lab>`; if anything is wrong, both are left unchanged.

    The gate marks with the data set `data`. `step` is called with each step's name. Raises `BuildError`, which lists
    everything that is wrong.
    """
    if lab.reference is None:
        raise BuildError(
            f"{lab.course_file.parent}/reference/{lab.name}: not found; the reference solutions belong there"
        )
    checks = lab.checks
    if found := script_breaches(lab, checks):
        raise BuildError("Nothing was built:\n" + "\n".join(f"  – {sentence}" for sentence in found))
    with tempfile.TemporaryDirectory(prefix="build-") as folder:
        work = Path(folder)
        source, release = work / "new-source", work / "new-release"
        step("reference → source")
        for name in lab.assignment.notebooks:
            script = lab.reference / f"{name}.py"
            notebook = with_first_cell(source_notebook(script), name, lab, wheel_name(lab))
            write_notebook(notebook, source / f"{name}.ipynb")
        _support(lab, source)
        step("source → release (nbgrader)")
        generated = generate_release(source, work / "course", lab.name)
        release.mkdir()
        for path in sorted(generated.glob("*.ipynb")):
            shutil.copyfile(path, release / path.name)
        _support(lab, release)
        step("the students' package and its answer key")
        wheel = build_wheel(lab, checks, work, release)
        write_whole(release / "requirements.txt", student_requirements(wheel.name))
        if gate:
            step("the gate: are notebooks valid, points right, secrets kept, and marks as they must be?")
            if found := breaches(lab, checks, source, release, data):
                raise BuildError(
                    "The gate found errors; source/ and release/ are unchanged:\n"
                    + "\n".join(f"  – {sentence}" for sentence in found)
                )
        for new, old in ((source, root / "source" / lab.name), (release, root / "release" / lab.name)):
            shutil.rmtree(old, ignore_errors=True)
            shutil.copytree(new, old)


def _support(lab: Lab, target: Path) -> None:
    """Copies the files that `course.yml` lists under `support`. Raises `BuildError` if one is missing."""
    assert lab.reference is not None
    for pattern in lab.assignment.support:
        found = sorted(path for path in lab.reference.glob(pattern) if path.is_file())
        if not found:
            raise BuildError(f"{lab.course_file}: `support` lists {pattern}, which is not in {lab.reference}")
        for path in found:
            copy = target / path.relative_to(lab.reference)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
