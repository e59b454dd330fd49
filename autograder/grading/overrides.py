"""People's decisions on checks: read from `MARKS/overrides.yml`, and applied in place of what the grader found.

The file is a list, edited by hand or by `autograder override`. All values are read as text, so that a student called
`007` needs no quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.course import Assignment, composed
from autograder.grading.lateness import settled
from autograder.results import CheckResult, CheckStatus, Override, Points, Results, StudentResult
from autograder.storage import write_whole
from autograder.submission.names import spelt_as
from autograder.wall import Wall

FILE = "overrides.yml"
FLAG = "Override of "  # the beginning of each flag from here
HEADER = """\
# People's decisions, which replace what the grader found. They are applied whenever results are written.
# `found` is what the decision was based on: if that changes, the marker is told. You may leave it out.
"""


class OverridesError(Exception):
    """The file of overrides is wrong; the message names file and line."""


class Found(BaseModel):
    """What a check had found when a person decided on it, and a digest of the submission."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: CheckStatus
    score: Points
    diagnosis: str = ""
    submission: str = ""


class Decision(BaseModel):
    """One entry of the file: the student, the check as `task/check`, and the points that a person gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    student: Annotated[str, Field(min_length=1)]
    check: Annotated[str, Field(pattern=r"^[^/]+/[^/]+$")]
    points: Points
    reason: Annotated[str, Field(min_length=1)]
    by: str = ""
    found: Found | None = None
    line: Annotated[int, Field(exclude=True)] = 0
    """Its line in the file; 0 if it is not from there."""

    def of(self, student: str) -> Decision:
        """The same decision on a student who is spelt so."""
        return self if student == self.student else self.model_copy(update={"student": student})

    @property
    def place(self) -> tuple[str, str]:
        """Whose check it is on, to be compared."""
        return self.student, self.check


def read_overrides(marks: Path, students: Iterable[str] = ()) -> list[Decision]:
    """The decisions of a MARKS folder; none if there is no file. Raises `OverridesError`.

    Of decisions on `students`, the names are spelt as theirs; who could be two of them is nobody.
    """
    decisions = _parsed(_text(marks), marks / FILE)
    spelt = spelt_as([decision.student for decision in decisions], students)
    return [decision.of(spelt.get(decision.student, decision.student)) for decision in decisions]


def fit_course(decisions: Iterable[Decision], assignment: Assignment, marks: Path) -> None:
    """Raises `OverridesError` for a decision that gives more points than the course file has for the check.

    Decisions on unknown checks are allowed here; `misfits` finds them.
    """
    worth = {f"{task.id}/{check}": points for task in assignment.tasks for check, points in task.checks.items()}
    for decision in decisions:
        if decision.points > worth.get(decision.check, decision.points):
            raise OverridesError(_too_many(decision, worth[decision.check], marks))


def add_override(marks: Path, decision: Decision) -> None:
    """Adds a decision to the file; it replaces an earlier one on the same check. Raises `OverridesError`."""
    path = marks / FILE
    text = _text(marks)
    others = [other for other in _parsed(text, path) if other.place != decision.place]
    text = _without(text, decision.place, path)
    if not others:
        text = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#")) or HEADER
    if not text.endswith("\n"):
        text += "\n"
    entry = decision.model_dump(mode="json", exclude_defaults=True)
    text += yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=110)
    _write(path, text, [*others, decision])


def remove_override(marks: Path, student: str, check: str) -> bool:
    """Removes the decision on a check from the file; False if there is none. Raises `OverridesError`."""
    path = marks / FILE
    text = _text(marks)
    decisions = _parsed(text, path)
    spelt = spelt_as([student], [decision.student for decision in decisions if decision.check == check])
    place = spelt.get(student, student), check
    left = [decision for decision in decisions if decision.place != place]
    if len(left) == len(decisions):
        return False
    _write(path, _without(text, place, path), left)
    return True


def found_now(student: StudentResult, check: CheckResult) -> Found:
    """What the grader found in this check, whatever a person has decided since."""
    before = check.override
    return Found(
        status=before.found_status if before else check.status,
        score=before.found_score if before else check.score,
        diagnosis=check.diagnosis or "",
        submission=student.submission,
    )


def apply(student: StudentResult, decisions: Sequence[Decision], marks: Path) -> StudentResult:
    """The result with exactly these decisions applied, and its sums computed anew.

    Decisions on other students are ignored. Raises `OverridesError` for one that gives more points than its check has.
    """
    own = {decision.check: decision for decision in decisions if decision.student == student.student}
    flags = [flag for flag in student.flags if not flag.startswith(FLAG)]
    tasks = []
    for task in student.tasks:
        checks = []
        for check in task.checks:
            decision = own.get(f"{task.id}/{check.id}")
            if decision is not None and decision.points > check.max_score:
                raise OverridesError(_too_many(decision, check.max_score, marks))
            found = found_now(student, check)
            if decision is not None:
                flags += _changed(decision, found)
            checks.append(_decided(check, found, decision))
        tasks.append(task.model_copy(update={"checks": checks}))
    return settled(student.model_copy(update={"tasks": tasks, "flags": flags}))


def require_applied(results: Results, marks: Path) -> None:
    """Raises `OverridesError` if the file was edited since the results were written, so that these are out of date."""
    if not (marks / FILE).is_file() and not (marks / "cache").is_dir():
        return  # only the results were copied to this folder
    decisions = read_overrides(marks, results.names)
    wall, changed = Wall(passed=(OverridesError,)), False
    for student in results.students:
        with wall.around(student.student, "applying decisions"):
            changed = changed or apply(student, decisions, marks) != student
    if changed:
        raise OverridesError(
            f"{marks / FILE}: has changed since {marks / 'results.json'} was written; apply it with"
            f" `autograder override {marks}`"
        )


def misfits(students: Iterable[StudentResult], decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions on checks or students that are not among these."""
    places = {(s.student, f"{task.id}/{check.id}") for s in students for task, check in s.checks}
    return [decision for decision in decisions if decision.place not in places]


def _decided(check: CheckResult, found: Found, decision: Decision | None) -> CheckResult:
    if decision is None:
        return check.model_copy(update={"status": found.status, "score": found.score, "override": None})
    full, nothing = decision.points == check.max_score, decision.points == 0
    override = Override(reason=decision.reason, by=decision.by, found_score=found.score, found_status=found.status)
    status = "passed" if full else "failed" if nothing else "partial"
    return check.model_copy(update={"status": status, "score": decision.points, "override": override})


def _changed(decision: Decision, found: Found) -> list[str]:
    """A flag that says what has changed since a person decided; empty if nothing has."""
    then = decision.found
    if then is None:
        return []
    changes = []
    if then.submission and found.submission and then.submission != found.submission:
        changes.append("the submission has changed since")
    if then.model_copy(update={"submission": ""}) != found.model_copy(update={"submission": ""}):
        changes.append(f"the grader had found {_in_words(then)} and now finds {_in_words(found)}")
    if not changes:
        return []
    return [
        f"{FLAG}{decision.check}: {'; '.join(changes)}. The decision ({decision.points:g} points) still holds; please"
        " look at it again."
    ]


def _in_words(found: Found) -> str:
    name = f" as {found.diagnosis}" if found.diagnosis else ""
    return f"“{found.status}”{name} with {found.score:g} points"


def _too_many(decision: Decision, most: float, marks: Path) -> str:
    where = f"{marks / FILE}, line {decision.line}: " if decision.line else ""
    return f"{where}{decision.check} of {decision.student!r} gets {decision.points:g} points, but it is worth {most:g}"


def _text(marks: Path) -> str:
    path = marks / FILE
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise OverridesError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise OverridesError(f"{path}, line {line}: not UTF-8 text") from error


def _entries(text: str, path: Path) -> list[yaml.MappingNode]:
    try:
        root = composed(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise OverridesError(f"{path}, line {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise OverridesError(f"{path}: {error}") from error
    if root is None or (isinstance(root, yaml.ScalarNode) and root.value == ""):
        return []
    entries = root.value if isinstance(root, yaml.SequenceNode) else [root]
    for entry in entries:
        if not isinstance(root, yaml.SequenceNode) or not isinstance(entry, yaml.MappingNode):
            what = "the file must be a list of `- student: …`, each with check, points and reason"
            raise OverridesError(f"{path}, line {entry.start_mark.line + 1}: {what}")
    return list(entries)


def _parsed(text: str, path: Path) -> list[Decision]:
    found: list[Decision] = []
    lines: dict[tuple[str, str], int] = {}
    for entry in _entries(text, path):
        line = entry.start_mark.line + 1
        places: dict[Any, int] = {}
        for key, _ in entry.value:
            if key.value in places:
                raise OverridesError(f"{path}, line {key.start_mark.line + 1}: the key `{key.value}` is given twice")
            places[key.value] = key.start_mark.line + 1
        data = yaml.BaseLoader("").construct_document(entry)
        if "line" in data:
            raise OverridesError(f"{path}, line {places['line']}: unknown key `line`")
        try:
            decision = Decision.model_validate({**data, "line": line})
        except ValidationError as error:
            raise OverridesError(_fault(error, path, line, places)) from None
        if decision.place in lines:
            raise OverridesError(
                f"{path}, line {line}: {decision.check} of {decision.student!r} is decided twice"
                f" (first on line {lines[decision.place]})"
            )
        lines[decision.place] = line
        found.append(decision)
    return found


def _fault(error: ValidationError, path: Path, line: int, places: dict[Any, int]) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    key = str(problem["loc"][0])
    if problem["type"] == "missing" and len(problem["loc"]) == 1:
        return f"{path}, line {line}: the key `{key}` is missing"
    if problem["type"] == "extra_forbidden":
        return f"{path}, line {places.get(key, line)}: unknown key `{problem['loc'][-1]}`"
    if key == "check" and problem["type"] == "string_pattern_mismatch":
        return (
            f"{path}, line {places.get(key, line)}: check: write the task and the check, like better-cnn/same-function"
        )
    name = ".".join(map(str, problem["loc"]))
    return f"{path}, line {places.get(key, line)}: {name}: {problem['msg']}"


def _without(text: str, place: tuple[str, str], path: Path) -> str:
    """The file's text without the entry on `place`; comments between entries stay."""
    lines = text.splitlines(keepends=True)
    for decision, entry in zip(_parsed(text, path), _entries(text, path), strict=True):
        if decision.place == place:
            end = _end(entry)
            last = end.line if end.column > 0 else end.line - 1
            del lines[entry.start_mark.line : last + 1]
            break
    return "".join(lines)


def _end(node: yaml.Node) -> yaml.Mark:
    """Where the last value in a node ends. (The end of a block itself is after the comments that follow it.)"""
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        return _end(node.value[-1])
    return node.end_mark


def _write(path: Path, text: str, expected: Sequence[Decision]) -> None:
    """Writes the file, if reading it back gives the `expected` decisions; raises `OverridesError` if not."""
    try:
        written = _parsed(text, path)
    except OverridesError:
        written = []
    if [decision.model_dump() for decision in written] != [decision.model_dump() for decision in expected]:
        raise OverridesError(f"{path}: cannot be edited by this command because of how it is written; edit it by hand")
    write_whole(path, text)
