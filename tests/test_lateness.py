"""Does lateness cost what course.yml says, by a time that the marker can trust, and nothing where none is known?"""

from __future__ import annotations

import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from autograder.course import Assignment, CourseError, Limits, read_course
from autograder.feedback.marked.lateness_in_words import sentence
from autograder.grading.class_run import _untimed
from autograder.grading.lateness import settled, with_lateness
from autograder.grading.times import TimesError, find_times, moodles_time, parse_timestamp, read_times
from autograder.results import UNTIMED, CheckResult, Results, StudentResult, TaskResult, most
from autograder.submission.collect import find_submissions
from tests.test_course import COURSE, line_of

UTC = timezone.utc
DEADLINE = datetime(2027, 1, 29, 23, 59, tzinfo=UTC)


def assignment(tmp_path: Path, old: str = "", new: str = "") -> Assignment:
    """The course's assignment with one change in its text."""
    text = COURSE.read_text(encoding="utf-8")
    assert old in text
    changed = tmp_path / "course.yml"
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_course(changed).assignment()[1]


def student(name: str = "ada", earned: float = 80, extra: float = 0) -> StudentResult:
    """A student with two tasks, the second for extra credit."""
    tasks = [
        TaskResult(
            id=task,
            score=score,
            max_score=worth,
            extra=task == "more",
            checks=[CheckResult(id="works", status="partial", score=score, max_score=worth, public=True)],
        )
        for task, score, worth in (("main", earned, 100), ("more", extra, 10))
    ]
    return settled(StudentResult(student=name, status="marked", score=0, max_score=most(tasks), tasks=tasks))


# --- course.yml -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        (
            "23:59:00+00:00",
            "23:59:00",
            "deadline: 2027",
            "has no time zone; write it like 2027-01-29T23:59:00+",
        ),
        (
            "deadline: 2027-01-29T23:59:00+00:00",
            "deadline: 20270129",
            "deadline:",
            "a date with time and time zone",
        ),
        ("deadline: 2027-01-29T23:59:00+00:00", "deadline: 2027-01-32", "deadline:", "day is out of range"),
        ("deadline: 2027-01-29T", "deadline: 2027-13-29T", "deadline:", "month must be in 1..12"),
        ("      days: 5", "      days: soon", "days: soon", "valid integer"),
        ("    # extensions:", "    extensions: {ada: {days: 1, reason: ill, until: x}}", "ada", "unknown key `until`"),
        (
            "    # extensions:",
            "    extensions:\n      bob: {days: 1}\n      ada: {reason: ill}",
            "ada:",
            "either `deadline`",
        ),
        ("    # extensions:", "    extensions:\n      ada: {days: 0}", "ada:", "greater than 0"),
        ("    # extensions:", "    extensions:\n      ada: {days: 1}\n      007: {days: 1}", "007", "put it in quotes"),
        (
            "    # extensions:",
            "    extensions:\n      ada:\n        reason: ill\n        deadline: 2026-01-29T23:59:00Z",
            "deadline: 2026",
            "the extension of 'ada' ends before everybody's deadline",
        ),
        ("checks: {every-filter: 3}", "checks: {every-filter: 3}\n        extra: true", "points: 100", "add up to 97"),
    ],
)
def test_errors_in_deadlines_name_file_and_line(tmp_path: Path, old: str, new: str, at: str, sentence: str) -> None:
    with pytest.raises(CourseError) as error:
        assignment(tmp_path, old, new)
    changed = tmp_path / "course.yml"
    assert sentence in str(error.value)
    assert f"{changed}, line {line_of(changed.read_text(), at)}: " in str(error.value)


def test_an_extension_needs_a_deadline(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="'ada' has an extension, but there is no `deadline` to extend"):
        assignment(tmp_path, "deadline: 2027-01-29T23:59:00+00:00", "extensions: {ada: {days: 1}}")


def test_extra_credit_stands_outside_the_points(tmp_path: Path) -> None:
    text = COURSE.read_text(encoding="utf-8").replace("points: 100 ", "points: 97 ", 1)
    text = text.replace("checks: {every-filter: 3}", "checks: {every-filter: 3}\n        extra: true")
    (tmp_path / "course.yml").write_text(text, encoding="utf-8")
    found = read_course(tmp_path / "course.yml").assignment()[1]
    assert found.points == 97
    assert found.task("filters").extra


# --- what it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "days", "percent"),
    [
        (timedelta(minutes=15), 0, 0),
        (timedelta(minutes=15, microseconds=1), 1, 10),
        (timedelta(days=1, minutes=15), 1, 10),
        (timedelta(days=1, minutes=16), 2, 20),
        (timedelta(days=5), 5, 50),
        (timedelta(days=5, minutes=16), 6, 100),
    ],
)
def test_each_day_begun_after_the_grace_costs_its_percent(
    tmp_path: Path, after: timedelta, days: int, percent: float
) -> None:
    late = with_lateness(student(), assignment(tmp_path), DEADLINE + after)
    assert late.late is not None
    assert (late.late.days, late.late.percent) == (days, percent)
    assert late.late.points == 80 * percent / 100
    assert late.score == 80 - 80 * percent / 100
    assert late.max_score == 100


def test_what_comes_after_the_last_day_counts_nothing_and_the_marker_is_told(tmp_path: Path) -> None:
    late = with_lateness(student(), assignment(tmp_path), DEADLINE + timedelta(days=9))
    assert late.score == 0
    assert [task.score for task in late.tasks] == [80, 0]
    assert late.flags == ["Came 9 days late; course.yml accepts at most 5, so it earns nothing."]


def test_without_a_last_day_percents_add_up_to_all_and_no_further(tmp_path: Path) -> None:
    endless = assignment(tmp_path, "      days: 5", "      # days: 5")
    assert with_lateness(student(), endless, DEADLINE + timedelta(days=7)).score == 24
    last = with_lateness(student(), endless, DEADLINE + timedelta(days=40))
    assert last.score == 0
    assert last.flags == []


@pytest.mark.parametrize("submitted", [None, DEADLINE, DEADLINE - timedelta(days=9)])
def test_in_time_or_at_a_time_that_nobody_knows_costs_nothing(tmp_path: Path, submitted: datetime | None) -> None:
    assert with_lateness(student(), assignment(tmp_path), submitted) == student()


def test_times_of_other_zones_are_the_same_moments(tmp_path: Path) -> None:
    tokyo = datetime(2027, 1, 30, 8, 59, tzinfo=timezone(timedelta(hours=9)))  # 23:59 UTC
    assert with_lateness(student(), assignment(tmp_path), tokyo).late is None


def test_a_page_says_whose_time_it_is(tmp_path: Path) -> None:
    late = with_lateness(student(), assignment(tmp_path), DEADLINE + timedelta(hours=2), "Brightspace's time")
    assert sentence(late).startswith("Handed in on 30 January 2027, 01:59 UTC (Brightspace's time), on the first day")


def test_a_zone_for_times_without_one_is_the_deadlines_or_named(tmp_path: Path) -> None:
    assert assignment(tmp_path).zone.utcoffset(None) == timedelta(0)
    named = assignment(tmp_path, "    late:\n", "    time_zone: Europe/Berlin\n    late:\n")
    assert datetime(2027, 7, 1, tzinfo=named.zone).utcoffset() == timedelta(hours=2)
    with pytest.raises(CourseError, match="there is no time zone 'CET'; write it like Europe/London"):
        assignment(tmp_path, "    late:\n", "    time_zone: CET\n    late:\n")


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("Thursday, 28 January 2027, 9:15 PM", 28, 21),
        ("Friday, 1 January 2027, 12:15 AM", 1, 0),
        ("Friday, January 1, 2027, 12:15 PM", 1, 12),
        ("Donnerstag, 28. Januar 2027, 21:15", 28, 21),
    ],
)
def test_moodles_times_are_read(text: str, day: int, hour: int) -> None:
    assert moodles_time(text, UTC) == datetime(2027, 1, day, hour, 15, tzinfo=UTC)


def test_an_extension_is_for_one_student_by_the_exact_name(tmp_path: Path) -> None:
    extended = assignment(
        tmp_path,
        "    # extensions:",
        '    extensions:\n      ada: {days: 2.5}\n      "007": {deadline: 2027-02-28T12:00:00+01:00, reason: duty}',
    )
    moment = DEADLINE + timedelta(days=2, hours=13)
    assert [with_lateness(student(name), extended, moment).score for name in ("ada", "Ada", "7", "007")] == [
        72,
        56,
        56,
        80,
    ]
    ada = with_lateness(student("ada"), extended, moment).late
    assert ada is not None
    assert ada.deadline == "2027-02-01T11:59:00+00:00"  # her own


def test_lateness_takes_its_percent_of_extra_credit_too(tmp_path: Path) -> None:
    eager = student(earned=100, extra=10)
    assert (eager.score, eager.max_score, eager.public_max_score) == (110, 100, 100)
    assert with_lateness(eager, assignment(tmp_path), DEADLINE + timedelta(hours=1)).score == 99


# --- when it came -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20 14:03:22.123456 UTC", datetime(2026, 11, 20, 14, 3, 22, 123456, UTC)),  # nbgrader's default
        ("2026-11-20 14:03:22 Europe/Berlin", datetime(2026, 11, 20, 13, 3, 22, 0, UTC)),
        ("2026-11-20 14:03:22.5 +0100", datetime(2026, 11, 20, 13, 3, 22, 500000, UTC)),
        ("2026-11-20T14:03:22Z\n", datetime(2026, 11, 20, 14, 3, 22, 0, UTC)),
        ("2026-11-20 14:03:22", datetime(2026, 11, 20, 14, 3, 22, 0, UTC)),  # nbgrader reads that as UTC, too
    ],
)
def test_nbgraders_timestamps_are_read(text: str, moment: datetime) -> None:
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-20",
        "2026-13-20 10:00:00 UTC",
        "2026-11-20 10:00:00 CST",
        "2026-11-20 10:00:00 ../../etc/x",
    ]
    + [
        "2026-11-20 10:00:00 Europe/Nowhere",
        "2026-11-20 10:00:00 Europe",
        "2026-11-20 10:00:00 /etc/passwd",
        "1e9",
        "\0",
    ],
)
def test_what_is_no_timestamp_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each says what is wrong in its own way
        parse_timestamp(text)


def class_of(folder: Path) -> Path:
    """Ada's submission as nbgrader collects it, Bob's a repository, Cy's a zip of his own, Eve's without a time."""
    source = folder / "submitted"
    for name in ("ada", "bob", "eve"):
        (source / name / "lab4").mkdir(parents=True)
        (source / name / "lab4" / "work.py").write_text("x = 1\n")
    for name in ("ada", "bob"):
        (source / name / "lab4" / "timestamp.txt").write_text("2027-01-30 12:00:00.000000 UTC")
    (source / "bob" / ".git").mkdir()
    with zipfile.ZipFile(source / "cy.zip", "w") as archive:
        archive.writestr("lab4/work.py", "x = 1\n")
        archive.writestr("lab4/timestamp.txt", "2020-01-01 12:00:00.000000 UTC")
    return source


def test_only_nbgraders_own_timestamp_is_believed(tmp_path: Path) -> None:
    submissions = find_submissions(class_of(tmp_path), "lab4", tmp_path / "staging", Limits()).submissions
    times = find_times(submissions, tmp_path)
    assert times.known == {"ada": datetime(2027, 1, 30, 12, tzinfo=UTC)}
    assert times.missing == ["bob", "cy", "eve"]
    assert times.committed == ["bob"]


def test_a_file_of_times_outranks_timestamps_and_is_kept(tmp_path: Path) -> None:
    source = class_of(tmp_path)
    given = tmp_path / "times.txt"
    given.write_text(
        '\ufeffgroup,student,time\r\n1,bob,2027-01-29T22:00:00Z\r\n1,"No, Body",2027-01-29 22:00:00+01:00\r\n',
        encoding="utf-8",
    )
    marks = tmp_path / "marks"
    marks.mkdir()
    for number, file in enumerate((given, None)):  # the second run is not given it again
        submissions = find_submissions(source, "lab4", tmp_path / f"staging{number}", Limits()).submissions
        times = find_times(submissions, marks, file)
        assert times.known == {"bob": datetime(2027, 1, 29, 22, tzinfo=UTC)}
        assert times.missing == ["ada", "cy", "eve"]  # also ada, whose timestamp.txt does not count now
        assert times.replaced == ["ada"]
        assert times.strangers == ["No, Body"]
        assert times.committed == []


def test_names_are_read_as_our_own_tables_write_them(tmp_path: Path) -> None:
    times = tmp_path / "times.csv"
    times.write_text("student,time\n'-dash,2027-01-29T22:00:00Z\n'quoted,2027-01-29T22:00:00Z\n")
    assert list(read_times(times)) == ["-dash", "'quoted"]
    times.write_text("student; time\n ada ;2027-01-29T22:00:00Z\n", encoding="utf-8")  # as some spreadsheets save it
    assert read_times(times) == {"ada": datetime(2027, 1, 29, 22, tzinfo=UTC)}


def test_who_has_no_known_time_is_flagged_where_others_have_one(tmp_path: Path) -> None:
    source = class_of(tmp_path)
    (source / "eve" / "lab4" / "timestamp.txt").write_text("soon")

    def flags() -> dict[str, list[str]]:
        taken_in = find_submissions(source, "lab4", tmp_path / "staging", Limits()).submissions
        times = find_times(taken_in, tmp_path)
        return {each.student: list(_untimed(each, times)) for each in taken_in if each.student not in times.known}

    unknown = [f"{UNTIMED}: nothing is taken off for lateness."]
    unreadable = ["timestamp.txt does not hold a time ('soon'): nothing is taken off for lateness."]
    assert flags() == {"bob": unknown, "cy": unknown, "eve": unreadable}
    (source / "ada" / "lab4" / "timestamp.txt").unlink()
    assert flags() == {"ada": [], "bob": [], "cy": [], "eve": unreadable}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,time\n", "line 1: there is no column `student`"),
        ("student|time\n", "line 1: there is no column `student`"),
        ("", "line 1: there is no column `student`"),
        ("student,time\nada,2027-01-29T22:00:00\n", "line 2: '2027-01-29T22:00:00' has no time zone"),
        ("student,time\nada,\n", "line 2: '' is not a time"),
        ("student,time\nada\n", "line 2: '' is not a time"),
        ("student,time\nada,1800000000\n", "line 2: '1800000000' is not a time"),
        (
            "student,time\nada,2027-01-29T22:00:00Z\n\nada,2027-01-29T22:00:00Z\n",
            "line 4: 'ada' is listed twice (first on line 2)",
        ),
        ('student,time\n"ada,2027\n', "line 2: unexpected end of data"),
        (
            'student,time\nada,"Thursday, 28 January 2027, 13:15 PM"\n',
            "line 2: 'Thursday, 28 January 2027, 13:15 PM' is",
        ),
        ('student,time\nada,"Thursday, 31 February 2027, 1:15 PM"\n', "line 2: 'Thursday, 31 February 2027, 1:15 PM'"),
        ("Identifier,Last modified (submission)\nada,x\n", "line 2: 'ada' does not end with Moodle's number"),
        ("Identifier,Last modified (submission)\nParticipant 1,soon\n", "line 2: 'soon' is not a time"),
    ],
)
def test_errors_in_a_file_of_times_name_file_and_line(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "times.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TimesError) as error:
        read_times(file)
    assert str(error.value).startswith(f"{file}, {sentence}")


def test_results_with_lateness_read_as_they_were_written(tmp_path: Path) -> None:
    late = with_lateness(student(), assignment(tmp_path), DEADLINE + timedelta(days=1))
    results = Results(
        schema=1, course="c", assignment="lab4", data="digits", sandbox="none", device="cpu", students=[late]
    )
    results.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results
