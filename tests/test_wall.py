"""Does anything that goes wrong with one student, at any step, cost anybody else a mark?"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

import pytest

from autograder.export.formats import Request, formats
from autograder.export.marks import Mark
from autograder.export.walled import write_walled
from autograder.feedback.marked.pages import write_report
from autograder.grading import class_run
from autograder.grading.class_run import mark_class, withhold
from autograder.grading.grader import Grader, GradingSpec
from autograder.grading.overrides import require_applied
from autograder.labs.catalogue import Check
from autograder.labs.lab import Lab, open_lab
from autograder.results import BEFORE_THEY_COUNT, Results, StudentResult
from tests.injection import STUDENTS, TARGET, Injected, injected, steps_of

WORK = """
conv1_output_shape = (128, 32, 24, 24)
conv1_7x3_output_shape = (128, 32, {height}, 26)
simple_cnn_parameters = 1
"""
FORMATS = ("csv", "json", "junit")
# What is done with an answer, or with the file that is one.
JUDGING = (
    "judge.",
    "labs.kinds.",
    "labs.lab4.",
    "labs.questions:",
    "labs.examination:",
    "labs.forms:",
    "labs.findings:",
)
JUDGING += ("labs.discretion:", "labs.respondents:", "labs.student_errors:")
EVERY = 240  # on a push, one step in so many,
ALWAYS = "judge.values:read_shape"  # and one that looks at an answer
pytestmark = pytest.mark.processes


class TinyLab(Lab):
    """The tasks of one notebook, so that a class takes a moment."""

    @property
    def checks(self) -> list[Check]:  # type: ignore[override]
        tasks = {task.id for task in self.assignment.tasks}
        return [check for check in open_lab("lab4").checks if check.task in tasks]


@dataclass
class Setup:
    """A class, and how it is marked in this process."""

    lab: Lab
    source: Path
    times: Path
    folder: Path
    numbers: Iterator[int]

    def marks(self) -> Path:
        """A new MARKS folder with the same secret seed, and decisions on two students."""
        marks = self.folder / str(next(self.numbers))
        (marks / "cache").mkdir(parents=True)
        (marks / "cache" / "seed").write_text("7")
        decision = "- {student: %s, check: shapes/parameters, points: 1, reason: Nearly.}\n"
        (marks / "overrides.yml").write_text("".join(decision % student for student in STUDENTS[:2]))
        return marks

    def run(self, marks: Path) -> dict[str, StudentResult]:
        """What `autograder mark`, `report` and `export` do; raises nothing."""
        outcome = mark_class(self.lab, self.source, marks, "digits", layers=None, times=self.times)
        results = outcome.results
        write_report(results, marks, wall=outcome.wall)
        if outcome.wall.failures:
            results = withhold(results, outcome.wall, marks)
        assert Results.read(marks / "results.json") == results
        for student in results.students:
            assert (marks / student.folder / "index.html").is_file()
        require_applied(results, marks)
        people = tuple(Mark(student) for student in results.students)
        for name in FORMATS:
            done = write_walled(
                formats()[name],
                Request(results, people, marks, str(marks / f"export.{name}"), self.lab.assignment.title),
            )
            assert {student for student, _ in done.left_out} <= {TARGET}, done.left_out
        return {student.student: student for student in results.students}


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    folder = tmp_path_factory.mktemp("wall")
    whole = open_lab("lab4")
    tasks = [task for task in whole.assignment.tasks if task.notebook == "4_1_simple_cnn"]
    data = whole.assignment.model_dump(mode="json")
    data |= {"tasks": [task.model_dump(mode="json") for task in tasks], "points": sum(task.points for task in tasks)}
    data |= {"deadline": "2027-01-29T23:59:00+00:00", "late": {"percent_per_day": 10}, "bands": {}, "written": []}
    lab = TinyLab(whole.course, whole.course_file, "lab4", type(whole.assignment).model_validate(data), whole.reference)
    for height, student in enumerate(STUDENTS, 20):
        (folder / "in" / student / "lab4").mkdir(parents=True)
        (folder / "in" / student / "lab4" / "work.py").write_text(WORK.format(height=height))
    (folder / "times.csv").write_text(
        "student,time\n" + "".join(f"{student},2027-01-30T08:15:00+00:00\n" for student in STUDENTS)
    )
    grader = Grader(GradingSpec(lab, "digits", "cpu", 7, 1))

    class HerePool:
        def __init__(self, *_: object) -> None: ...

        def mark(self, jobs: list) -> Iterator[tuple]:
            return ((job, grader.mark(job.submission, job.name, job.known)) for job in jobs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(class_run, "LocalWorkers", HerePool)
        yield Setup(lab, folder / "in", folder / "times.csv", folder, itertools.count())
    grader.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def undisturbed(setup: Setup) -> dict[str, StudentResult]:
    return setup.run(setup.marks())


def test_the_class_is_worth_disturbing(undisturbed: dict[str, StudentResult]) -> None:
    assert {student.status for student in undisturbed.values()} == {"marked"}
    assert all(student.late for student in undisturbed.values())
    assert all((student.score or 0) > 0 for student in undisturbed.values())


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.slow)])
def test_an_exception_at_any_step_costs_nobody_else_anything(
    every: int, setup: Setup, undisturbed: dict[str, StudentResult], capsys: pytest.CaptureFixture[str]
) -> None:
    marks = setup.marks()
    steps = steps_of(lambda: setup.run(marks))
    assert len(steps) > 100
    outcomes: dict[str, list[str]] = {"withheld": [], "unjudged": [], "survived": []}
    breaches = []
    for name, function in (dict(list(steps.items())[::every]) | {ALWAYS: steps[ALWAYS]}).items():
        try:
            found = disturbed(setup, undisturbed, function)
            judges = name.startswith(JUDGING) and not name.startswith("judge.oracle:LiveOracle")
            assert found != "unjudged" or judges, "is no judging of an answer, and costs points"
            outcomes[found].append(name)
        except (AssertionError, Injected) as error:  # the other steps are tried all the same
            breaches.append(f"{name}: {error}")
    assert not breaches, "\n".join(breaches)
    assert outcomes["withheld"]
    assert outcomes["unjudged"]
    with capsys.disabled():
        print(f"\n{len(steps)} steps, {len(steps) // every} tried: withheld by {len(outcomes['withheld'])}")
        print(f"failed with a flag: {outcomes['unjudged']}\nsurvived: {outcomes['survived']}")


def disturbed(setup: Setup, undisturbed: dict[str, StudentResult], function: FunctionType) -> str:
    """What an exception in a step does to the target: nothing that shows, the mark is withheld, or checks fail with a
    flag because of it; nobody else's result may change."""
    marks = setup.marks()
    with injected(function):
        found = setup.run(marks)
    for student in STUDENTS:
        if student != TARGET:
            assert found[student] == undisturbed[student], f"costs {student} something"
    outcome = "survived"
    if found[TARGET] != undisturbed[TARGET]:
        checks = [check for _, check in found[TARGET].checks]
        unjudged = [f"{task.id}/{check.id}" for task, check in found[TARGET].checks if check.unjudged]
        outcome = "unjudged" if unjudged and found[TARGET].status == "marked" else "withheld"
        # A person's decision stands in place of a check on which the grader has failed.
        decided = any(check.override is not None and check.override.found_status == "error" for check in checks)
        if outcome == "unjudged":
            for place in unjudged:
                assert any(
                    f.startswith(place) and "Injected" in f and BEFORE_THEY_COUNT in f for f in found[TARGET].flags
                )
            for (_, before), after in zip(undisturbed[TARGET].checks, checks, strict=True):
                assert after.score == before.score or after.unjudged or after.status == "blocked"
        elif decided and found[TARGET].status == "marked":
            assert found[TARGET].score == undisturbed[TARGET].score, f"costs {TARGET} points"
        else:
            assert found[TARGET].status == "withheld", f"costs {TARGET} points"
            assert "error" in {check.status for check in checks}
        assert setup.run(marks) == undisturbed, "the next run does not try again"
    shutil.rmtree(marks)
    return outcome
