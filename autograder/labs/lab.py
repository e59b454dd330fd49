"""What a run of checks stands on: the course, the lab, and where the right answers come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
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

        Where the course has several labs and none is named, it is the one whose name the current folder has, or one
        above it (`source/lab4`, `submitted/ada/lab4`). Raises `CourseError`.
        """
        packaged = KEYS / "course.yml"
        if course_file is None:
            for place in (packaged, find_course(), CHECKOUT / "course.yml"):
                if place is not None and place.is_file():
                    course_file = place
                    break
            else:
                raise CourseError("there is no course.yml here or above; run this in a course repository")
        course = read_course(course_file)
        if lab is None and len(course.assignments) > 1:
            here = Path.cwd().resolve()
            lab = next((one.name for one in (here, *here.parents) if one.name in course.assignments), None)
        name, assignment = course.assignment(lab)
        reference = course_file.parent / "reference" / name
        return cls(course_file, course.course, name, assignment, reference if reference.is_dir() else None)

    @property
    def release(self) -> Path | None:
        """What students were given; None where there is none."""
        folder = self.course_file.parent / "release" / self.lab
        return folder if folder.is_dir() else None

    def oracle(self, seed: int) -> Oracle:
        """The live reference with `seed`, or the answer key of a student's package (which has its own seed)."""
        if has_key(self.lab):
            return KeyOracle(self.lab)
        return self.live_oracle(seed)

    def live_oracle(self, seed: int, named: bool = True) -> LiveOracle:
        """The reference itself, which knows mistakes by name if `named`; raises `OracleError` where there is none."""
        if self.reference is None:
            raise OracleError(f"there is no reference for {self.lab} beside {self.course_file}")
        if not named:
            return LiveOracle(self.lab, self.reference, seed)
        notebooks = {task.id: task.notebook for task in self.assignment.tasks}
        # In a folder for all that decides the answers: those of older code, references and mistakes are not read.
        kept = self.course_file.parent / "build" / "known-mistakes" / self.lab / _digest(self.lab, self.reference)
        return LiveOracle(self.lab, self.reference, seed, notebooks, kept)


def _digest(lab: str, reference: Path) -> str:
    """Of all that decides what a lab's known mistakes answer."""
    package = Path(__file__).resolve().parents[1]
    whole = hashlib.sha256()
    for library in ("torch", "torchbearer", "numpy", "matplotlib", "pillow"):
        whole.update(f"{library} {version(library)}\n".encode())
    folders = (package / "judge", package / "sandbox", package / "labs" / lab)
    files = [path for folder in folders for kind in ("*.py", "*.yml") for path in folder.rglob(kind)]
    files += [package / "drawing.py", package / "labs" / "asking.py", package / "labs" / "questions.py"]
    for path in sorted([*files, *reference.glob("*.py")]):
        whole.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()[:16]
