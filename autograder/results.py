"""The one result model: what marking found, as `MARKS/results.json` holds it.

Pages, gradebook and exports are all made from it. The file's bytes depend on the marks alone: students are
sorted, and no time or machine path is written, so two runs on the same submissions give the same file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

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

CheckStatus = Literal["passed", "partial", "failed", "not attempted", "blocked", "error"]
StudentStatus = Literal["marked", "withheld"]


class ResultsError(ValueError):
    """A results file that can't be read; the message names the file, and the line or the field."""


def storable(value: Any) -> Any:
    r"""Text as results hold it: lone surrogates spelt out, `"\udcff"` as six characters; UTF-8 has no bytes for them.

    They come from file names that are not UTF-8, that is, from students.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _plain_number(points: float) -> float | int:
    return int(points) if points == int(points) else points


Text = Annotated[str, BeforeValidator(storable)]
Points = Annotated[
    float,
    Field(ge=0, allow_inf_nan=False),
    # Hundredths: the sums on a page are then the sums of what the page shows.
    AfterValidator(lambda points: round(points, 2)),
    PlainSerializer(_plain_number, return_type=float | int),
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)


class Override(_Model):
    """A person's decision on a check, in the place of what the grader found; the check's `score` is the decided one."""

    reason: Annotated[Text, Field(min_length=1)]
    by: Text = ""
    """Who decided; empty where nobody said."""
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
    """The check's sentence."""
    message: Text = ""
    hint: Text = ""
    diagnosis: Text | None = None
    """The wrong variant that the student's function equals, as `no-relu-after-conv2`."""
    notes: list[Text] = []
    pictures: list[Text] = []
    """File names relative to the MARKS folder; best below the student's `folder`."""
    measured: float | None = None
    """The accuracy that this check measured, in [0, 1]."""
    fingerprint: Text = ""
    """A digest of the weights that this check read, to find equal ones."""
    override: Override | None = None
    """Set where a marker has decided on the score and the status."""

    @model_validator(mode="after")
    def _score_is_within_maximum(self) -> CheckResult:
        if self.score > self.max_score:
            raise ValueError(f"score {self.score} is more than max_score {self.max_score}")
        return self


class TaskResult(_Model):
    """One task of the course file with the checks that it consists of."""

    id: Text
    title: Text = ""
    notebook: Text = ""
    score: Points
    max_score: Points
    checks: list[CheckResult] = []
    extra: bool = False
    """Extra credit: its points count in the student's score, and not in the student's `max_score`."""
    code: Text = ""
    """What the student wrote for this task, as text for people to read; cut where it is very long."""


class OwnDigit(_Model):
    """A picture of a digit that the student handed in, and what the network said about it."""

    file: Text
    label: int | None = None
    """The digit in the file's name; None where the name has none."""
    said: int | None = None
    """The network's answer; None where there was none."""
    picture: Text = ""
    """File name relative to the MARKS folder, empty if there is none."""


class Lateness(_Model):
    """That a submission came after its deadline, and what the course file takes off for it."""

    submitted: Text
    """ISO 8601, with the time zone."""
    deadline: Text
    """This student's own, an extension included; ISO 8601."""
    days: Annotated[int, Field(ge=0)]
    """Days begun after the deadline and its grace; 0 within the grace."""
    percent: Annotated[float, Field(ge=0, le=100)]
    """How much of the tasks' points is taken off."""
    points: Points
    """How many points that is."""


class StudentResult(_Model):
    """One student's submission. `score` is None exactly while the mark is withheld."""

    student: Annotated[Text, Field(min_length=1)]
    status: StudentStatus
    score: Points | None
    max_score: Points
    tasks: list[TaskResult] = []
    messages: list[Text] = []
    """Facts about the submission as a whole: a cell that does not parse, a name that is defined twice."""
    digits: list[OwnDigit] = []
    flags: list[Text] = []
    """What the marker should look at; for nobody else, and without points."""
    late: Lateness | None = None
    """Set where the submission came after the deadline; `score` is what is left after it."""
    submission: Text = ""
    """SHA-256 of the names and bytes that were handed in: whether two results are of the same work."""

    @model_validator(mode="after")
    def _score_fits_status(self) -> StudentResult:
        if (self.score is None) != (self.status == "withheld"):
            raise ValueError(f"a student who is {self.status!r} can't have the score {self.score}")
        return self

    @property
    def checks(self) -> Iterator[tuple[TaskResult, CheckResult]]:
        """Each check with its task, in the order of the course file."""
        return ((task, check) for task in self.tasks for check in task.checks)

    @property
    def public_score(self) -> float:
        """The points earned in public checks, which is what the student saw before handing in."""
        return round(sum(check.score for _, check in self.checks if check.public), 2)

    @property
    def public_max_score(self) -> float:
        """The points that public checks can give, extra credit not counted."""
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


class Results(_Model):
    """The marks of a class."""

    schema_version: Literal[1] = Field(1, alias="schema")
    course: Text
    assignment: Text
    data: Text
    """The data set that accuracy was measured on: `mnist`, or the embedded `digits`."""
    sandbox: Text
    """What held the student code; starts with `none` or `unsafe` if nothing did."""
    device: Text
    promises: list[Promise] = []
    """The sandbox, promise by promise; empty where there was none."""
    students: list[StudentResult] = []

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
        """Whether student code was held by a sandbox. An empty `sandbox` counts as none."""
        words = re.findall(r"[a-z]+", self.sandbox.lower())
        return bool(words) and words[0] not in ("none", "no", "unsafe", "off")

    def student(self, name: str) -> StudentResult:
        """The result of one student; raises KeyError for an unknown one."""
        for student in self.students:
            if student.student == name:
                return student
        raise KeyError(name)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read a results file; raises ResultsError, which names the file and the line or field at fault."""
        try:
            data = json.loads(path.read_bytes().decode("utf-8"))
        except FileNotFoundError:
            raise ResultsError(f"{path}: there is no such file") from None
        except OSError as error:
            raise ResultsError(f"{path}: can't be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise ResultsError(f"{path}, line {line}: not UTF-8 text") from error
        except json.JSONDecodeError as error:
            raise ResultsError(f"{path}, line {error.lineno}, column {error.colno}: {error.msg}") from error
        except RecursionError:
            raise ResultsError(f"{path}: nested too deeply for a results file") from None
        if isinstance(data, dict) and data.get("schema", 1) != 1:
            raise ResultsError(f"{path}: schema {data['schema']!r}, but this program reads schema 1")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise ResultsError(f"{path}: {_first_fault(error)}") from error

    def to_json(self) -> str:
        """The text of the results file: the same marks give the same bytes, in whatever order they came."""
        ordered = self.model_copy(update={"students": sorted(self.students, key=lambda each: each.student)})
        data = ordered.model_dump(mode="json", by_alias=True)
        return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def write(self, path: Path) -> None:
        """Write the results file at once or not at all: a reader never sees half of it."""
        text = self.to_json()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with unfinished.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)


def settle(tasks: Iterable[TaskResult], off: float = 0) -> tuple[StudentStatus, float | None]:
    """A student's status and score: the sum of the tasks less `off` points, or withheld and None after a grader's
    error."""
    tasks = list(tasks)
    if any(check.status == "error" for task in tasks for check in task.checks):
        return "withheld", None
    return "marked", max(0.0, round(sum(task.score for task in tasks) - off, 2))


def most(tasks: Iterable[TaskResult]) -> float:
    """The points that tasks can give, extra credit not counted."""
    return round(sum(task.max_score for task in tasks if not task.extra), 2)


def folder_name(student: str) -> str:
    """A file name for a student id that is safe on every system and never that of another student.

    A tame id is its own name. Any other gets what is tame of it, `~`, and 16 digits of its SHA-256; `~` is
    in no tame id, so nobody can choose an id that lands in somebody else's folder. Capitals are not tame,
    since `Ada` and `ada` are one folder on some systems.
    """
    student = storable(student)
    tame = re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?", student)
    reserved = re.fullmatch(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", student)
    if tame and not reserved:
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
