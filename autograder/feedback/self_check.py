"""Runs the public checks on a folder, as its notebooks were last saved, for the student's own eyes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.results import CheckResult, TaskResult, most


@dataclass
class SelfCheck:
    """What the public checks found in a folder."""

    folder: Path
    course: str
    assignment: str
    title: str
    tasks: Sequence[TaskResult]
    problems: list[str] = field(default_factory=list)
    """What is true of the files as a whole: a cell that does not parse, a name that is defined twice."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """The student's figures as PNG, by the names in their checks' `pictures`."""
    definitions: dict[str, list[str]] = field(default_factory=dict)
    """The names that each task asks for."""

    @property
    def score(self) -> float:
        return round(sum(task.score for task in self.tasks), 2)

    @property
    def max_score(self) -> float:
        return most(self.tasks)

    @property
    def errors(self) -> list[tuple[TaskResult, CheckResult]]:
        """The grader's own errors, which are not the student's fault."""
        return [(task, check) for task in self.tasks for check in task.checks if check.status == "error"]

    @property
    def all_passed(self) -> bool:
        """Whether every public check passes, not counting those for extra credit."""
        return all(check.status == "passed" for task in self.tasks if not task.extra for check in task.checks)

    def to_json(self) -> str:
        """Everything as JSON: tasks and checks have the fields that `results.json` gives them."""
        found = {
            "schema": 1,
            "course": self.course,
            "assignment": self.assignment,
            "title": self.title,
            "score": self.score,
            "max_score": self.max_score,
            "problems": self.problems,
            "tasks": [task.model_dump(mode="json") for task in self.tasks],
        }
        text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        return text.encode("utf-8", "backslashreplace").decode()


def run_self_check(
    folder: Path, device: str = "cpu", assignment: str | None = None, tell: Callable[[str], object] | None = None
) -> SelfCheck:
    """Checks `folder`; `tell` is called with each task's title. Raises `SubmissionError` if there is no such folder."""
    from autograder.judge.oracle import KEY_SEED
    from autograder.labs.lab import open_lab
    from autograder.sandbox.own_machine import student_process
    from autograder.submission.collect import single_submission

    lab = open_lab(assignment)
    with tempfile.TemporaryDirectory(prefix="autograder-") as staging:
        submission = single_submission(
            folder, lab.name, Path(staging), lab.assignment.limits, lab.assignment.notebooks, lab.release
        )
        names = {name for task in lab.assignment.tasks for name in task.definitions}
        with student_process(submission.folder, names, lab.assignment.limits, device) as process:
            # Only now, while the other process imports what notebooks do: these have no part in what is forked.
            from autograder.labs.context import Context
            from autograder.labs.respondents import Respondents
            from autograder.labs.run import run_checks

            oracle = lab.oracle(KEY_SEED)
            problems = submission.problems + process.describe().problems
            context = Context(lab, submission.folder, oracle, device=device)
            findings = run_checks(context, Respondents(lab, process), hidden=False, tell=tell)
            problems += process.notes
    return SelfCheck(
        folder=folder,
        course=lab.course,
        assignment=lab.name,
        title=lab.assignment.title,
        tasks=findings.task_results(lab.assignment),
        problems=problems,
        pictures=findings.pictures,
        definitions={task.id: task.definitions for task in lab.assignment.tasks},
    )
