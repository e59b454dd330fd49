"""What the class page shows beyond the list of students: spread, pass rates, common mistakes, decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import mean, median

from autograder.results import AGAIN, BEFORE_THEY_COUNT, UNTIMED, CheckResult, Results, StudentResult, TaskResult

BINS = 10


@dataclass(frozen=True)
class Spread:
    """The marks of the students who have one, in percent of what they could reach."""

    counts: list[int]
    """Students in each tenth; 100 % and more belong to the last."""
    mean: float | None
    median: float | None


@dataclass
class CheckRate:
    """How one check went over the class. Grader errors say nothing about students and are left out."""

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
    """A mistake that was recognised, whose it was, and what the bank says of it."""

    id: str
    checks: list[str] = field(default_factory=list)
    students: list[StudentResult] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StudentCheck:
    """A check of one student's."""

    student: StudentResult
    task: TaskResult
    check: CheckResult


@dataclass
class Row:
    """A student's line in the table: what it is sorted and filtered by."""

    student: StudentResult
    states: Counter[str]
    kinds: list[str]
    """Those of this student, of what the class page can filter by: `withheld`, `unread`, `flagged`, `late`, …"""
    decisions: int
    extra: float
    """Points of extra credit that this student earned."""
    mistakes: list[int] = field(default_factory=list)
    """Indices into the list of diagnoses."""


def rows(results: Results, diagnoses: list[Diagnosis]) -> list[Row]:
    """The class, student by student."""
    found: dict[str, Row] = {}
    for student in results.students:
        decisions = sum(check.override is not None for _, check in student.checks)
        extra = sum(task.score for task in student.tasks if task.extra)
        states = Counter[str](check.status for _, check in student.checks)
        true = {
            "withheld": student.status == "withheld",
            "unread": student.no_mark_yet,
            "again": bool(student.ask_again),
            "unjudged": bool(student.unjudged),
            "flagged": any(not flag.startswith(UNTIMED) for flag in student.flags),
            "untimed": any(flag.startswith(UNTIMED) for flag in student.flags),
            "late": student.late is not None and bool(student.late.days),
            "extended": student.extension is not None,
            "decided": bool(decisions),
            "extra": bool(extra),
            "remarked": bool(student.messages),
        }
        kinds = [kind for kind, so in true.items() if so]
        found[student.student] = Row(student, states, kinds, decisions, extra)
    for place, diagnosis in enumerate(diagnoses):
        for student in diagnosis.students:
            found[student.student].mistakes.append(place)
    return list(found.values())


def spread(results: Results) -> Spread:
    """Histogram, mean and median of the marks; those that are withheld or not there yet are left out."""
    percents = [
        100 * student.score / student.max_score
        for student in results.students
        if student.score is not None and not student.no_mark_yet and student.max_score > 0
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


def common_diagnoses(results: Results, sentence: Callable[[str, str], str]) -> list[Diagnosis]:
    """The mistakes that were recognised, the commonest first; a student counts once for each.

    Where a person gave full points for the check all the same, it was none. `sentence` says, of a task and a
    diagnosis, what the bank says.
    """
    found: dict[str, Diagnosis] = {}
    for student in results.students:
        for task, check in student.checks:
            if not check.diagnosis or forgiven(check):
                continue
            diagnosis = found.setdefault(check.diagnosis, Diagnosis(check.diagnosis))
            where = f"{task.id} / {check.id}"
            if where not in diagnosis.checks:
                diagnosis.checks.append(where)
                said = sentence(task.id, check.diagnosis)
                if said and said not in diagnosis.sentences:
                    diagnosis.sentences.append(said)
            if student not in diagnosis.students[-1:]:
                diagnosis.students.append(student)
    return sorted(found.values(), key=lambda each: (-len(each.students), each.id))


def flags(results: Results) -> list[tuple[str, list[StudentResult]]]:
    """Each flag once, with everybody who has it: first what may not cost points yet, unknown times last."""
    found: dict[str, dict[str, StudentResult]] = {}
    for student in results.students:
        for flag in student.flags:
            found.setdefault(flag, {})[student.student] = student
    ordered = sorted(
        found, key=lambda flag: (AGAIN not in flag and BEFORE_THEY_COUNT not in flag, flag.startswith(UNTIMED))
    )
    return [(flag, list(found[flag].values())) for flag in ordered]


def forgiven(check: CheckResult) -> bool:
    """Whether a person gave full points for what the grader had found fault with."""
    return check.override is not None and check.score == check.max_score


def grader_errors(results: Results) -> list[StudentCheck]:
    """Every check on which the grader failed, by student."""
    return [each for each in _all_checks(results) if each.check.status == "error"]


def overridden_checks(results: Results) -> list[StudentCheck]:
    """Every check that a person has decided on, by student."""
    return [each for each in _all_checks(results) if each.check.override is not None]


def _all_checks(results: Results) -> Iterator[StudentCheck]:
    return (StudentCheck(student, task, check) for student in results.students for task, check in student.checks)
