"""Reads, without importing them, which checks a lab has: their tasks, sentences, and what they need."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.course import Assignment, CourseError, check_id, line_of
from autograder.submission.wanted import meant


@dataclass(frozen=True)
class Check:
    """One check as its file declares it."""

    task: str
    id: str
    public: bool
    needs: tuple[str, ...]
    rests_on: tuple[str, ...]
    """The measured fields of answers that its points rest on, as `procedure: field`; or `file`, read by the grader."""
    sentence: str
    file: Path
    lines: tuple[int, int]  # of the whole function with its decorators, from 1


def check_files(folder: Path) -> list[Path]:
    """The check files in a lab's folder, in the order of its notebooks."""
    return sorted(folder.glob("test_*.py"))


def read_checks(folder: Path) -> list[Check]:
    """All checks in a lab's folder; raises `CourseError` naming file and line where one is declared wrongly."""
    checks: list[Check] = []
    for path in check_files(folder):
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        except SyntaxError as error:
            raise CourseError(f"{path}, line {error.lineno}: is no Python: {error.msg}") from error
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                checks.append(_check(node, path))
    return checks


def agree(folder: Path, lab: str, assignment: Assignment, course: Path) -> list[Check]:
    """The lab's checks, once `course.yml` gives points to each of them and to no other; else `CourseError`."""
    checks = read_checks(folder)
    declared = {(check.task, check.id): check for check in checks}
    paid = {(task.id, name) for task in assignment.tasks for name in task.checks}
    unpaid = {f"{task}/{check}": "" for task, check in declared if (task, check) not in paid}
    for place, task in enumerate(assignment.tasks):
        for name in task.checks:
            if (task.id, name) not in declared:
                line = line_of(course, "assignments", lab, "tasks", place, "checks", name)
                near = meant(f"{task.id}/{name}", unpaid)
                raise CourseError(
                    f"{course}, line {line}: the task {task.id!r} gives points to {name!r},"
                    f" but {folder.parent.name}/{lab} has no such check: a function test_{name.replace('-', '_')}"
                    f' with @pytest.mark.task("{task.id}")' + (f". {near}" if near else "")
                )
    for check in checks:
        if (check.task, check.id) not in paid:
            ids = [task.id for task in assignment.tasks]
            there = (ids.index(check.task), "checks") if check.task in ids else ()
            line = line_of(course, "assignments", lab, "tasks", *there)
            raise CourseError(
                f"{course}, line {line}: gives no points to the check {check.id!r} of the task {check.task!r}"
                f" (declared in {check.file.name}, line {check.lines[0]}); add it to the task's `checks`"
            )
    return checks


def public_points(assignment: Assignment, checks: list[Check]) -> dict[str, float]:
    """What each task's public checks are worth: the points of its cell in the notebook."""
    points = {task.id: 0.0 for task in assignment.tasks}
    for check in checks:
        if check.public:
            points[check.task] += assignment.task(check.task).checks[check.id]
    return points


def _check(node: ast.FunctionDef, path: Path) -> Check:
    marks: dict[str, list[str]] = {}
    rests_on: list[str] = []
    for decorator in node.decorator_list:
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        given = decorator.args if isinstance(decorator, ast.Call) else []
        if isinstance(name, ast.Attribute):
            marks[name.attr] = [str(arg.value) for arg in given if isinstance(arg, ast.Constant)]
            if name.attr == "rests_on":
                procedure = "".join(f"{ast.unparse(arg)}: " for arg in given if not isinstance(arg, ast.Constant))
                rests_on += [procedure + field for field in marks[name.attr]]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    where = f"{path.name}, line {first}: {node.name}"
    if len(marks.get("task", [])) != 1:
        raise CourseError(f"{where} needs a marker @pytest.mark.task(…)")
    if ("public" in marks) == ("hidden" in marks):
        raise CourseError(f"{where} needs one of the markers @pytest.mark.public and @pytest.mark.hidden")
    if not rests_on:
        raise CourseError(
            f"{where} needs a marker @pytest.mark.rests_on(…): the measured fields that its points rest on"
        )
    sentence = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
    if not sentence:
        raise CourseError(f"{where} needs a docstring: the sentence that students read")
    return Check(
        task=marks["task"][0],
        id=check_id(node.name),
        public="public" in marks,
        needs=tuple(marks.get("needs", [])),
        rests_on=tuple(rests_on),
        sentence=sentence,
        file=path,
        lines=(first, node.end_lineno or first),
    )


@cache
def code_digest(path: Path, function: str) -> str:
    """The digest of a check's own code: the function, and whatever of its file it uses.

    Other functions of the file do not count, nor comments and blank lines. What is imported from other files counts
    where all checks' common ground is digested.
    """
    body, binds = _statements(path)
    wanted, chosen = [function], set()
    while wanted:
        name = wanted.pop()
        for index, names in enumerate(binds):
            if name in names and index not in chosen:
                chosen.add(index)
                wanted += [part.id for part in ast.walk(body[index]) if isinstance(part, ast.Name)]
    code = [ast.dump(body[index]) for index in sorted(chosen)]
    return hashlib.sha256("\n".join(code).encode()).hexdigest()


@cache
def _statements(path: Path) -> tuple[list[ast.stmt], list[set[str]]]:
    """The top-level statements of a file, and the names that each binds."""
    body = ast.parse(path.read_text(encoding="utf-8"), str(path)).body
    return body, [bound(node) for node in body]


def bound(node: ast.stmt) -> set[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
