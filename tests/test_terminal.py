"""What the marker reads in a terminal of 80 columns: are the tables' words whole, and is everybody named?"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from autograder.cli.diff import show
from autograder.cli.mark import marks_table, remarks, tell_adjustments, tell_left_out
from autograder.course import Assignment, read_course
from autograder.grading.class_run import LATE_BY_UNKNOWN, Outcome
from autograder.grading.difference import difference
from autograder.grading.grader import GradingSpec, Marked, withheld
from autograder.grading.times import Times
from autograder.grading.worker import Job
from autograder.grading.worker_pool import WorkerPool
from autograder.labs.findings import CachedChecks
from autograder.labs.lab import open_lab
from autograder.results import GivenExtension, NotTakenIn, Results, StudentResult
from autograder.submission.taken_in import Submission
from autograder.wall import Wall
from tests.conftest import ROOT
from tests.export_class import export, marks_folder, student
from tests.test_lateness import DEADLINE

LOST = {"better-cnn/same-function": 5.0}
LONG = (
    "4_2_better_cnn.ipynb, cell 4: cannot be read as Python: unexpected indent on line 3 of the cell; it was left out"
)


def assignment() -> Assignment:
    return read_course(ROOT / "course.yml").assignments["lab4"]


def class_(folder: Path) -> Results:
    """Forty students, some with e-mail addresses, a few of whom have something to be said of."""
    people = [student(f"student.{number:02}@students.uni.example") for number in range(36)]
    people.append(student("ada", {"better-cnn/same-function": 5.0}, late=10).model_copy(update={"messages": [LONG]}))
    people.append(student("bob").model_copy(update={"extension": GivenExtension(deadline="2027-02-05", reason="ill")}))
    people.append(student("cy", withheld=True))
    people.append(unread("dan"))
    return Results.read(marks_folder(folder, people) / "results.json")


def unread(name: str) -> StudentResult:
    lost = {f"{task.id}/{check.id}": check.max_score for task, check in student(name).checks}
    return student(name, lost).model_copy(update={"unread": "there is report.pdf"})


def shown(what: object, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_the_table_of_marks_fits_with_remarks_that_can_be_read(tmp_path: Path, width: int) -> None:
    text = shown(marks_table(assignment(), class_(tmp_path), width, Wall()), width)
    lines = text.splitlines()
    assert all(len(line) <= width for line in lines)
    assert "student.07@students.uni.example" in text
    remarks = [line.split("│")[-2].strip() for line in lines if line.startswith("│")]
    assert max(map(len, remarks)) > 25
    assert "late by 2 d: −10" in text
    assert "has an extension" in text
    assert ("4.1" in text) == (width > 130)
    assert [line.split("│")[2].strip() for line in lines if "dan" in line] == ["no mark"]


def test_who_has_no_mark_is_told_in_one_line(tmp_path: Path) -> None:
    marks = marks_folder(tmp_path, [student("ada"), *(student(f"s{number:02}", withheld=True) for number in range(20))])
    done = export(marks, "--to", "csv", "-o", tmp_path / "grades.csv")
    count, line = done.stderr.strip().splitlines()
    assert count == "20 have no mark in it:"
    assert line.startswith("  s00, s01, s02")
    assert line.endswith("s19: withheld: the grader failed on this submission")


def test_what_is_not_taken_in_is_listed_with_a_hanging_indent(tmp_path: Path) -> None:
    entries = [NotTakenIn(student="ada", name=f"report {number}.pdf", reason="is [no] file " * 9) for number in (1, 2)]
    console = Console(file=io.StringIO(), width=80, highlight=False)
    tell_left_out(console, class_(tmp_path / "marks").model_copy(update={"left_out": entries}))
    head, *lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert head == "2 not taken in:"
    assert max(map(len, lines)) <= 80
    assert [line.split(":")[0] for line in lines if not line.startswith("    ")] == ["  ada", "  ada"]
    assert " ".join(" ".join(lines).split()).count("is [no] file") == 18


def told(outcome: Outcome) -> str:
    console = Console(file=io.StringIO(), width=300, highlight=False)
    tell_adjustments(console, outcome)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_difference_at_eighty_columns_loses_no_word(tmp_path: Path) -> None:
    old = class_(tmp_path / "old")
    new = Results.read(
        marks_folder(tmp_path / "new", [student(one.student, LOST) for one in old.students]) / "results.json"
    )
    console = Console(file=io.StringIO(), width=80, highlight=False)
    show(difference(old, new), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    assert not re.search(r"\d more", text)
    assert "better-cnn/same-function" in text
    assert "40 marks moved." in text
    by_check = text[text.index("Checks that changed") :]
    assert "│ better-cnn/  " in by_check
    assert "│ same-function " in by_check


def test_a_change_without_a_change_of_the_mark_is_told_with_names(tmp_path: Path) -> None:
    extended = GivenExtension(deadline="2027-02-05T23:59:00Z", reason="ill")
    old = Results.read(marks_folder(tmp_path / "old", [student("ada"), student("bob")]) / "results.json")
    people = [one.model_copy(update={"extension": extended}) for one in old.students]
    new = old.model_copy(update={"students": people})
    console = Console(file=io.StringIO(), width=200, highlight=False)
    show(difference(old, new), console)
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "ada and bob: the same mark, but Extension: none before, until 2027-02-05T23:59:00Z (ill) now.",
        "0 marks moved.",
    ]


def test_an_interrupted_run_counts_whom_it_has_marked(tmp_path: Path) -> None:
    results = class_(tmp_path)
    marked = results.model_copy(update={"students": results.students[:4]})  # ada, bob, cy, dan
    known = {one.student: DEADLINE for one in results.students if one.student != "bob"}
    times = Times("times.csv", known, missing=["bob", "student.07@students.uni.example"])
    text = told(Outcome(marked, left=36, times=times))
    assert "Lateness: 1 of 3 who are marked so far came late, by times.csv." in text
    assert "1 student has no known time: bob. Nothing is taken off. The list replaces every timestamp.txt." in text
    assert "Lateness: 1 of 39 came late, by times.csv." in told(Outcome(results, times=times))
    nobody = told(
        Outcome(marked, times=Times("times.csv", missing=["ada", "bob"], strangers=["eve"], replaced=["bob"]))
    )
    assert "Lateness: nobody's time is known, by times.csv." in nobody
    assert "a time that was known is gone for bob: add them to the list." in nobody


def test_everybody_without_a_mark_is_named(tmp_path: Path) -> None:
    text = told(Outcome(class_(tmp_path), unreadable=[f"s{number}" for number in range(12)]))
    assert (
        "No mark yet for s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10 and s11: what they handed in, or a part of it"
        in text
    )


class Fake:
    """A worker that marks at once."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.ready = True
        self.sandbox = ""
        self.promises: list[dict[str, object]] = []

    def start(self, job: Job) -> None:
        self.job = job

    def read_reply(self) -> object:
        assert self.job is not None
        return "marked", Marked(withheld(open_lab("lab4"), self.job.submission.student, ["no."]), {}, {}, [])

    def end(self) -> None:
        self.job = None


class Pool(WorkerPool[Fake]):
    """Two of them."""

    def start_workers(self, wanted: int) -> None:
        self.workers += [Fake() for _ in range(min(2, wanted) - len(self.workers))]

    def wait_for_replies(self) -> list[Fake]:
        return [worker for worker in self.workers if worker.job][:1]

    def on_idle_death(self, worker: Fake) -> None:
        raise NotImplementedError

    def on_refusal(self, worker: Fake, kind: str, reason: str) -> None:
        raise NotImplementedError


def test_progress_knows_on_whom_each_worker_is_at_work(tmp_path: Path) -> None:
    pool = Pool(GradingSpec(open_lab("lab4"), "digits", "cpu", 1, 1))
    events: list[str] = []
    pool.begun = lambda job: events.append(f"marking {job.submission.student}")
    jobs = [Job(Submission(name, tmp_path), f"students/{name}", CachedChecks("")) for name in ("ada", "bob", "cy")]
    for job, _ in pool.mark(jobs):
        events.append(f"told {job.submission.student}")
    assert [event for event in events if event.startswith("marking")] == ["marking ada", "marking bob", "marking cy"]
    assert events.index("marking bob") < events.index("told ada") < events.index("marking cy")


def test_who_is_late_by_a_time_that_nobody_knows_is_named(tmp_path: Path) -> None:
    results = class_(tmp_path)
    flag = f"Canvas {LATE_BY_UNKNOWN}: nothing is taken off. Use --times."
    late = [one.model_copy(update={"flags": [flag]}) for one in results.students[:2]]
    text = told(Outcome(results.model_copy(update={"students": [*late, *results.students[2:]]}), times=Times("")))
    assert "Late, but the course system does not say since when: ada and bob. Nothing is taken off." in text
    assert "since when" not in told(Outcome(results, times=Times("")))


def test_the_table_says_who_is_to_be_asked_again_before_what_can_wait() -> None:
    flag = "n.ipynb is empty: saving it was interrupted. Ask for it again before the 0 counts."
    one = StudentResult(
        student="ada", status="marked", score=0, max_score=6, flags=[flag], messages=["`x` is defined 2 times."]
    )
    assert remarks(one) == ["ask again before a task's 0 counts", "`x` is defined 2 times."]
