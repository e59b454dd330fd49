"""A class of made-up results of this course's lab, and `autograder export` run on it, for the tests of exports."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import typer
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli.export import register
from autograder.course import Assignment, read_course
from autograder.labs.lab import open_lab
from autograder.results import CheckResult, Lateness, Override, Results, StudentResult, TaskResult
from tests.conftest import ROOT

LAB = "lab4"
FIXTURES = ROOT / "tests" / "fixtures" / "export"
Lost = Mapping[str, float]
"""Points lost, by `task/check`."""


def student(
    name: str,
    lost: Lost | None = None,
    *,
    withheld: bool = False,
    late: float = 0,
    extra: float | None = None,
    message: str = "",
    override: str = "",
) -> StudentResult:
    """A student of this course. `late` points are taken off; `extra` are points of 10 in a task that is extra credit;
    `override` is a check, as `task/check`, that a marker gave full points for."""
    assignment, public = _lab()
    tasks = []
    for task in assignment.tasks:
        checks = []
        for check, most in task.checks.items():
            place = f"{task.id}/{check}"
            score = most - (lost or {}).get(place, 0)
            status = "passed" if score == most else "failed" if score == 0 else "partial"
            decided = Override(reason="It is right.", by="Grace", found_score=0, found_status="failed")
            checks.append(
                CheckResult(
                    id=check,
                    status="error" if withheld else status,
                    score=0 if withheld else score,
                    max_score=most,
                    public=public[task.id, check],
                    title=f"The check {check} of {task.id}.",
                    message=message if score < most else "",
                    override=decided if place == override else None,
                )
            )
        score = sum(check.score for check in checks)
        tasks.append(
            TaskResult(
                id=task.id,
                title=task.title,
                notebook=task.notebook,
                score=score,
                max_score=task.points,
                checks=checks,
            )
        )
    if extra is not None:
        bonus = CheckResult(id="bonus", status="partial", score=extra, max_score=10, public=False)
        tasks.append(TaskResult(id="bonus", title="More", score=extra, max_score=10, checks=[bonus], extra=True))
    earned = sum(task.score for task in tasks)
    lateness = Lateness(
        submitted="2027-01-31T10:00:00+00:00",
        deadline="2027-01-29T23:59:00+00:00",
        days=2,
        percent=round(100 * late / earned, 2) if earned else 0,
        points=late,
    )
    return StudentResult(
        student=name,
        status="withheld" if withheld else "marked",
        score=None if withheld else earned - late,
        max_score=assignment.points,
        tasks=tasks,
        late=lateness if late else None,
    )


@cache
def _lab() -> tuple[Assignment, dict[tuple[str, str], bool]]:
    public = {(check.task, check.id): check.public for check in open_lab(LAB).checks}
    return read_course(ROOT / "course.yml").assignments[LAB], public


def marks_folder(folder: Path, students: Iterable[StudentResult]) -> Path:
    """A MARKS folder with the results of `students`."""
    results = Results(
        course="Deep learning",
        assignment=LAB,
        data="digits",
        sandbox="namespaces",
        device="cpu",
        students=list(students),
    )
    results.write(folder / "results.json")
    return folder


def export(*arguments: str | Path | float) -> Result:
    """Runs `autograder export` in this process."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    register(app)
    columns = os.environ.get("EXPORT_COLUMNS", "2000")
    done = CliRunner(env={"COLUMNS": columns}).invoke(app, ["export", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
