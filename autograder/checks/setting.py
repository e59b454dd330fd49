"""What a run of checks stands on: the course, the lab, and where the right answers come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.course import Assignment, CourseError, find_course, read_course
from autograder.judge.oracle import KEYS, KeyOracle, LiveOracle, Oracle, OracleError, has_key

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Setting:
    """The course file in force, one of its labs, and that lab's reference (None in a student's package)."""

    course_file: Path
    course: str
    lab: str
    assignment: Assignment
    reference: Path | None

    @classmethod
    def find(cls, lab: str | None = None, course_file: Path | None = None) -> Setting:
        """The setting of `lab`: from the given course file, the student's package, the checkout, or the folder above.

        Raises `CourseError`.
        """
        packaged = KEYS / "course.yml"
        if course_file is None:
            for candidate in (packaged, find_course(), CHECKOUT / "course.yml"):
                if candidate is not None and candidate.is_file():
                    course_file = candidate
                    break
            else:
                raise CourseError("there is no course.yml here or above; run this in a course repository")
        course = read_course(course_file)
        name, assignment = course.assignment(lab)
        reference = course_file.parent / "reference" / name
        return cls(course_file, course.course, name, assignment, reference if reference.is_dir() else None)

    def oracle(self, seed: int) -> Oracle:
        """The live reference with `seed`, or the answer key of a student's package (which has its own seed)."""
        if has_key(self.lab):
            return KeyOracle(self.lab)
        return self.live_oracle(seed)

    def live_oracle(self, seed: int) -> LiveOracle:
        """The reference itself; raises `OracleError` where there is none."""
        if self.reference is None:
            raise OracleError(f"there is no reference for {self.lab} beside {self.course_file}")
        notebooks = {task.id: task.notebook for task in self.assignment.tasks}
        return LiveOracle(self.lab, self.reference, seed, notebooks)
