"""What the page of a class shows beyond the list of its students: spread, pass rates, common mistakes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import mean, median

from autograder.results import CheckResult, Results, StudentResult, TaskResult

BINS = 10


@dataclass(frozen=True)
class Spread:
    """The marks of the students who have one, in percent of what they could reach."""

    counts: list[int]
    """Students in each tenth; 100 % belongs to the last."""
    mean: float | None
    median: float | None


@dataclass
class CheckRate:
    """How one check went over the class. Grader's errors say nothing about students and are left out."""

    task: TaskResult
    check: CheckResult
    states: Counter[str] = field(default_factory=Counter)

    @property
    def judged(self) -> int:
        return sum(count for state, count in self.states.items() if state != "error")

    def percent(self, state: str) -> float:
        """The share of judged submissions in this state, 0 to 100."""
        return 100 * self.states[state] / self.judged if self.judged else 0.0


@dataclass
class Diagnosis:
    """A mistake that was recognised, and whose it was."""

    id: str
    checks: list[str] = field(default_factory=list)
    students: list[StudentResult] = field(default_factory=list)


@dataclass(frozen=True)
class GraderError:
    """A check that failed through no fault of the student."""

    student: StudentResult
    task: TaskResult
    check: CheckResult


def spread(results: Results) -> Spread:
    """Histogram, mean and median of the marks; withheld ones are not among them."""
    percents = [
        100 * student.score / student.max_score
        for student in results.students
        if student.score is not None and student.max_score > 0
    ]
    counts = [0] * BINS
    for percent in percents:
        counts[min(int(percent * BINS / 100), BINS - 1)] += 1
    if not percents:
        return Spread(counts, None, None)
    return Spread(counts, mean(percents), median(percents))


def check_rates(results: Results) -> list[CheckRate]:
    """Each check of the class in the order of the tasks."""
    rates: dict[tuple[str, str], CheckRate] = {}
    for student in results.students:
        for task, check in student.checks:
            rate = rates.setdefault((task.id, check.id), CheckRate(task, check))
            rate.states[check.status] += 1
    return list(rates.values())


def common_diagnoses(results: Results) -> list[Diagnosis]:
    """The mistakes that were recognised, the commonest first; a student counts once for each."""
    found: dict[str, Diagnosis] = {}
    for student in results.students:
        for task, check in student.checks:
            if not check.diagnosis:
                continue
            diagnosis = found.setdefault(check.diagnosis, Diagnosis(check.diagnosis))
            where = f"{task.id} / {check.id}"
            if where not in diagnosis.checks:
                diagnosis.checks.append(where)
            if student not in diagnosis.students[-1:]:
                diagnosis.students.append(student)
    return sorted(found.values(), key=lambda each: (-len(each.students), each.id))


def grader_errors(results: Results) -> list[GraderError]:
    """Every check that ended in a grader's error, by student."""
    return [
        GraderError(student, task, check)
        for student in results.students
        for task, check in student.checks
        if check.status == "error"
    ]
