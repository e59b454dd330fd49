"""The gate: tests that a release must pass before students get it. Each breach is a sentence that says what to do."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder import manifest
from autograder.build.installed import package_breaches
from autograder.build.package import hidden_lines
from autograder.build.scripts import place_of
from autograder.build.source_notebooks import script_lines
from autograder.grading.class_run import mark_class
from autograder.labs.catalogue import Check, check_files, public_points
from autograder.labs.lab import Lab
from autograder.manifest import PACKAGE
from autograder.results import Results

IDIOMS = {"kwargs:dict[str,Any]|None=None,"}  # parts of signatures that a library prescribes


def breaches(lab: Lab, checks: list[Check], source: Path, release: Path, data: str = "auto") -> list[str]:
    """Everything that is wrong with a source and a release. Marks both, which takes a while."""
    found = [*notebook_breaches(source), *notebook_breaches(release)]
    found += points_breaches(lab, checks, source)
    found += leaks(lab, checks, release)
    if not found:  # in marks, a broken notebook would only show once more
        found += marks_breaches(lab, source, release, data)
    return found


def notebook_breaches(folder: Path) -> list[str]:
    """The notebooks that are not valid."""
    import nbformat

    found = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            nbformat.validate(nbformat.read(path, as_version=4))
        except (nbformat.ValidationError, ValueError) as error:
            found.append(f"{path.parent.parent.name}/{path.name} is not a valid notebook: {error}")
    return found


def points_breaches(lab: Lab, checks: list[Check], source: Path) -> list[str]:
    """Grade cells whose points differ from `course.yml`, that it does not know, or that are missing."""
    expected: dict[tuple[str, str], float] = {}
    for task, points in public_points(lab.assignment, checks).items():
        expected[lab.assignment.task(task).notebook, f"{task}-check"] = points
    for question in lab.assignment.written:
        expected[question.notebook, question.id] = question.points
    there: dict[tuple[str, str], float] = {}
    for path in sorted(source.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            marked: dict[str, Any] = cell["metadata"].get("nbgrader", {})
            if marked.get("grade"):
                there[path.stem, marked["grade_id"]] = float(marked["points"])
    found = []
    for (notebook, cell_id), points in expected.items():
        if (notebook, cell_id) not in there:
            found.append(f"{notebook}: the grade cell {cell_id!r} is missing; course.yml gives it {points:g} points")
        elif there[notebook, cell_id] != points:
            given = there[notebook, cell_id]
            found.append(f"{notebook}: the cell {cell_id!r} has {given:g} points, but course.yml gives it {points:g}")
    for notebook, cell_id in there:
        if (notebook, cell_id) not in expected:
            found.append(f"{notebook}: course.yml has no task or question for the grade cell {cell_id!r}")
    return found


def leaks(lab: Lab, checks: list[Check], release: Path) -> list[str]:
    """Released lines that give something away: they are in a solution, a known mistake or a hidden check."""
    assert lab.reference is not None
    lines = {script.name: script_lines(script) for script in sorted(lab.reference.glob("[0-9]*.py"))}
    shown = {line for _, others in lines.values() for line in others}
    secrets: dict[str, str] = {}
    for name, (solutions, _) in lines.items():
        secrets |= {_squeezed(line): name for line in solutions - shown if _tells(line)}
    kept_back = manifest.files(manifest.SECRET)
    for path in kept_back:
        text = path.read_text(encoding="utf-8")
        secrets |= {_squeezed(line): path.name for line in text.splitlines() if _tells(line) and "import" not in line}
    # Known mistakes also consist of ordinary lines. Those that students can see anyway give nothing away.
    ordinary = {_squeezed(line) for line in shown}
    for path in PACKAGE.rglob("*.py"):
        if path not in kept_back and path not in check_files(lab.folder):
            ordinary |= {_squeezed(line) for line in path.read_text(encoding="utf-8").splitlines()}
    for known in lab.mistakes.values():
        for mistake in known.values():
            place = f"mistakes/{mistake.file.name}, line {mistake.line} ({mistake.id})"
            changed = [line for change in mistake.replace for line in change.new.splitlines()]
            secrets |= {_squeezed(line): place for line in changed if _tells(line) and _squeezed(line) not in ordinary}
    for path in check_files(lab.folder):
        public = {check.id for check in checks if check.public and check.file == path}
        hidden = hidden_lines(path.read_text(encoding="utf-8"), public)
        secrets |= {_squeezed(line): path.name for line in hidden if _tells(line) and "import" not in line}
    found = []
    for place, text in _texts(release):
        for number, line in enumerate(text.splitlines(), start=1):
            if (squeezed := _squeezed(line)) in secrets:
                found.append(
                    f"{place}, line {number}: this line is secret in {secrets[squeezed]}: {line.strip()[:80]}"
                    "\n    Remove it from what students get. If it gives nothing away, use it outside the solution too."
                )
    return found


def marks_breaches(lab: Lab, source: Path, release: Path, data: str) -> list[str]:
    """Checks, in the students' package or here, that lost the reference points or gave the release some."""
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        submitted = Path(folder) / "submitted"
        as_submission(lab, source, submitted / "reference" / lab.name, data)
        shutil.copytree(release, submitted / "release" / lab.name)
        if found := package_breaches(
            lab, release, {student: submitted / student / lab.name for student in ("reference", "release")}
        ):
            return found
        # The release has nothing to mark: a second worker would take longer to start than the first takes for both.
        results = mark_class(lab, submitted, Path(folder) / "marks", data, "cpu", jobs=1).results
    return [
        *_wrong_marks(lab, results, "reference", lambda score, points: score == points, "lost points"),
        *_wrong_marks(lab, results, "release", lambda score, points: score == 0, "earned points without work"),
    ]


def as_submission(lab: Lab, source: Path, target: Path, data: str) -> None:
    """Copies the reference in the form of a submission: notebooks, weights for the data set, own pictures."""
    from autograder.data import load_data

    assert lab.reference is not None
    target.mkdir(parents=True)
    for path in sorted(source.glob("*.ipynb")):
        shutil.copyfile(path, target / path.name)
    weights = lab.reference / "weights" / load_data(data).name  # type: ignore[arg-type]
    for folder, name in ((weights, "weights"), (lab.reference / "own", "own")):
        if folder.is_dir():
            shutil.copytree(folder, target / name)


def _wrong_marks(lab: Lab, results: Results, student: str, right: Any, what: str) -> Iterator[str]:
    result = results.student(student)
    lines = {(check.task, check.id): f"{check.file}, line {check.lines[0]}" for check in lab.checks}
    for message in result.messages:
        yield f"the {student}: {message}"
    for task, check in result.checks:
        if check.status == "error":
            yield (
                f"the {student}: {task.id}/{check.id}: {check.message}"
                f"\n    The error is in the check itself: {lines[task.id, check.id]}"
            )
        elif not right(check.score, check.max_score):
            yield (
                f"the {student} {what}: {task.id}/{check.id} {check.score:g} of {check.max_score:g}: {check.message}"
                f"\n    The error is either in the check: {lines[task.id, check.id]}"
                f"\n    or in the cell: {place_of(lab, task.notebook, task.id)}"
            )


def _texts(release: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(path for path in release.rglob("*") if path.is_file()):
        name = path.relative_to(release).as_posix()
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as wheel:
                for entry in wheel.namelist():
                    if entry.endswith((".py", ".yml", ".json", ".toml", ".txt")) and "/keys/" not in entry:
                        yield f"{name}: {entry}", wheel.read(entry).decode()
        elif path.suffix == ".ipynb":
            for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"], start=1):
                yield f"{name}, cell {number}", "".join(cell["source"])
        elif path.suffix in (".py", ".md", ".txt", ".yml", ".json"):
            yield name, path.read_text(encoding="utf-8")


def _squeezed(line: str) -> str:
    return re.sub(r"\s+", "", line.split("  #")[0])


def _tells(line: str) -> bool:
    """Whether a line is characteristic: at least four words or numbers, not short, and not a common idiom."""
    line = line.split("  #")[0]
    words = re.findall(r"\w+", line)
    idiom = line.strip().startswith(("#", '"""', "@pytest", "assert ", "except ")) or _squeezed(line) in IDIOMS
    return len(words) >= 4 and len(_squeezed(line)) >= 14 and not idiom
