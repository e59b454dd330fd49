"""Writes the pages of a MARKS folder: `index.html` for the class, `students/<name>/index.html` a student.

A page needs nothing but itself and the pictures beside it: no script from elsewhere, no font, no server. A
student's page names no other student and links to none, so that its folder can be handed back as it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.report import class_statistics
from autograder.report.plain_text import number, visible
from autograder.results import Results, StudentResult


def write_report(results: Results, marks: Path) -> Path:
    """Write all pages below `marks`, remove those of students who are gone, return the class page."""
    templates = _environment()
    marks.mkdir(parents=True, exist_ok=True)
    current = set()
    for student in results.students:
        page = marks / student.folder / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        _write(page, templates, "student.html.j2", results, **_student_view(student, marks))
        current.add(page)
    for page in (marks / "students").glob("*/index.html"):
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


def _student_view(student: StudentResult, marks: Path) -> dict[str, Any]:
    return {
        "student": student,
        "picture": lambda file: _picture(file, student, marks),
        "errors": [check for _, check in student.checks if check.status == "error"],
    }


def _picture(file: str, student: StudentResult, marks: Path) -> str | None:
    """A picture's address as seen from the student's page; None unless it is a PNG file inside `marks`."""
    root = marks.resolve()
    try:
        inside = (root / file).resolve().relative_to(root)
        usable = inside.suffix.lower() == ".png" and (root / inside).is_file()
    except (ValueError, OSError):  # outside, or no name that a file can have
        return None
    if not usable:
        return None
    own = Path(student.folder)
    address = inside.relative_to(own) if inside.is_relative_to(own) else Path("../..") / inside
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
