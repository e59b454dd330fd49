"""Builds the wheel for students: the public part of this package, and an answer key of numbers."""

from __future__ import annotations

import ast
import bz2
import importlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from autograder import manifest
from autograder.build.source_notebooks import BuildError
from autograder.judge.oracle import KEY_SEED, frozen
from autograder.labs.catalogue import Check, check_files
from autograder.labs.lab import CHECKOUT, Lab
from autograder.manifest import PACKAGE
from autograder.sandbox.wire import encode
from autograder.storage import write_whole

DECIMALS = 5  # of the key's numbers. They are computed in float64, so all machines round to the same ones
STAMP = (2020, 2, 2, 0, 0, 0)
PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
description = "Checks your work: the students' part of the autograder."
requires-python = ">=3.10"
license = "MIT"
dependencies = {dependencies}

[project.scripts]
autograder = "autograder.cli:main"

[tool.hatch.build.targets.wheel]
packages = ["autograder"]
"""


def wheel_name(lab: Lab) -> str:
    """The name of the wheel's file."""
    return f"{lab.name}_autograder-{_own_project()['version']}-py3-none-any.whl"


def build_wheel(lab: Lab, checks: list[Check], work: Path, target: Path) -> Path:
    """Builds the students' wheel in the folder `target`, and returns its path. The same input gives the same bytes."""
    staged = work / "students"
    for path in manifest.public_files():
        copy = staged / "autograder" / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    target_lab = staged / "autograder" / "labs" / lab.name
    target_lab.mkdir()
    public = {
        path.name: without_hidden(
            path.read_text(encoding="utf-8"), {c.id for c in checks if c.public and c.file == path}
        )
        for path in check_files(lab.folder)
    }
    for name, text in {**public, **_lab_modules(lab, list(public.values()))}.items():
        write_whole(target_lab / name, text)
    write_key(lab, checks, staged / "autograder" / "keys")
    described = _own_project()
    dependencies = json.dumps(described["dependencies"], indent=4)
    text = PROJECT.format(name=f"{lab.name}-autograder", version=described["version"], dependencies=dependencies)
    write_whole(staged / "pyproject.toml", text)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "wheel")]
    done = subprocess.run(command, cwd=staged, capture_output=True, text=True)
    if done.returncode != 0:
        raise BuildError(f"the students' wheel could not be built:\n{done.stdout}{done.stderr}")
    built = next((work / "wheel").glob("*.whl"))
    target.mkdir(parents=True, exist_ok=True)
    _repack(built, target / built.name)
    return target / built.name


def _lab_modules(lab: Lab, texts: list[str]) -> dict[str, str]:
    """The source of the lab's modules that public checks import, directly or not, by file name.

    Raises `BuildError` if a secret module is among them.
    """
    needed: dict[str, str] = {}
    secret = manifest.files(manifest.SECRET)
    open_names = ["__init__", *(name for text in texts for name in _imported(lab, text))]
    while open_names:
        name = f"{open_names.pop()}.py"
        path = lab.folder / name
        if name in needed:
            continue
        if path in secret:
            raise BuildError(f"{path}: public checks import it, but it contains answers; use the oracle instead")
        if not path.is_file():
            raise BuildError(f"{path}: is missing, but the students' package needs it")
        needed[name] = path.read_text(encoding="utf-8")
        open_names += _imported(lab, needed[name])
    return needed


def _imported(lab: Lab, source: str) -> list[str]:
    """The modules of the lab that a source imports."""
    package = ".".join((PACKAGE.name, *lab.folder.relative_to(PACKAGE).parts))
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            names.append((node.module or "").removeprefix(f"{package}."))
        elif isinstance(node, ast.Import):
            names += [a.name.removeprefix(f"{package}.") for a in node.names if a.name.startswith(f"{package}.")]
    return names


def write_key(lab: Lab, checks: list[Check], folder: Path) -> None:
    """Writes the answer key, and the public part of `course.yml`, to `folder`."""
    oracle = lab.live_oracle(KEY_SEED)
    public: dict[str, set[str]] = {}
    for check in checks:
        if check.public:
            public.setdefault(check.task, set()).add(check.id)
    mistakes = {
        task: {
            name: {"sentence": mistake.sentence, "loses": sorted(oracle.loses(task, name) & public.get(task, set()))}
            for name, mistake in known.items()
        }
        for task, known in oracle.bank.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    # Of the compressors, bzip2 makes the same bytes on every machine.
    (folder / f"{lab.name}.frame.bz2").write_bytes(bz2.compress(encode(frozen(oracle, DECIMALS))))
    key = {"seed": KEY_SEED, "mistakes": mistakes}
    text = json.dumps(key, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    write_whole(folder / f"{lab.name}.json", text + "\n")
    write_whole(folder / "course.yml", _public_course(lab, checks))


def without_hidden(source: str, public: set[str]) -> str:
    """The source of a check file without its hidden checks, and without what only these use."""
    from autograder.course import check_id

    tree = ast.parse(source)
    # Every statement that gives a name something: a name may be given a value more than once.
    definitions: dict[str, list[ast.stmt]] = {}
    for node in tree.body:
        for name in _names_given(node):
            definitions.setdefault(name, []).append(node)
    tests = [name for name in definitions if name.startswith("test_")]
    open_names = [name for name in tests if check_id(name) in public and not any(map(_hidden, definitions[name]))]
    kept: set[str] = set()
    while open_names:
        name = open_names.pop()
        if name not in kept:
            kept.add(name)
            open_names += [used for used in _names_in(*definitions[name]) if used in definitions]
    used = {name for definition in kept for name in _names_in(*definitions[definition])}
    drop: set[int] = set()
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            gone = not bound & used and getattr(node, "module", "") != "__future__"
        else:
            given = _names_given(node)
            gone = bool(given) and not given & kept
        if gone:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            drop |= set(range(first, (node.end_lineno or first) + 1))
    lines = [line for number, line in enumerate(source.splitlines(), start=1) if number not in drop]
    text = "\n".join(lines)
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return text.rstrip() + "\n"


def hidden_lines(source: str, public: set[str]) -> set[str]:
    """The lines, stripped, that `without_hidden` removes."""
    left = {line.strip() for line in without_hidden(source, public).splitlines()}
    return {line.strip() for line in source.splitlines()} - left


def _hidden(node: ast.stmt) -> bool:
    return any("hidden" in ast.dump(decorator) for decorator in getattr(node, "decorator_list", []))


def _names_given(node: ast.stmt) -> set[str]:
    """The names that a definition or an assignment gives something."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return _names_in(*node.targets)
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return _names_in(node.target)
    return set()


def _names_in(*nodes: ast.AST) -> set[str]:
    return {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}


def _public_course(lab: Lab, checks: list[Check]) -> str:
    """`course.yml` with only the public checks, and without bands."""
    import yaml

    public = {(check.task, check.id) for check in checks if check.public}
    tasks = []
    for task in lab.assignment.tasks:
        left = {name: points for name, points in task.checks.items() if (task.id, name) in public}
        if left:
            tasks.append({**task.model_dump(), "checks": left})
    points = sum(sum(task["checks"].values()) for task in tasks if not task["extra"])
    limits = lab.assignment.limits.model_dump()
    hand_in = [pattern.model_dump() for pattern in lab.assignment.hand_in]
    assignment: dict[str, Any] = {
        "title": lab.assignment.title,
        "points": points,
        "limits": limits,
        "hand_in": hand_in,
        "tasks": tasks,
    }
    if lab.assignment.address is not None and lab.reference is not None:
        support = [path for pattern in lab.assignment.support for path in sorted(lab.reference.glob(pattern))]
        names = [path.relative_to(lab.reference).as_posix() for path in support if path.is_file()]
        names += [f"{name}.ipynb" for name in lab.assignment.notebooks]
        assignment |= {"address": lab.assignment.address, "support": names}
    course = {"course": lab.course, "assignments": {lab.name: assignment}}
    return yaml.safe_dump(course, sort_keys=False, allow_unicode=True, width=120)


def _own_project() -> dict:
    """The version and the dependencies of this package."""
    # With Python 3.10, pytest brings the latter along.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    project = toml.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"version": project["version"], "dependencies": sorted(project["dependencies"])}


def student_requirements(wheel: str) -> str:
    """The text of a release's requirements.txt: what its notebooks need, pinned as in the course, and the wheel."""
    from packaging.requirements import Requirement

    wanted = [Requirement(need).name for need in _own_project()["dependencies"]]
    wanted += ["jupyterlab", "ipywidgets", "ipykernel"]
    pins: dict[str, list[str]] = {}
    for line in (CHECKOUT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pins.setdefault(line.split("==")[0].strip().lower(), []).append(line)
    lines = ["# pip install -r requirements.txt, in this folder"]
    for name in sorted(set(wanted)):
        if name.lower() not in pins:
            raise BuildError(f"constraints.txt: students need {name}, which is not pinned there; add it")
        lines += pins[name.lower()]
    return "\n".join([*lines, f"./{wheel}"]) + "\n"


def _repack(built: Path, target: Path) -> None:
    """Stores the wheel's entries in order and uncompressed, since compressors differ between machines."""
    with zipfile.ZipFile(built) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in sorted(old.namelist(), key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, STAMP)
            entry.external_attr = 0o644 << 16
            new.writestr(entry, old.read(name))
