"""Whose marks differ between two results of a class, and why: for the eyes of whoever changed a check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, computed_field

from autograder.results import CheckResult, CheckStatus, Results, StudentResult


class State(BaseModel):
    """What a check said in one of the two results."""

    status: CheckStatus
    score: float
    max_score: float
    diagnosis: str | None = None
    message: str = ""


class CheckChange(BaseModel):
    """A check of one student that says something else; None where it is not there."""

    student: str
    task: str
    check: str
    old: State | None
    new: State | None
    overridden: bool = False
    """Whether a person's decision came, went or changed."""

    @property
    def place(self) -> str:
        return f"{self.task}/{self.check}"


class StudentChange(BaseModel):
    """One student whose result differs. `old` and `new` are scores; None where the mark is withheld."""

    student: str
    only_in: Literal["old", "new"] | None = None
    old: float | None = None
    new: float | None = None
    old_max: float | None = None
    new_max: float | None = None
    resubmitted: bool = False
    """Whether the two results are of different submissions."""
    reasons: list[str] = []
    """Sentences on what does not stand in a check: lateness, overrides, points of tasks."""
    checks: list[CheckChange] = []

    @computed_field  # type: ignore[prop-decorator]
    @property
    def moved(self) -> bool:
        """Whether the mark is another one; a mark that stands in one of the two alone counts as moved."""
        return self.only_in is not None or (self.old, self.old_max) != (self.new, self.new_max)


class Difference(BaseModel):
    """All that differs between two results of a class."""

    remarks: list[str] = []
    """What differs for the whole class: data set, course, assignment."""
    students: list[StudentChange] = []

    @property
    def moved(self) -> list[StudentChange]:
        return [one for one in self.students if one.moved]

    def by_check(self) -> dict[str, list[CheckChange]]:
        """The changed checks, each with its students, in the order of the tasks."""
        found: dict[str, list[CheckChange]] = {}
        for student in self.students:
            for change in student.checks:
                found.setdefault(change.place, []).append(change)
        return found


def difference(old: Results, new: Results) -> Difference:
    """What `new` says otherwise than `old`."""
    remarks = [
        f"{what}: {getattr(old, field)} before, {getattr(new, field)} now."
        for what, field in (("Course", "course"), ("Assignment", "assignment"), ("Data", "data"), ("Device", "device"))
        if getattr(old, field) != getattr(new, field)
    ]
    before = {one.student: one for one in old.students}
    after = {one.student: one for one in new.students}
    changes = []
    for name in sorted({*before, *after}):
        if name not in after:
            one = before[name]
            changes.append(StudentChange(student=name, only_in="old", old=one.score, old_max=one.max_score))
        elif name not in before:
            one = after[name]
            changes.append(StudentChange(student=name, only_in="new", new=one.score, new_max=one.max_score))
        else:
            change = _student_change(before[name], after[name])
            if change.moved or change.checks or change.reasons or change.resubmitted:
                changes.append(change)
    return Difference(remarks=remarks, students=changes)


def _student_change(old: StudentResult, new: StudentResult) -> StudentChange:
    return StudentChange(
        student=new.student,
        old=old.score,
        new=new.score,
        old_max=old.max_score,
        new_max=new.max_score,
        resubmitted=bool(old.submission and new.submission and old.submission != new.submission),
        reasons=list(_reasons(old, new)),
        checks=list(_check_changes(old, new)),
    )


def _check_changes(old: StudentResult, new: StudentResult) -> Iterator[CheckChange]:
    before = {(task.id, check.id): check for task, check in old.checks}
    after = {(task.id, check.id): check for task, check in new.checks}
    for task, check in dict.fromkeys([*after, *before]):
        first, second = before.get((task, check)), after.get((task, check))
        then, now = _state(first), _state(second)
        decided = (first.override if first else None) != (second.override if second else None)
        same = then is not None and now is not None and then.model_copy(update={"message": now.message}) == now
        if not same or decided:
            yield CheckChange(student=new.student, task=task, check=check, old=then, new=now, overridden=decided)


def _state(check: CheckResult | None) -> State | None:
    if check is None:
        return None
    return State.model_validate(check.model_dump(include=set(State.model_fields)))


def _reasons(old: StudentResult, new: StudentResult) -> Iterator[str]:
    if _lateness(old) != _lateness(new):
        yield f"Lateness: {_late(old)} before, {_late(new)} now."
    for task in new.tasks:
        before = next((one for one in old.tasks if one.id == task.id), None)
        if before is not None and before.extra != task.extra:
            yield f"{task.id} {'is' if task.extra else 'is no longer'} extra credit."
    decided = {(task.id, check.id): check.override for task, check in old.checks}
    for task, check in new.checks:
        if check.override == decided.get((task.id, check.id)):
            continue
        if check.override is None:
            yield f"{task.id}/{check.id} is no longer decided by hand."
        else:
            by = f" by {check.override.by}" if check.override.by else ""
            yield f"{task.id}/{check.id} is decided{by}: {check.override.reason}"


def _lateness(student: StudentResult) -> dict[str, object] | None:
    """All but the points, which follow from the checks."""
    return student.late.model_dump(exclude={"points"}) if student.late is not None else None


def _late(student: StudentResult) -> str:
    if student.late is None:
        return "not known to be late"
    days = f"{student.late.days} day{'' if student.late.days == 1 else 's'} late"
    return f"{days}, {student.late.points:g} points off ({student.late.percent:g} %)"
