"""Marks one submission: the work of one process of the pool."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from autograder.candidate.process import Candidate, Nursery
from autograder.checks.examination import Examination
from autograder.checks.run import run_checks
from autograder.checks.setting import Setting
from autograder.judge.oracle import Oracle
from autograder.results import CheckResult, OwnDigit, StudentResult, TaskResult, settle
from autograder.submission.collect import Submission


@dataclass(frozen=True)
class Order:
    """What the whole class has in common."""

    course_file: Path
    lab: str
    data: str
    device: str
    seed: int
    threads: int
    hidden: bool = True


class Desk:
    """One examiner: holds the reference, the hidden images and a nursery, and marks submissions one by one."""

    def __init__(self, order: Order) -> None:
        import torch

        torch.set_num_threads(order.threads)
        self.order = order
        self.setting = Setting.find(order.lab, order.course_file)
        self.nursery = Nursery()
        self.oracle: Oracle = self.setting.oracle(order.seed)

    def close(self) -> None:
        """Ends the nursery."""
        self.nursery.close()

    def mark(self, submission: Submission, name: str) -> tuple[StudentResult, dict[str, bytes]]:
        """The result of one student and their pictures by file name; `name` is the folder that those go to.

        Never raises for what a student did. A failure of the grader withholds the mark.
        """
        assignment = self.setting.assignment

        def candidate() -> Candidate:
            return Candidate(
                self.nursery,
                submission.folder,
                self.setting.lab,
                assignment.limits,
                self.order.device,
                self.order.threads,
            )

        messages = list(submission.problems)
        with candidate() as respondent:
            examination = Examination(
                lab=self.setting.lab,
                assignment=assignment,
                respondent=respondent,
                restart=candidate,
                folder=submission.folder,
                oracle=self.oracle,
                data=self.order.data,
                device=self.order.device,
                hidden_seed=self.order.seed,
            )
            try:
                messages += _described(respondent)
                run_checks(examination, hidden=self.order.hidden)
            except Exception as error:
                traceback.print_exc()
                messages.append(f"The grader failed: {type(error).__name__}: {error}")
                return self._withheld(submission.student, messages), {}
            messages += respondent.notes
        tasks = examination.task_results()
        _point_to(tasks, examination.digits, name)
        status, score = settle(tasks)
        result = StudentResult(
            student=submission.student,
            status=status,
            score=score,
            max_score=sum(task.max_score for task in tasks),
            tasks=tasks,
            messages=messages,
            digits=examination.digits,
        )
        return result, {f"{key}.png": picture for key, picture in examination.pictures.items()}

    def _withheld(self, student: str, messages: list[str]) -> StudentResult:
        return withheld(self.setting, student, messages)


def withheld(setting: Setting, student: str, messages: list[str]) -> StudentResult:
    """The result of a student whose work could not be marked through no fault of theirs."""
    assignment = setting.assignment
    return StudentResult(
        student=student,
        status="withheld",
        score=None,
        max_score=assignment.points,
        tasks=[
            TaskResult(
                id=task.id,
                title=task.title,
                notebook=task.notebook,
                score=0,
                max_score=task.points,
                checks=[
                    CheckResult(
                        id=name,
                        status="error",
                        score=0,
                        max_score=points,
                        public=True,
                        message=messages[-1] if messages else "",
                    )
                    for name, points in task.checks.items()
                ],
            )
            for task in assignment.tasks
        ],
        messages=messages,
    )


def _described(respondent: Candidate) -> list[str]:
    from autograder.candidate.process import StudentError

    try:
        return respondent.describe()
    except StudentError as error:
        return [f"The submission's files cannot be read: {error.message}"]


def _point_to(tasks: list[TaskResult], digits: list[OwnDigit], folder: str) -> None:
    for task in tasks:
        for check in task.checks:
            check.pictures = [f"{folder}/{key}.png" for key in check.pictures]
    for digit in digits:
        if digit.picture:
            digit.picture = f"{folder}/{digit.picture}.png"


_desk: Desk | None = None


def open_desk(order: Order) -> None:
    """Opens this process's desk (the pool's initializer)."""
    global _desk
    _desk = Desk(order)


def mark_at_desk(submission: Submission, name: str) -> tuple[str, dict[str, bytes]]:
    """Marks at this process's desk; the result as JSON."""
    assert _desk is not None
    result, pictures = _desk.mark(submission, name)
    return result.model_dump_json(), pictures
