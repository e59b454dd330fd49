"""Exports for Gradescope: a `results.json` for each submission, as its autograders write it.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autograder.export import one_each
from autograder.export.formats import Exported, Format, Request
from autograder.export.marks import Mark, plain
from autograder.export.table import number_cell

PASSED, FAILED = "passed", "failed"


def write(request: Request) -> Exported:
    """Writes `OUTPUT/<student>/results.json`; `<student>` is `submission_123` where that is its name at Gradescope.

    A submission has one result there. If those who handed it in together do not have the same mark, it gets none.
    """
    done = Exported([], 0, [(mark.student, mark.missing) for mark in request.marks if mark.automatic is None])
    together: dict[Path, list[Mark]] = {}
    for mark, path in one_each.places(request, "results.json"):
        known = mark.person.get("submission", "")
        if re.fullmatch(r"submission_\d+", known) and path != request.path:
            path = request.path / known / path.name
        together.setdefault(path, []).append(mark)
    for path, marks in together.items():
        members = _members(request, marks)
        if _alike(members):
            done.files.append(one_each.write_json(path, as_results(*members)))
            done.count += len(marks)
        else:
            path.unlink(missing_ok=True)  # what an earlier export gave to all of them
            done.left_out += [(mark.student, _by_hand(members)) for mark in marks]
    return done


def as_results(mark: Mark, *others: Mark) -> dict[str, Any]:
    """The `results.json` of a student, or of several who handed in together and have the same marks.

    Hidden checks are shown when the grades are published. All texts are plain text, which Gradescope escapes. What is
    said of one of several alone is not in it. Raises ValueError for a withheld mark.
    """
    if mark.automatic is None:
        raise ValueError(f"the mark of {mark.student} is withheld")
    facts = [_facts(each) for each in (mark, *others)]
    shared = [fact for fact in facts[0] if all(fact in each for each in facts)]
    return {
        "score": number_cell(mark.automatic),
        "output": "\n".join([f"{plain(mark.automatic)} of {plain(mark.result.max_score)} points.", *shared]),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "student": ", ".join(each.student for each in (mark, *others)),
            "max_score": number_cell(mark.result.max_score),
        },
        "tests": _tests(mark),
    }


def _members(request: Request, marks: list[Mark]) -> list[Mark]:
    """These students of one submission, and those who handed it in with them and are not exported now."""
    name = marks[0].person.get("submission")
    known = {mark.student for mark in marks}
    others = [each for each in request.results.students if name and each.person.get("submission") == name]
    return marks + [Mark(each, dict(each.person)) for each in others if each.student not in known]


def _alike(members: list[Mark]) -> bool:
    """Whether all of them have the same mark, for the same reasons."""
    first, *others = members
    return all((each.automatic, _tests(each)) == (first.automatic, _tests(first)) for each in others)


def _by_hand(members: list[Mark]) -> str:
    """Why one result cannot be right for all of them."""
    marks = "; ".join(
        f"{mark.name} {mark.status if mark.automatic is None else plain(mark.automatic)}" for mark in members
    )
    place = members[0].person["submission"]
    return (
        f"{place} has one result for all who handed it in, and their marks, or the checks behind them, differ"
        f" ({marks}): enter them by hand at Gradescope, or make the same decision for all with `autograder override`"
    )


def _facts(mark: Mark) -> list[str]:
    return [*mark.remarks, *mark.result.messages]


def _tests(mark: Mark) -> list[dict[str, Any]]:
    return [
        {
            "name": one_each.name_of(task, check),
            "number": f"{number}.{place}",
            "score": number_cell(check.score),
            "max_score": number_cell(0 if task.extra else check.max_score),
            "status": PASSED if check.status == "passed" else FAILED,
            "output": one_each.words_of(check) or ("Passed." if check.status == "passed" else check.status),
            "output_format": "text",
            "name_format": "text",
            "tags": [task.id, check.id, *([check.diagnosis] if check.diagnosis else [])],
            "visibility": "visible" if check.public else "after_published",
        }
        for number, task in enumerate(mark.result.tasks, start=1)
        for place, check in enumerate(task.checks, start=1)
    ]


FORMAT = Format(
    name="gradescope",
    summary="a results.json for each submission; hidden checks are visible when the grades are published",
    output="gradescope",
    write=write,
    totals=False,
)
