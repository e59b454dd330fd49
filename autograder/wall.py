"""A wall between students: whatever goes wrong with one student's work withholds that mark, and no other.

Each step that is done student by student stands `around` the student's name; each step for all of them together goes
through `whole`, which finds out on whom it fails.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from autograder.results import CheckResult, StudentResult, TaskResult
from autograder.storage import storable

T = TypeVar("T")


@dataclass
class Wall:
    """On whom the grader has failed, and how. Errors in `passed` are the marker's to mend, and end the run."""

    passed: tuple[type[Exception], ...] = ()
    failures: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def around(self, student: str, step: str) -> Iterator[None]:
        """Keeps any exception within; the traceback goes to stderr."""
        try:
            yield
        except self.passed:
            raise
        except Exception as error:
            traceback.print_exc()
            self.fail(student, step, error)

    def fail(self, student: str, step: str, error: object) -> None:
        """Notes a failure; the first one of a student counts."""
        words = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error)
        self.failures.setdefault(student, storable(f"The grader failed while {step}: {words}"[:2000]))

    def whole(self, step: str, results: Iterable[StudentResult], do: Callable[[list[StudentResult]], T]) -> T:
        """What `do` gives for all results, with those withheld for whom it fails.

        These are found by doing it for each alone, and failing that, for all but one.
        """
        results = self.settled(results)
        try:
            return do(results)
        except self.passed:
            raise
        except Exception as error:
            before = set(self.failures)
            for result in results:
                with self.around(result.student, step):
                    do([result])
            if before == set(self.failures) and not _works(do, results):
                for place, result in enumerate(results):
                    if _works(do, [*results[:place], *results[place + 1 :]]):
                        self.fail(result.student, step, error)
                        break
                else:
                    raise
            return do(self.settled(results))

    def settled(self, results: Iterable[StudentResult]) -> list[StudentResult]:
        """The results; on whom the grader has failed has a withheld one."""
        return [
            failed(result, self.failures[result.student]) if result.student in self.failures else result
            for result in results
        ]


def failed(result: StudentResult, message: str) -> StudentResult:
    """A result of which nothing is left but that the grader failed."""
    return StudentResult(
        student=result.student,
        status="withheld",
        score=None,
        max_score=result.max_score,
        tasks=[_failed_task(task, message) for task in result.tasks],
        messages=[message],
        submission=result.submission,
    )


def _failed_task(task: TaskResult, message: str) -> TaskResult:
    checks = [
        CheckResult(
            id=check.id, status="error", score=0, max_score=check.max_score, public=check.public, message=message
        )
        for check in task.checks
    ]
    return TaskResult(
        id=task.id,
        title=task.title,
        notebook=task.notebook,
        score=0,
        max_score=task.max_score,
        checks=checks,
        extra=task.extra,
    )


def _works(do: Callable[[list[StudentResult]], object], results: Sequence[StudentResult]) -> bool:
    try:
        do(list(results))
    except Exception:
        return False
    return True
