"""Plans a new task or a new lab: new files, and additions to existing ones. All are written, or none."""

from __future__ import annotations

import ast
import importlib.util
import keyword
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.course import IDENTIFIER, LAB, NAMES, NOTEBOOK, Course, CourseError, read_course
from autograder.new.course_file import CourseFile

PACKAGE = Path(__file__).resolve().parents[1]
# The imports that a task's code needs, by the kind of file that it is added to: name → statement.
IMPORTS = {
    "checks": {
        "np": "import numpy as np",
        "pytest": "import pytest",
        "probes": "from autograder.judge import probes",
        "Examination": "from autograder.labs.examination import Examination",
        "function_procedures": "from autograder.labs.kinds import function_procedures",
        "function_question": "from autograder.labs.kinds.function import function_question",
        "judge": "from autograder.labs.questions import judge",
    },
    "cells": {"Tensor": "from torch import Tensor"},
}


class SkeletonError(Exception):
    """The task or lab cannot be made; the message says why and what to do. Nothing has been written."""


@dataclass
class Plan:
    """The texts of files that will be new, and of those that will be changed, by path."""

    root: Path
    new: dict[Path, str] = field(default_factory=dict)
    changed: dict[Path, str] = field(default_factory=dict)

    def create(self, path: Path, text: str) -> None:
        """Adds a new file; raises `SkeletonError` if it exists already."""
        if path.exists():
            raise SkeletonError(f"{path.relative_to(self.root)}: exists already, and is not overwritten")
        self.new[path] = text

    def text(self, path: Path) -> str:
        """A file's text, with the changes planned so far; raises `SkeletonError` if it cannot be read."""
        for texts in (self.new, self.changed):
            if path in texts:
                return texts[path]
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SkeletonError(f"{path}: cannot be read ({error})") from error

    def change(self, path: Path, text: str) -> None:
        """Gives a file, which may be new, this text."""
        (self.new if path in self.new else self.changed)[path] = text

    def write(self) -> None:
        """Writes everything, and formats Python files with ruff if that is installed."""
        for path, text in {**self.new, **self.changed}.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if importlib.util.find_spec("ruff") is not None:
            files = [str(path) for path in (*self.new, *self.changed) if path.suffix == ".py"]
            for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
                subprocess.run([sys.executable, "-m", "ruff", *command, *files], cwd=self.root, capture_output=True)


def new_task(
    course_file: Path, lab: str | None, task: str, notebook: str, title: str, points: float, hidden_points: float = 0
) -> Plan:
    """The plan of a task in a notebook, which may be new. `points` include those of the hidden check.

    Raises `SkeletonError`, or `CourseError` if there is a mistake in `course.yml` already.
    """
    root, course = _checkout(course_file)
    name, _ = course.assignment(lab)
    plan = Plan(root)
    _add_task(plan, course, name, task, notebook, title, points, hidden_points)
    _validate(plan)
    return plan


def new_lab(course_file: Path, lab: str, title: str, task: str, notebook: str, points: float) -> Plan:
    """The plan of a lab with one notebook and one task in it; raises as `new_task` does."""
    root, course = _checkout(course_file)
    if not re.fullmatch(LAB, lab):
        raise SkeletonError(f"{lab!r} is not a valid lab name: {NAMES[LAB]}")
    if lab in course.assignments:
        raise SkeletonError(f"{course_file}: already has an assignment {lab!r}")
    if keyword.iskeyword(lab):
        raise SkeletonError(f"{lab!r} is a Python keyword, so its checks could not be imported; choose another name")
    plan = Plan(root)
    templates, given = _templates(), {"lab": lab, "title": title, "points": _number(points)}
    checks, reference = root / "autograder" / "labs" / lab, root / "reference" / lab
    for folder in (checks, reference):
        if folder.exists():
            raise SkeletonError(f"{folder.relative_to(root)}: exists already, and is not overwritten")
    plan.create(checks / "__init__.py", templates.get_template("lab/init.py.j2").render(given))
    plan.create(reference / "README.md", templates.get_template("lab/readme.md.j2").render(given))
    if (root / "tests" / "a_lab.py").is_file():
        plan.create(root / "tests" / f"test_{lab}.py", templates.get_template("lab/tests.py.j2").render(given))
    file = CourseFile(course_file)
    entry = templates.get_template("lab/course.yml.j2").render(given).splitlines()
    fields = _fields(course, task, notebook, task.replace("-", " ").capitalize(), points, 0)
    first, *rest = _task_entry(templates, fields)
    file.add_lab(lab, [*entry, f"  - {first}", *(f"    {line}" for line in rest)])
    plan.change(course_file, file.text)
    _add_files(plan, templates, {**fields, "lab": lab})
    _validate(plan)
    return plan


def _checkout(course_file: Path) -> tuple[Path, Course]:
    root = course_file.resolve().parent
    if root / "autograder" != PACKAGE:
        raise SkeletonError(
            f"this program belongs to {PACKAGE.parent}, but the course is {root}; run {root}/.venv/bin/autograder"
        )
    return root, read_course(course_file)


def _add_task(
    plan: Plan, course: Course, lab: str, task: str, notebook: str, title: str, points: float, hidden_points: float
) -> None:
    templates = _templates()
    fields = _fields(course, task, notebook, title, points, hidden_points)
    if task in course.assignments[lab].ids:
        raise SkeletonError(f"{lab} already has a task {task!r}")
    file = CourseFile(plan.root / "course.yml")
    file.add_task(lab, _task_entry(templates, fields), notebook, points)
    plan.change(file.path, file.text)
    _add_files(plan, templates, {**fields, "lab": lab})


def _fields(
    course: Course, task: str, notebook: str, title: str, points: float, hidden_points: float
) -> dict[str, Any]:
    """The values for the templates; raises `SkeletonError` if one is not possible."""
    if not re.fullmatch(IDENTIFIER, task):
        raise SkeletonError(f"{task!r} is not a valid task id: {NAMES[IDENTIFIER]}")
    function = task.replace("-", "_")
    if not function.isidentifier() or keyword.iskeyword(function):
        raise SkeletonError(f"{task!r} cannot be used: its function would be `{function}`, which is not a Python name")
    notebook = notebook.removesuffix(".ipynb").removesuffix(".py")
    if not re.fullmatch(NOTEBOOK, notebook):
        raise SkeletonError(f"{notebook!r} is not a valid notebook name: {NAMES[NOTEBOOK]}")
    for name, assignment in course.assignments.items():
        for other in assignment.tasks:
            if function in other.definitions:
                raise SkeletonError(f"the task {other.id!r} of {name} already asks for `{function}`; choose another id")
    if not 0 <= hidden_points < points:
        raise SkeletonError("--points must be more than 0, and with --hidden-check more than 1")
    return {
        "task": task,
        "function": function,
        "constant": function.upper(),
        "notebook": notebook,
        "notebook_title": _heading(notebook),
        "title": title,
        "public_points": _number(points - hidden_points),
        "hidden_points": _number(hidden_points) if hidden_points else "",
    }


def _heading(notebook: str) -> str:
    """4_7_my_pixels → 4.7 My pixels."""
    found = re.match(r"[0-9]+(_[0-9]+)*", notebook)
    assert found is not None
    words = notebook[found.end() :].replace("_", " ").strip().capitalize()
    return f"{found.group().replace('_', '.')} {words}".strip()


def _task_entry(templates: Environment, fields: dict[str, Any]) -> list[str]:
    return templates.get_template("task/course.yml.j2").render(fields).splitlines()


def _add_files(plan: Plan, templates: Environment, fields: dict[str, Any]) -> None:
    """Adds everything that belongs to a task, except for its entry in `course.yml`."""
    lab, task, notebook, function = (fields[name] for name in ("lab", "task", "notebook", "function"))
    checks = plan.root / "autograder" / "labs" / lab

    def made(name: str, **more: Any) -> str:
        return templates.get_template(f"task/{name}.j2").render({**fields, **more})

    script = plan.root / "reference" / lab / f"{notebook}.py"
    if not script.exists():
        plan.create(script, made("notebook.py"))
    there = plan.text(script)
    if re.search(rf'"grade_id": "{task}(-check)?"', there):
        raise SkeletonError(f"{script.relative_to(plan.root)}: already has a cell {task!r}")
    missing = _missing(there, "cells", lab)
    has_check = re.search(r"^#? ?from autograder\.notebook import .*\bcheck\b", there, re.MULTILINE) is not None
    plan.change(script, _joined(there, made("cells.py", imports="\n".join(missing), has_check=has_check)))
    path = checks / f"test_{notebook}.py"
    if not path.exists():
        plan.create(path, templates.get_template("lab/checks.py.j2").render(fields))
    has_asked = re.search(r"^ASKED\b", plan.text(path), re.MULTILINE) is not None
    _extend(plan, path, made("checks.py", has_asked=has_asked), _missing(plan.text(path), "checks", lab))
    plan.create(checks / "mistakes" / f"{task}.yml", made("mistakes.yml"))
    accepted = plan.root / "tests" / "accepted"
    if accepted.is_dir():
        first, *_ = read_course(plan.root / "course.yml").assignments  # its answers are directly in `accepted`
        folder = accepted / task if lab == first else accepted / lab / task
        plan.create(folder / "sorted.py", made("right_answer.py", function=function))


def _extend(plan: Plan, path: Path, addition: str, imports: list[str]) -> None:
    """Adds text to the end of a Python file, and imports below its own."""
    text = plan.text(path)
    try:
        names = _bound(ast.parse(text))
        added = _bound(ast.parse(addition))
    except SyntaxError as error:
        raise SkeletonError(
            f"{path.relative_to(plan.root)}, line {error.lineno}: not valid Python ({error.msg})"
        ) from error
    if twice := sorted((names & added) - {"ASKED"}):
        raise SkeletonError(
            f"{path.relative_to(plan.root)}: already defines `{twice[0]}`; choose another id for the task"
        )
    if imports:
        lines = text.splitlines()
        last = max(
            (node.end_lineno or 0 for node in ast.parse(text).body if isinstance(node, (ast.Import, ast.ImportFrom))),
            default=0,
        )
        lines[last:last] = imports
        text = "\n".join(lines) + "\n"
    plan.change(path, _joined(text, addition))


def _missing(text: str, kind: str, lab: str) -> list[str]:
    """The import statements for a kind of file, except for names that `text` defines already."""
    try:
        there = _bound(ast.parse(text))
    except SyntaxError as error:
        raise SkeletonError(f"{kind} of {lab}, line {error.lineno}: not valid Python ({error.msg})") from error
    return [statement for name, statement in IMPORTS[kind].items() if name not in there]


def _bound(tree: ast.Module) -> set[str]:
    """The names that a module's top-level statements bind."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        else:
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def _joined(text: str, addition: str) -> str:
    return f"{text.rstrip()}\n\n\n{addition.strip()}\n"


def _number(points: float) -> str:
    return f"{points:g}"


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("autograder.new"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _validate(plan: Plan) -> None:
    """Parses everything that would be written, so that nothing is written that breaks the course."""
    for path, text in {**plan.new, **plan.changed}.items():
        if path.suffix == ".py":
            try:
                ast.parse(text)
            except SyntaxError as error:
                raise SkeletonError(f"{path}: would not be valid Python (line {error.lineno}: {error.msg})") from error
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "course.yml"
        copy.write_text(plan.text(plan.root / "course.yml"), encoding="utf-8")
        try:
            read_course(copy)
        except CourseError as error:
            raise SkeletonError(f"course.yml would not be valid any more: {error}") from error
