"""Exports JUnit XML, valid for Jenkins and for Ant: a suite for each student, a case for each check.

The schemas allow properties in suites, but not in cases. So the points of a check are a property of its suite,
`points.<task>/<check>`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from autograder.export import one_each
from autograder.export.formats import Exported, Format, Request
from autograder.export.marks import Mark, plain
from autograder.results import CheckResult, TaskResult
from autograder.storage import write_whole

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
UNDATED = "1970-01-01T00:00:00"
"""Results have no time, but Ant's schema requires one."""


def write(request: Request) -> Exported:
    """Writes one file with all students. Those whose mark is withheld have errors, and no points."""
    root = ET.Element("testsuites", name=_text(request.title))
    counts = {"tests": 0, "failures": 0, "errors": 0}
    for number, mark in enumerate(request.marks):
        suite = _suite(mark, number)
        root.append(suite)
        for key in counts:
            counts[key] += int(suite.get(key, "0"))
    for key, count in counts.items():
        root.set(key, str(count))
    ET.indent(root)
    data = ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    left_out = [(mark.student, mark.missing) for mark in request.marks if mark.automatic is None]
    return Exported([write_whole(request.path, data)], len(request.marks) - len(left_out), left_out)


def _suite(mark: Mark, number: int) -> ET.Element:
    checks = list(mark.result.checks)
    kinds = [_kind(check) for _, check in checks]
    withheld = mark.automatic is None
    suite = ET.Element(
        "testsuite",
        name=_text(mark.student),
        tests=str(len(checks)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time="0",
        timestamp=UNDATED,
        hostname="localhost",
        id=str(number),
        package=_text(mark.student),
    )
    properties = ET.SubElement(suite, "properties")
    if not withheld:
        _property(properties, "points", plain(mark.automatic or 0.0))
    _property(properties, "max_points", plain(mark.result.max_score))
    _property(properties, "status", mark.result.status)
    if mark.result.late is not None:
        _property(properties, "points.lateness", plain(-mark.result.late.points))
    for task, check in checks:
        if not withheld:
            _property(properties, f"points.{task.id}/{check.id}", plain(check.score))
        _property(properties, f"max_points.{task.id}/{check.id}", plain(check.max_score))
    for (task, check), kind in zip(checks, kinds, strict=True):
        suite.append(_case(task, check, kind))
    ET.SubElement(suite, "system-out").text = _text("\n".join([*mark.remarks, *mark.result.messages]))
    ET.SubElement(suite, "system-err")
    return suite


def _case(task: TaskResult, check: CheckResult, kind: str) -> ET.Element:
    case = ET.Element(
        "testcase", name=_text(check.title or check.id), classname=_text(f"{task.notebook}.{task.id}"), time="0"
    )
    words = one_each.words_of(check)
    if kind:
        first = next(iter(words.splitlines()), check.status)
        element = ET.SubElement(case, kind, message=_text(first), type=_text(check.diagnosis or check.status))
        element.text = _text(words)
        if kind == "skipped":
            element.attrib.clear()  # Ant's schema allows no reason
            element.text = None
    return case


def _kind(check: CheckResult) -> str:
    """The name of the element for a check's status; empty if it passed."""
    return {"passed": "", "error": "error", "not attempted": "skipped", "blocked": "skipped"}.get(
        check.status, "failure"
    )


def _property(properties: ET.Element, name: str, value: str) -> None:
    ET.SubElement(properties, "property", name=_text(name), value=_text(value))


def _text(text: str) -> str:
    """`text` without the characters that XML does not allow."""
    return NOT_XML.sub("\ufffd", text.encode("utf-8", "replace").decode("utf-8"))


FORMAT = Format(
    name="junit",
    summary="JUnit XML: a suite for each student, a case for each check, points as properties",
    output="junit.xml",
    write=write,
    totals=False,
)
