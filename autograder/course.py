"""Reads `course.yml` into typed objects; every error names the file and the line."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

IDENTIFIER = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LAB = r"^[a-z][a-z0-9_]*$"  # a folder, and a Python package
NOTEBOOK = r"^[0-9]\w*$"  # other scripts in the reference folder are not notebooks
ADDRESS = r"^https://[^\s\"\\]+$"  # a folder
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
LabName = Annotated[str, Field(pattern=LAB)]
NotebookName = Annotated[str, Field(pattern=NOTEBOOK)]
Points = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Lines = dict[tuple[Any, ...], int]
Fraction = Annotated[float, Field(ge=0, le=1)]
NAMES = {
    IDENTIFIER: "use lower-case letters and digits, with single hyphens between them, like my-task",
    LAB: "begin with a lower-case letter, then use lower-case letters, digits and underscores, like lab5",
    ADDRESS: "give the folder's address, like https://github.com/OWNER/REPOSITORY/tree/main/FOLDER",
    NOTEBOOK: "begin with a digit, then use letters, digits and underscores, like 5_1_my_notebook",
}


DATA_SETS = ("mnist", "digits")
FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 50  # lists and mappings within each other


class CourseError(Exception):
    """There is a mistake in `course.yml`, or in a file that it names. The message gives file and line."""


def _moment(value: Any) -> Any:
    """Accepts a date with time and time zone. Without a zone, its meaning would depend on the reader's."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if not isinstance(value, datetime):
        raise ValueError("write a date with time and time zone, like 2027-01-29T23:59:00+00:00")
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone; write it like {value.isoformat()}+00:00")
    return value


def _time_zone(value: Any) -> Any:
    """Accepts a name with a slash, like `Europe/London`: others could be several time zones."""
    try:
        if value is None or (isinstance(value, str) and "/" in value and ZoneInfo(value)):
            return value
    except (LookupError, OSError, ValueError):
        pass
    raise ValueError(f"there is no time zone {value!r}; write it like Europe/London")


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Strict(BaseModel):
    """A model that refuses unknown keys and is immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Strict)


class Band(Strict):
    """Credit for an accuracy: none up to `zero`, all from `full`, rising linearly in between (both in [0, 1])."""

    zero: Fraction
    full: Fraction

    @model_validator(mode="after")
    def _rises(self) -> Band:
        if self.zero >= self.full:
            raise ValueError(f"zero ({self.zero}) must be less than full ({self.full})")
        return self

    def credit(self, accuracy: float) -> float:
        """The fraction of the points, in [0, 1], that `accuracy` (in [0, 1]) earns."""
        return min(1.0, max(0.0, (accuracy - self.zero) / (self.full - self.zero)))


class Late(Strict):
    """What lateness costs: `percent_per_day` of the points for each day begun after the deadline and the grace period.

    A day is 24 hours. A submission that is more than `days` days late earns nothing (100 % are taken off). Without
    `days` every submission is accepted, and at most 100 % are taken off.
    """

    grace_minutes: float = Field(default=0, ge=0)
    percent_per_day: float = Field(default=0, ge=0, le=100)
    days: int | None = Field(default=None, ge=0)

    def percent(self, days: int) -> float:
        """What is taken off, in percent of the tasks' points, on the `days`-th day of being late."""
        if self.days is not None and days > self.days:
            return 100.0
        return min(100.0, days * self.percent_per_day)


class Extension(Strict):
    """More time for one student: a deadline of their own, or `days` (of 24 hours) more than everybody's. The grace
    period is added to it."""

    deadline: Moment | None = None
    days: float | None = Field(default=None, gt=0)
    reason: str = ""

    @model_validator(mode="after")
    def _says_how_long(self) -> Extension:
        if (self.deadline is None) == (self.days is None):
            raise ValueError("an extension needs either `deadline` or `days`, and not both")
        return self

    def deadline_after(self, everybodys: datetime) -> datetime:
        """This student's deadline."""
        return self.deadline or everybodys + timedelta(days=self.days or 0)


class Limits(Strict):
    """The limits of one submission. `course.yml` explains each."""

    load_seconds: Positive = 30
    check_seconds: Positive = 90
    submission_seconds: Positive = 600
    memory_mb: Positive = 4096
    scratch_mb: Positive = 256
    processes: int = Field(default=64, gt=0)
    frame_mb: Positive = 32
    weights_mb: Positive = 8
    picture_mb: Positive = 4
    submission_mb: Positive = 64
    files: int = Field(default=400, gt=0)


class Task(Strict):
    """One task: its notebook, the names that students define, and the points of each check."""

    id: Identifier
    notebook: NotebookName
    title: str
    definitions: list[str]
    checks: dict[Identifier, Points] = Field(min_length=1)
    extra: bool = False
    """Extra credit: earned on top, and not part of the assignment's `points`."""

    @property
    def points(self) -> float:
        return sum(self.checks.values())


class Written(Strict):
    """A question with a written answer, which a person marks."""

    id: Identifier
    notebook: NotebookName
    points: Points


class HandIn(Strict):
    """Files that students hand in with the notebooks: a pattern, how many must match, and what they are."""

    files: str
    at_least: int = Field(default=1, ge=0)
    what: str = ""


class Assignment(Strict):
    """One assignment: its tasks, and all settings that a teacher may change."""

    title: str
    points: Positive
    deadline: Moment | None = None
    time_zone: Annotated[str | None, BeforeValidator(_time_zone)] = None
    """In which to read a course system's times, which name none; by default, the deadline's."""
    late: Late = Late()
    extensions: dict[str, Extension] = {}
    limits: Limits = Limits()
    bands: dict[Identifier, dict[str, Band]] = {}
    support: list[str] = []
    address: Annotated[str | None, Field(pattern=ADDRESS)] = None
    """Where the release is on the web, for notebooks that are opened alone."""
    hand_in: list[HandIn] = []
    tasks: list[Task] = Field(min_length=1)
    written: list[Written] = []

    @model_validator(mode="after")
    def _adds_up(self) -> Assignment:
        ids = [task.id for task in self.tasks]
        for place, name in enumerate(ids):
            if name in ids[:place]:
                raise _misplaced(f"there are two tasks {name!r}; give each its own id", "tasks", place)
        total = sum(task.points for task in self.tasks if not task.extra)
        if abs(total - self.points) > 1e-9:
            extra = any(task.extra for task in self.tasks)
            what = "the checks without extra credit" if extra else "the tasks' checks"
            raise _misplaced(f"{what} add up to {total:g} points, but `points` is {self.points:g}", "points")
        for task in self.bands:
            if task not in ids:
                raise _misplaced(
                    f"`bands` has {task!r}, which is not a task; the tasks are {', '.join(ids)}", "bands", task
                )
        for task, bands in self.bands.items():
            for data in bands:
                if data not in DATA_SETS:
                    raise _misplaced(
                        f"there is no data set {data!r}; use {' and '.join(DATA_SETS)}", "bands", task, data
                    )
            for data in DATA_SETS:
                if data not in bands:
                    raise _misplaced(
                        f"{task!r} has no band for {data!r}; without one it cannot be marked", "bands", task
                    )
        for student, extension in self.extensions.items():
            if self.deadline is None:
                raise _misplaced(
                    f"{student!r} has an extension, but there is no `deadline` to extend", "extensions", student
                )
            if extension.deadline is not None and extension.deadline < self.deadline:
                raise _misplaced(
                    f"the extension of {student!r} ends before everybody's deadline", "extensions", student, "deadline"
                )
        return self

    @property
    def zone(self) -> tzinfo:
        """In which a course system's times are read: `time_zone`, or else the deadline's; UTC without a deadline."""
        if self.time_zone is not None:
            return ZoneInfo(self.time_zone)
        return (self.deadline and self.deadline.tzinfo) or timezone.utc

    @property
    def notebooks(self) -> list[str]:
        """The notebooks' names without `.ipynb`, in the order of the tasks."""
        return list(dict.fromkeys(task.notebook for task in self.tasks))

    def task(self, name: str) -> Task:
        """The task called `name`; raises `CourseError`, which lists the tasks."""
        for task in self.tasks:
            if task.id == name:
                return task
        raise CourseError(f"there is no task {name!r}; the tasks are {', '.join(self.ids)}")

    @property
    def ids(self) -> list[str]:
        """The ids of its tasks."""
        return [task.id for task in self.tasks]


def _misplaced(sentence: str, *place: str | int) -> PydanticCustomError:
    """An error about a place inside the object that is validated."""
    return PydanticCustomError("misplaced", "{sentence}", {"sentence": sentence, "place": place})


class Course(Strict):
    """A course: its name and its assignments."""

    course: str
    assignments: dict[LabName, Assignment] = Field(min_length=1)

    def assignment(self, name: str | None = None) -> tuple[str, Assignment]:
        """The assignment `name`, or the only one. Raises `CourseError`."""
        if name is None:
            if len(self.assignments) > 1:
                raise CourseError(f"choose one with --assignment: {', '.join(self.assignments)}")
            name = next(iter(self.assignments))
        if name not in self.assignments:
            raise CourseError(f"there is no assignment {name!r}; course.yml has {', '.join(self.assignments)}")
        return name, self.assignments[name]


def check_id(function: str) -> str:
    """The id of a check in `course.yml`, from its function: `test_better_cnn__same_function` → `same-function`."""
    return function.removeprefix("test_").split("__")[-1].split("[")[0].replace("_", "-")


def read_course(path: Path) -> Course:
    """Reads a `course.yml`; raises `CourseError`, which names the file and the line of each mistake."""
    value, lines = read_mapping(path, "a mapping with the keys `course` and `assignments`")
    return validated(Course, value, Path(path), lines)


def line_of(path: Path, *place: Any) -> int:
    """The line (from 1) of a place in a valid course file, or of the nearest place above it that exists."""
    _, lines = read_mapping(path, "a mapping")
    return next(lines[place[:length]] for length in range(len(place), -1, -1) if place[:length] in lines)


def read_mapping(path: Path, needed: str) -> tuple[dict[Any, Any], Lines]:
    """A YAML file's content, and the line of each place in it. Raises `CourseError`, also if it is not a mapping."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from error
    try:
        root = None
        with contextlib.suppress(yaml.YAMLError):  # PyYAML itself, ten times slower, explains mistakes better
            root = composed(text, FAST)
        root = root or composed(text)
        lines = _note_lines({(): 1}, root, path)
        value = yaml.SafeLoader("").construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CourseError(f"{path}, line {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise CourseError(f"{path}: {error}") from error
    if not isinstance(value, dict):
        raise CourseError(f"{path}, line 1: the file must be {needed}")
    return value, lines


def composed(text: str | bytes, loader: Any = yaml.SafeLoader) -> yaml.Node | None:
    """A YAML document. Raises `yaml.YAMLError`, also if it is nested so deeply that libyaml and Python would crash."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem="is nested too deeply", problem_mark=event.start_mark)
    return yaml.compose(text, Loader=loader)


def validated(model: type[Model], value: dict[Any, Any], path: Path, lines: Lines) -> Model:
    """`value` as a `model`; raises `CourseError`, with one line of text for each mistake."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise CourseError(
            "\n".join(_sentence(path, lines, problem) for problem in error.errors(include_url=False))
        ) from error


def find_course(start: Path | None = None) -> Path | None:
    """The nearest `course.yml` in `start` (default: the current folder) or above it."""
    here = Path(start or Path.cwd()).resolve()
    for folder in [here, *here.parents]:
        if (folder / "course.yml").is_file():
            return folder / "course.yml"
    return None


def _note_lines(lines: Lines, node: yaml.Node | None, path: Path, place: tuple[Any, ...] = ()) -> Lines:
    """Maps each place in the document, such as ("assignments", "lab4", "tasks", 3), to its line (from 1)."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            # YAML does not read keys like `007` and `yes` as text; errors refer to what it reads.
            inner = (*place, _read(key, path))
            if inner in lines:
                raise CourseError(
                    f"{path}, line {key.start_mark.line + 1}: the key `{key.value}` is given twice"
                    f" (first on line {lines[inner]})"
                )
            lines[inner] = key.start_mark.line + 1
            _note_lines(lines, value, path, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            inner = (*place, index)
            lines[inner] = value.start_mark.line + 1
            _note_lines(lines, value, path, inner)
    elif node is not None:
        _read(node, path)
    return lines


def _read(node: yaml.Node, path: Path) -> Any:
    """The value of a YAML scalar; raises `CourseError` for an impossible one, such as the date 2027-13-01."""
    if not isinstance(node, yaml.ScalarNode):
        raise CourseError(f"{path}, line {node.start_mark.line + 1}: a list or mapping cannot be a key")
    try:
        return yaml.SafeLoader("").construct_object(node)
    except ValueError as error:
        raise CourseError(f"{path}, line {node.start_mark.line + 1}: {node.value!r}: {error}") from None


def _sentence(path: Path, lines: Lines, problem: Any) -> str:
    place = tuple(part for part in problem["loc"] if part != "[key]")
    known = place
    if problem["type"] == "misplaced":
        known = (*place, *problem["ctx"]["place"])
    while known not in lines:
        known = known[:-1]
    name = ".".join(str(part) for part in place) or "the file"
    if problem["type"] == "extra_forbidden":
        what = f"unknown key `{place[-1]}`"
    elif problem["type"] == "missing":
        what = f"the key `{place[-1]}` is missing"
    elif problem["loc"][-1] == "[key]" and problem["type"] == "string_type":
        what = f"{name}: YAML does not read this name as text; put it in quotes"
    elif problem["type"] == "string_pattern_mismatch":
        what = f"{name}: {problem['input']!r} is not a valid name; {NAMES[problem['ctx']['pattern']]}"
    else:
        what = f"{name}: {problem['msg'].removeprefix('Value error, ')}"
    return f"{path}, line {lines[known]}: {what}"
