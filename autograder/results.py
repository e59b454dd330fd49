"""The model of results, as `MARKS/results.json` holds them: all pages, gradebooks and exports are made from it.

The file's bytes depend on the marks alone: students are sorted, and there are no times or paths of the run in it, so
that two runs on the same submissions give the same file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    field_validator,
    model_validator,
)

from autograder.storage import storable, write_whole

AGAIN = "again before the 0 counts"  # in the flags that ask the marker to ask the student
LOOK = "look before a check's 0 counts"  # in remarks
BEFORE_THEY_COUNT = "Look before these points count"  # in the flags on answers that the grader could not judge
AGAIN_FOR_A_TASK = "again before a task's 0 counts"  # of a student who has a mark
UNTIMED = "When this was handed in is not known"  # the beginning of a flag
CheckStatus = Literal["passed", "partial", "failed", "not attempted", "blocked", "error"]
TaskState = Literal["done", "needs fixing", "begun", "not started", "error"]
StudentStatus = Literal["marked", "withheld"]


class ResultsError(ValueError):
    """A results file cannot be read; the message names the file, and the line or the field."""


def _plain_number(points: float) -> float | int:
    return int(points) if points == int(points) else points


Text = Annotated[str, BeforeValidator(storable)]
Points = Annotated[
    float,
    Field(ge=0, allow_inf_nan=False),
    # Hundredths: the sums on a page are then the sums of what the page shows.
    AfterValidator(partial(round, ndigits=2)),
    PlainSerializer(_plain_number, return_type=float | int),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)


class Override(_Model):
    """A person's decision on a check; the check's `score` and `status` are what was decided, here is what was found."""

    reason: Annotated[Text, Field(min_length=1)]
    by: Text = ""
    """Who decided; may be empty."""
    found_score: Points
    found_status: CheckStatus


class CheckResult(_Model):
    """What one check found, and what it tells the student."""

    id: Text
    status: CheckStatus
    score: Points
    max_score: Points
    public: bool
    title: Text = ""
    """The sentence that says what is checked."""
    message: Text = ""
    hint: Text = ""
    diagnosis: Text | None = None
    """The known mistake that the student made, such as `no-relu-after-conv2`."""
    notes: list[Text] = []
    pictures: list[Text] = []
    """File names relative to the MARKS folder, usually in the student's `folder`."""
    measured: float | None = None
    """The accuracy that this check measured, in [0, 1]."""
    fingerprint: Text = ""
    """A digest of the weights that this check read, to find equal ones."""
    unjudged: Text = ""
    """What the grader raised while it judged the answer, and where; for the marker."""
    override: Override | None = None
    """Set if a marker has decided the score and the status."""

    @model_validator(mode="after")
    def _score_is_within_maximum(self) -> CheckResult:
        if self.score > self.max_score:
            raise ValueError(f"score {self.score} is more than max_score {self.max_score}")
        return self


class TaskResult(_Model):
    """One task of the course file, and its checks."""

    id: Text
    title: Text = ""
    notebook: Text = ""
    score: Points
    max_score: Points
    checks: list[CheckResult] = []
    extra: bool = False
    """Extra credit: its points count for the student's `score`, but not for the `max_score`."""
    code: Text = ""
    """The student's code for this task, for people to read; the end is cut off if it is very long."""
    compared: Text = ""
    """The same code without what has no effect, to compare it with others'."""

    @property
    def state(self) -> TaskState:
        """The task as a whole: "not started" where all its checks are "not attempted"."""
        statuses = {check.status for check in self.checks}
        if "error" in statuses:
            return "error"
        if statuses == {"passed"}:
            return "done"
        if statuses & {"failed", "partial"}:
            return "needs fixing"
        return "not started" if statuses == {"not attempted"} else "begun"


class OwnDigit(_Model):
    """A picture of a digit that the student handed in, and how their network classified it."""

    file: Text
    label: int | None = None
    """The digit in the file's name; None if there is none."""
    said: int | None = None
    """The network's answer; None if it gave none."""
    read: int | None = None
    """What the reference's network reads in it; None if it was not asked."""
    picture: Text = ""
    """File name relative to the MARKS folder; empty if there is no picture."""


class Lateness(_Model):
    """By how much a submission missed its deadline, and what the course file takes off for it."""

    submitted: Text
    """ISO 8601, with the time zone."""
    source: Text = ""
    """Whose time that is, as a phrase: `Brightspace's time`."""
    deadline: Text
    """This student's own, with their extension; ISO 8601."""
    days: Annotated[int, Field(ge=0)]
    """Days begun after the deadline and the grace period; 0 within the grace period."""
    percent: Annotated[float, Field(ge=0, le=100)]
    """How much of the tasks' points is taken off."""
    points: Points
    """How many points that is."""


class GivenExtension(_Model):
    """More time that the course file gives to a student."""

    deadline: Text
    """The student's own; ISO 8601."""
    reason: Text = ""


class StudentResult(_Model):
    """The result of one student's submission. `score` is None if, and only if, the mark is withheld."""

    student: Annotated[Text, Field(min_length=1)]
    status: StudentStatus
    score: Points | None
    max_score: Points
    tasks: list[TaskResult] = []
    messages: list[Text] = []
    """Facts about the whole submission, such as a cell with a syntax error, or a name that is defined twice."""
    digits: list[OwnDigit] = []
    flags: list[Text] = []
    """What the marker should look at. Shown to nobody else; costs no points."""
    late: Lateness | None = None
    """Set if the submission came after the deadline; its points are already taken off `score`."""
    extension: GivenExtension | None = None
    unread: Text = ""
    """Why a 0 is not to count before the student was asked: nothing could be read, it is another lab's work, or a part
    did not come through; empty if there is no such reason."""
    person: dict[Text, Text] = {}
    """What a course system's download says of the student: name, login, id, … as in rosters."""
    submission: Text = ""
    """SHA-256 of the names and contents of the files handed in, to tell whether two results are of the same work."""

    @model_validator(mode="after")
    def _score_fits_status(self) -> StudentResult:
        if (self.score is None) != (self.status == "withheld"):
            raise ValueError(f"a student with the status {self.status!r} cannot have the score {self.score}")
        return self

    @property
    def checks(self) -> Iterator[tuple[TaskResult, CheckResult]]:
        """Each check with its task, in the order of the course file."""
        return ((task, check) for task in self.tasks for check in task.checks)

    @property
    def unjudged(self) -> list[str]:
        """The checks, as `task/check`, in which the grader tripped over an answer, and on which nobody has decided."""
        return [f"{task.id}/{check.id}" for task, check in self.checks if check.unjudged and check.override is None]

    @property
    def no_mark_yet(self) -> bool:
        """Whether the 0 is not to be handed on: the work did not come through, and nobody has decided on a check."""
        return bool(self.unread) and not self.score and all(check.override is None for _, check in self.checks)

    @property
    def ask_again(self) -> list[str]:
        """The flags by which the student is to be asked before a 0 counts; none once somebody has decided on that 0."""
        if self.unread and not self.no_mark_yet:
            return []
        return [flag for flag in self.flags if AGAIN in flag]

    @property
    def public_score(self) -> float:
        """The points earned in public checks, which the student could see before handing in."""
        return round(sum(check.score for _, check in self.checks if check.public), 2)

    @property
    def public_max_score(self) -> float:
        """The maximum of the public checks, without extra credit."""
        return round(sum(check.max_score for task, check in self.checks if check.public and not task.extra), 2)

    @property
    def folder(self) -> str:
        """The folder of this student's page and pictures, relative to MARKS: `students/ada`."""
        return f"students/{folder_name(self.student)}"


class Promise(_Model):
    """One promise of the sandbox, the layers that keep it, and how the escape probe broke it (empty: it holds)."""

    id: Text
    sentence: Text
    kept_by: list[Text] = []
    breaches: list[Text] = []

    @property
    def held(self) -> bool:
        """Whether the escape probe could not break it."""
        return not self.breaches


class NotTakenIn(_Model):
    """An entry of what was handed over that is in nobody's marked work, and why."""

    student: Text = ""
    """Whose it is; empty if it is nobody's."""
    name: Text
    reason: Text


class Results(_Model):
    """The marks of a class."""

    schema_version: Literal[1] = Field(1, alias="schema")
    course: Text
    assignment: Text
    data: Text
    """The data set that accuracy was measured on: `mnist`, or the embedded `digits`."""
    sandbox: Text
    """The sandbox that student code ran in; starts with `none` or `unsafe` if there was none."""
    device: Text
    promises: list[Promise] = []
    """What the sandbox promised, and whether it held; empty if there was none."""
    students: list[StudentResult] = []
    left_out: list[NotTakenIn] = []
    """Everything that was handed over and not taken in, but for caches and the like."""

    @field_validator("students")
    @classmethod
    def _sorted_and_unique(cls, students: list[StudentResult]) -> list[StudentResult]:
        names = [student.student for student in students]
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"students listed twice: {', '.join(map(ascii, twice))}")
        return sorted(students, key=lambda student: student.student)

    @property
    def sandboxed(self) -> bool:
        """Whether student code ran in a sandbox. An empty `sandbox` counts as none."""
        words = re.findall(r"[a-z]+", self.sandbox.lower())
        return bool(words) and words[0] not in ("none", "no", "unsafe", "off")

    @property
    def names(self) -> list[str]:
        """The students' names."""
        return [student.student for student in self.students]

    def student(self, name: str) -> StudentResult:
        """The result of the student `name`; raises KeyError if there is none."""
        for student in self.students:
            if student.student == name:
                return student
        raise KeyError(name)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Reads a results file; raises `ResultsError`, which names the file and the line or field at fault."""
        try:
            data = json.loads(path.read_bytes().decode("utf-8"))
        except FileNotFoundError:
            raise ResultsError(f"{path}: there is no such file") from None
        except OSError as error:
            raise ResultsError(f"{path}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise ResultsError(f"{path}, line {line}: not UTF-8 text") from error
        except json.JSONDecodeError as error:
            raise ResultsError(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}") from error
        except RecursionError:
            raise ResultsError(f"{path}: nested too deeply for a results file") from None
        if isinstance(data, dict) and data.get("schema", 1) != 1:
            raise ResultsError(f"{path}: has schema {data['schema']!r}, but this program can only read schema 1")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ResultsError(f"{path}: {_first_fault(error)}") from error

    def to_json(self) -> str:
        """The text of the results file; the same for the same marks, in whatever order they were found."""
        ordered = self.model_copy(update={"students": sorted(self.students, key=lambda student: student.student)})
        data = ordered.model_dump(mode="json", by_alias=True)
        return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def write(self, path: Path) -> None:
        """Writes the results file as a whole, or not at all."""
        write_whole(path, self.to_json())


def settle(tasks: Iterable[TaskResult], off: float = 0) -> tuple[StudentStatus, float | None]:
    """A student's status and score: the tasks' sum minus `off` points; withheld, and None, if the grader failed."""
    tasks = list(tasks)
    if any(check.status == "error" for task in tasks for check in task.checks):
        return "withheld", None
    return "marked", max(0.0, round(sum(task.score for task in tasks) - off, 2))


def most(tasks: Iterable[TaskResult]) -> float:
    """The maximum of the tasks together, without extra credit."""
    return round(sum(task.max_score for task in tasks if not task.extra), 2)


def folder_name(student: str) -> str:
    """A file name for a student id: safe on every system, and different for every student.

    An id is its own name if it is made of lower-case letters, digits, dots, hyphens and underscores (`Ada` and `ada`
    would be one folder on some systems), and not too long. Otherwise the name is what can be read of it, `~`, and 16
    digits of its SHA-256. No plain id contains `~`, so nobody can choose an id that gets somebody else's folder.
    """
    student = storable(student)
    plain = re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?", student)
    reserved = re.fullmatch(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", student)
    if plain and not reserved:
        return student
    readable = re.sub(r"[^a-z0-9]+", "-", student.lower()).strip("-")[:32].strip("-")
    return f"{readable}~{hashlib.sha256(student.encode()).hexdigest()[:16]}"


def _first_fault(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False)
    where = ""
    for step in faults[0]["loc"]:
        where += f"[{step}]" if isinstance(step, int) else f".{step}"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{where.lstrip('.') or 'the file'}: {faults[0]['msg']}{more}"
