"""One lab as an object, opened once and handed down: its tasks, checks, questions, procedures, answers and mistakes.

The only place where a lab's name becomes a module.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from autograder import manifest
from autograder.course import Assignment, CourseError, find_course, read_course
from autograder.judge.bank import Bank
from autograder.judge.oracle import KEYS, KeyOracle, LiveOracle, Oracle, OracleError, ReferenceQuestion
from autograder.labs.catalogue import Check, agree

CHECKOUT = Path(__file__).resolve().parents[2]
LABS = Path(__file__).parent


@dataclass(frozen=True)
class Lab:
    """A lab of the course file: its assignment, and everything that its folder `autograder/labs/<name>` holds."""

    course: str
    course_file: Path
    name: str
    assignment: Assignment
    reference: Path | None
    """The reference solutions; None in a student's package."""

    def __reduce__(self) -> tuple[Callable[..., Lab], tuple[str, Path]]:
        return open_lab, (self.name, self.course_file)  # another process opens it anew

    @property
    def folder(self) -> Path:
        """Where its checks stand."""
        return LABS / self.name

    @property
    def release(self) -> Path | None:
        """What students were given; None where there is none."""
        folder = self.course_file.parent / "release" / self.name
        return folder if folder.is_dir() else None

    @cached_property
    def checks(self) -> list[Check]:
        """Its checks, to each of which `course.yml` gives points; raises `CourseError` where the two disagree."""
        return agree(self.folder, self.name, self.assignment, self.course_file)

    @cached_property
    def mistakes(self) -> Bank:
        """Its known mistakes, by task and id; a page that cannot be read raises `BankError` when it is asked for."""
        return Bank(self.folder / "mistakes")

    @cached_property
    def notebooks(self) -> dict[str, str]:
        """The notebook that each definition of the lab belongs to."""
        return {name: task.notebook for task in self.assignment.tasks for name in task.definitions}

    @cached_property
    def questions(self) -> Mapping[str, ReferenceQuestion]:
        """What an oracle can be asked: all that the check files list under `ASKED`. Not in a students' package."""
        return Questions([f"{__package__}.{self.name}.{path.stem}" for path in sorted(self.folder.glob("test_*.py"))])

    def oracle(self, seed: int) -> Oracle:
        """The live reference with `seed`, or the answer key of a student's package (which has its own seed)."""
        if (KEYS / f"{self.name}.json").is_file():
            return KeyOracle(self.name)
        return self.live_oracle(seed)

    def live_oracle(self, seed: int, named: bool = True) -> LiveOracle:
        """The reference itself, which knows mistakes by name if `named`; raises `OracleError` where there is none."""
        if self.reference is None:
            raise OracleError(f"there is no reference for {self.name} beside {self.course_file}")
        return LiveOracle(self.questions, self.reference, seed, self if named else None)

    def script(self, task: str) -> Path:
        """The reference's script for a task."""
        assert self.reference is not None
        return self.reference / f"{self.assignment.task(task).notebook}.py"

    @cached_property
    def kept(self) -> Path:
        """Where it is kept what its known mistakes answer: a folder for all that decides the answers, so that those of
        older code, references and mistakes are not read."""
        assert self.reference is not None
        whole = hashlib.sha256()
        for library in ("torch", "torchbearer", "numpy", "matplotlib", "pillow"):
            whole.update(f"{library} {version(library)}\n".encode())
        own = [*self.folder.rglob("*.py"), *self.folder.glob("mistakes/*.yml"), *self.reference.glob("*.py")]
        for path in sorted([*manifest.files(manifest.ANSWERS), *own]):
            whole.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        return self.course_file.parent / "build" / "known-mistakes" / self.name / whole.hexdigest()[:16]


@dataclass(eq=False)
class Questions(Mapping[str, ReferenceQuestion]):
    """The questions of a lab's check files by name; a file is imported when a question is looked for."""

    _to_import: list[str]
    _found: dict[str, ReferenceQuestion] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ReferenceQuestion:
        while name not in self._found and self._to_import:
            self._import()
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        while self._to_import:
            self._import()
        return iter(self._found)

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _import(self) -> None:
        # The file of the checks that run now is imported already, and is most likely to have the question.
        name = next(iter(sys.modules.keys() & self._to_import), self._to_import[0])
        self._to_import.remove(name)
        module = importlib.import_module(name)
        for asked in getattr(module, "ASKED", ()):
            self._found |= asked.reference_questions(self)


def open_lab(name: str | None = None, course_file: Path | None = None) -> Lab:
    """The lab `name` of the given course file, else of the student's package, the course here or above, the checkout.

    Where the course has several labs and none is named, it is the one whose name the current folder has, or one above
    it (`source/lab4`, `submitted/ada/lab4`). Raises `CourseError`.
    """
    if course_file is None:
        for place in (KEYS / "course.yml", find_course(), CHECKOUT / "course.yml"):
            if place is not None and place.is_file():
                course_file = place
                break
        else:
            raise CourseError("there is no course.yml here or above; run this in a course repository")
    course = read_course(course_file)
    if name is None and len(course.assignments) > 1:
        here = Path.cwd().resolve()
        name = next((one.name for one in (here, *here.parents) if one.name in course.assignments), None)
    name, assignment = course.assignment(name)
    reference = course_file.parent / "reference" / name
    return Lab(course.course, course_file, name, assignment, reference if reference.is_dir() else None)
