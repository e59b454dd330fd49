"""Writes the pages of a MARKS folder: `index.html` for the class, `students/<name>/index.html` a student.

A page needs nothing but itself and the pictures beside it: no script from elsewhere, no font, no server. A
student's page names no other student and links to none, so that its folder can be handed back as it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.report import class_statistics
from autograder.report.plain_text import number, visible
from autograder.results import Results, StudentResult

Level = Literal["before", "after", "marker"]
MARKERS = "marker"  # the folder of students' pages as the marker sees them: those in `students` are handed back


def write_report(results: Results, marks: Path, level: Level = "after") -> Path:
    """Write all pages below `marks`, remove those of students who are gone, return the class page.

    `level` is what students see: "before" the deadline the public checks with their hints, "after" it everything that
    was found. The marker's pages hold more: flags, measured accuracies, and what the grader's own errors were.
    """
    templates = _environment()
    marks.mkdir(parents=True, exist_ok=True)
    current = set()
    for student in results.students:
        page = marks / student.folder / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        _write(page, templates, "student.html.j2", results, **_student_view(student, marks, level))
        markers = marks / MARKERS / page.parent.name / "index.html"
        markers.parent.mkdir(parents=True, exist_ok=True)
        _write(markers, templates, "student.html.j2", results, **_student_view(student, marks, "marker"))
        current |= {page, markers}
    for page in (*marks.glob("students/*/index.html"), *marks.glob(f"{MARKERS}/*/index.html")):
        if page not in current:
            page.unlink()
    index = marks / "index.html"
    _write(index, templates, "class.html.j2", results, **_class_view(results))
    return index


def _write(page: Path, templates: Environment, name: str, results: Results, **view: Any) -> None:
    script = view.get("script", "")
    html = templates.get_template(name).render(results=results, policy=_content_policy(script), **view)
    page.write_text(html, encoding="utf-8", newline="\n")


def _class_view(results: Results) -> dict[str, Any]:
    loader = PackageLoader("autograder.report")
    script, _, _ = loader.get_source(Environment(), "sort_tables.js")
    return {
        "rows": [(student, Counter(check.status for _, check in student.checks)) for student in results.students],
        "spread": class_statistics.spread(results),
        "rates": class_statistics.check_rates(results),
        "diagnoses": class_statistics.common_diagnoses(results),
        "errors": class_statistics.grader_errors(results),
        "withheld": [student for student in results.students if student.status == "withheld"],
        "script": Markup(script),
    }


def _student_view(student: StudentResult, marks: Path, level: Level) -> dict[str, Any]:
    shown = public_part(student) if level == "before" else student
    return {
        "student": shown,
        "level": level,
        "picture": lambda file: _picture(file, student, marks, level == "marker"),
        "errors": [check for _, check in student.checks if check.status == "error"],
    }


def public_part(student: StudentResult) -> StudentResult:
    """A student's result as it is before the deadline: the public checks alone, and their points."""
    tasks = []
    for task in student.tasks:
        checks = [check for check in task.checks if check.public]
        if checks:
            sums = {"score": sum(c.score for c in checks), "max_score": sum(c.max_score for c in checks)}
            tasks.append(task.model_copy(update={"checks": checks, **sums}))
    score = None if student.score is None else sum(task.score for task in tasks)
    most = sum(task.max_score for task in tasks)
    return student.model_copy(update={"tasks": tasks, "score": score, "max_score": most})


def _picture(file: str, student: StudentResult, marks: Path, outside: bool = False) -> str | None:
    """A picture's address as seen from the student's page, or from `outside` its folder.

    None unless it is a PNG file inside `marks`.
    """
    root = marks.resolve()
    try:
        inside = (root / file).resolve().relative_to(root)
        usable = inside.suffix.lower() == ".png" and (root / inside).is_file()
    except (ValueError, OSError):  # outside, or no name that a file can have
        return None
    if not usable:
        return None
    own = Path(student.folder)
    address = inside.relative_to(own) if inside.is_relative_to(own) and not outside else Path("../..") / inside
    return quote(address.as_posix())


def _environment() -> Environment:
    templates = Environment(
        loader=PackageLoader("autograder.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    templates.filters["lines"] = lambda text: _Lines(visible(text, newlines=True))
    templates.filters["number"] = number
    return templates


class _Lines(str):
    """Text whose control characters are already signs, and whose line ends stay."""


def _shown(value: Any) -> Any:
    """Every expression of every template comes through here, before it is escaped."""
    if isinstance(value, str) and not isinstance(value, (Markup, _Lines)):
        return visible(value)
    return value


def _content_policy(script: str) -> str:
    """A second wall behind escaping: the browser runs no script but the page's own and loads nothing else."""
    policy = "default-src 'none'; base-uri 'none'; form-action 'none'; "
    policy += "style-src 'unsafe-inline'; img-src 'self' file: data:"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
    return policy
