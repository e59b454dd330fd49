"""Compares two results of a class: whose marks differ, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, computed_field

from autograder.results import CheckResult, CheckStatus, Results, StudentResult
from autograder.submission.names import spelt_as


class CheckOutcome(BaseModel):
    """What a check found in one of the two results."""

    status: CheckStatus
    score: float
    max_score: float
    diagnosis: str | None = None
    message: str = ""


class CheckChange(BaseModel):
    """A student's check whose outcome differs. `old` or `new` is None if the result does not have the check."""

    student: str
    task: str
    check: str
    old: CheckOutcome | None
    new: CheckOutcome | None
    overridden: bool = False
    """Whether a person's decision was made, removed or changed."""

    @property
    def place(self) -> str:
        return f"{self.task}/{self.check}"


class StudentChange(BaseModel):
    """A student whose result differs. `old` and `new` are scores; None if there is no mark."""

    student: str
    only_in: Literal["old", "new"] | None = None
    old: float | None = None
    new: float | None = None
    old_max: float | None = None
    new_max: float | None = None
    old_unread: bool = False
    """Whether there is no mark because the work did not come through; otherwise it is withheld."""
    new_unread: bool = False
    resubmitted: bool = False
    """Whether something else was handed in."""
    reasons: list[str] = []
    """Sentences on what differs besides checks: lateness, overrides, extra credit."""
    checks: list[CheckChange] = []

    @computed_field  # type: ignore[prop-decorator]
    @property
    def moved(self) -> bool:
        """Whether the mark differs. A student who is in only one of the results counts as moved."""
        return self.only_in is not None or (self.old, self.old_max) != (self.new, self.new_max)


class Difference(BaseModel):
    """Everything that differs between two results of a class."""

    remarks: list[str] = []
    """What differs for the whole class: course, assignment, data set, device."""
    students: list[StudentChange] = []

    @property
    def moved(self) -> list[StudentChange]:
        return [student for student in self.students if student.moved]

    def by_check(self) -> dict[str, list[CheckChange]]:
        """The changes by check."""
        found: dict[str, list[CheckChange]] = {}
        for student in self.students:
            for change in student.checks:
                found.setdefault(change.place, []).append(change)
        return found


def difference(old: Results, new: Results) -> Difference:
    """What differs in `new` from `old`."""
    remarks = [
        f"{what}: {getattr(old, field)} before, {getattr(new, field)} now."
        for what, field in (("Course", "course"), ("Assignment", "assignment"), ("Data", "data"), ("Device", "device"))
        if getattr(old, field) != getattr(new, field)
    ]
    after = {student.student: student for student in new.students}
    names = spelt_as([student.student for student in old.students], after)
    before = {names.get(student.student, student.student): student for student in old.students}
    changes = []
    for name in sorted({*before, *after}):
        if name not in after:
            gone = before[name]
            changes.append(StudentChange(student=name, only_in="old", **_mark("old", gone)))
        elif name not in before:
            added = after[name]
            changes.append(StudentChange(student=name, only_in="new", **_mark("new", added)))
        else:
            change = _student_change(before[name], after[name])
            if change.moved or change.checks or change.reasons or change.resubmitted:
                changes.append(change)
    return Difference(remarks=remarks, students=changes)


def _mark(when: str, student: StudentResult) -> dict[str, Any]:
    """A student's mark before (`old`) or now (`new`)."""
    score = None if student.no_mark_yet else student.score
    return {when: score, f"{when}_max": student.max_score, f"{when}_unread": student.no_mark_yet}


def _student_change(old: StudentResult, new: StudentResult) -> StudentChange:
    return StudentChange(
        student=new.student,
        **_mark("old", old),
        **_mark("new", new),
        resubmitted=bool(old.submission and new.submission and old.submission != new.submission),
        reasons=list(_reasons(old, new)),
        checks=list(_check_changes(old, new)),
    )


def _check_changes(old: StudentResult, new: StudentResult) -> Iterator[CheckChange]:
    before = {(task.id, check.id): check for task, check in old.checks}
    after = {(task.id, check.id): check for task, check in new.checks}
    for task, check in dict.fromkeys([*after, *before]):
        first, second = before.get((task, check)), after.get((task, check))
        then, now = _outcome(first), _outcome(second)
        decided = (first.override if first else None) != (second.override if second else None)
        same = then is not None and now is not None and then.model_copy(update={"message": now.message}) == now
        if not same or decided:
            yield CheckChange(student=new.student, task=task, check=check, old=then, new=now, overridden=decided)


def _outcome(check: CheckResult | None) -> CheckOutcome | None:
    if check is None:
        return None
    return CheckOutcome.model_validate(check.model_dump(include=set(CheckOutcome.model_fields)))


def _reasons(old: StudentResult, new: StudentResult) -> Iterator[str]:
    if old.extension != new.extension:
        yield f"Extension: {_extension(old)} before, {_extension(new)} now."
    if _lateness(old) != _lateness(new) and _late(old) != _late(new):
        yield f"Lateness: {_late(old)} before, {_late(new)} now."
    for task in new.tasks:
        before = next((earlier for earlier in old.tasks if earlier.id == task.id), None)
        if before is not None and before.extra != task.extra:
            yield f"{task.id} {'is' if task.extra else 'is no longer'} extra credit."
    decided = {(task.id, check.id): check.override for task, check in old.checks}
    for task, check in new.checks:
        if check.override == decided.get((task.id, check.id)):
            continue
        if check.override is None:
            yield f"{task.id}/{check.id}: the decision by hand was removed."
        else:
            by = f" by {check.override.by}" if check.override.by else ""
            yield f"{task.id}/{check.id} was decided{by}: {check.override.reason}"


def _lateness(student: StudentResult) -> dict[str, object] | None:
    """Everything about the lateness but the points, which follow from the checks."""
    return student.late.model_dump(exclude={"points"}) if student.late is not None else None


def _extension(student: StudentResult) -> str:
    given = student.extension
    if given is None:
        return "none"
    return f"until {given.deadline}" + (f" ({given.reason})" if given.reason else "")


def _late(student: StudentResult) -> str:
    if student.late is None:
        return "none"
    if not student.late.days:
        return "within the grace period"
    days = f"{student.late.days} day{'' if student.late.days == 1 else 's'} late"
    return f"{days}, {student.late.points:g} points off ({student.late.percent:g} %)"
