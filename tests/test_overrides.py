"""Does a person's decision stand in the place of what was found, through everything, and is nothing of it lost?"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from autograder.cli import program
from autograder.course import read_course
from autograder.grading.overrides import OverridesError, apply, fit_course, read_overrides
from autograder.results import CheckResult, Lateness, Results, StudentResult, TaskResult
from tests.test_course import COURSE


def check(name: str, status: str, score: float) -> CheckResult:
    diagnosis = "no-relu-after-conv1" if status == "failed" else None
    return CheckResult(
        id=name, status=status, score=score, max_score=5, public=True, message="Look again.", diagnosis=diagnosis
    )


def student(name: str, *checks: CheckResult, withheld: bool = False, late: Lateness | None = None) -> StudentResult:
    total = sum(one.score for one in checks)
    task = TaskResult(id="simple-cnn", score=total, max_score=5 * len(checks), checks=list(checks))
    return StudentResult(
        student=name,
        status="withheld" if withheld else "marked",
        score=None if withheld else total - (late.points if late else 0),
        max_score=5 * len(checks),
        tasks=[task],
        late=late,
        flags=["simple-cnn: another flag."],
        submission="5" * 64,
    )


LATE = Lateness(submitted="2027-01-30T12:00:00Z", deadline="2027-01-29T23:59:00Z", days=1, percent=10, points=0.5)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    """A MARKS folder: ada has failed one check, 007 is late, on bob's work the grader has failed."""
    students = [
        student("ada", check("shapes", "passed", 5), check("same-function", "failed", 0)),
        student("007", check("shapes", "passed", 5), check("same-function", "failed", 0), late=LATE),
        student("bob", check("shapes", "error", 0), check("same-function", "passed", 5), withheld=True),
    ]
    write(tmp_path, students)
    return tmp_path


def write(folder: Path, students: list[StudentResult]) -> None:
    results = Results(
        schema=1, course="c", assignment="lab4", data="digits", sandbox="none", device="cpu", students=students
    )
    results.write(folder / "results.json")


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(program(), [str(one) for one in arguments])


def override(marks: Path, *arguments: str | Path) -> Result:
    done = run("override", marks, *arguments)
    assert done.exit_code == 0, done.output
    return done


def of(marks: Path, name: str) -> StudentResult:
    return Results.read(marks / "results.json").student(name)


DECIDED = ("simple-cnn/same-function", "--points", "4", "--reason", "Right but for a slip.", "--by", "jo")


def test_a_decision_stands_in_the_results_and_on_the_pages_and_keeps_what_was_found(marks: Path) -> None:
    done = override(marks, "ada", *DECIDED)
    assert "ada: 5 → 9 of 10" in done.output
    ada = of(marks, "ada")
    decided = ada.tasks[0].checks[1]
    assert (ada.score, ada.tasks[0].score, decided.score, decided.status) == (9, 9, 4, "partial")
    assert decided.override is not None
    assert decided.override.model_dump() == {
        "reason": "Right but for a slip.",
        "by": "jo",
        "found_score": 0,
        "found_status": "failed",
    }
    assert ada.flags == ["simple-cnn: another flag."]
    assert "9" in (marks / "students/ada/index.html").read_text()
    assert of(marks, "007").tasks[0].score == 5


@pytest.mark.parametrize("name", [("'-dash",), ("--", "-dash")])
def test_a_name_that_a_spreadsheet_could_run_is_spelt_as_in_the_table_or_as_it_is(
    tmp_path: Path, name: tuple[str, ...]
) -> None:
    write(tmp_path, [student("-dash", check("same-function", "failed", 0))])
    place, *decision = DECIDED
    override(tmp_path, *decision, *name, place)
    assert of(tmp_path, "-dash").score == 4
    override(tmp_path, "--remove", *name, place)
    assert of(tmp_path, "-dash").score == 0


def test_taking_it_back_gives_the_same_bytes(marks: Path) -> None:
    before = (marks / "results.json").read_bytes()
    override(marks, "ada", *DECIDED)
    override(marks, "007", "simple-cnn/shapes", "--points", "0", "--reason", "Copied.")
    override(marks, "ada", "simple-cnn/same-function", "--points", "1", "--reason", "Less, on second thoughts.")
    assert of(marks, "ada").score == 6  # the later one alone
    override(marks, "ada", "simple-cnn/same-function", "--remove")
    override(marks, "007", "simple-cnn/shapes", "--remove")
    assert (marks / "results.json").read_bytes() == before
    assert read_overrides(marks) == []


def test_what_is_taken_off_for_lateness_follows(marks: Path) -> None:
    override(marks, "007", "simple-cnn/same-function", "--points", "5", "--reason", "Right.")
    late = of(marks, "007")
    assert late.late is not None
    assert (late.late.points, late.score, late.tasks[0].checks[1].status) == (1, 9, "passed")


def test_a_decision_on_what_the_grader_failed_on_sets_the_mark_free(marks: Path) -> None:
    override(marks, "bob", "simple-cnn/shapes", "--points", "2.5", "--reason", "Marked by hand.")
    bob = of(marks, "bob")
    assert (bob.status, bob.score) == ("marked", 7.5)
    override(marks, "bob", "simple-cnn/shapes", "--remove")
    assert (of(marks, "bob").status, of(marks, "bob").score) == ("withheld", None)


def test_the_list_says_what_is_decided_and_what_was_found(marks: Path) -> None:
    assert "No decisions" in override(marks).output
    override(marks, "ada", *DECIDED)
    listed = override(marks).output
    for words in ("ada", "simple-cnn/same-function", "failed, 0 of 5", "Right but for a slip.", "jo"):
        assert words in listed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["Ada", *DECIDED], "there is no student 'Ada'; did you mean 'ada'?"),
        (
            ["ada", "simple-cnn/same", "--points", "1", "--reason", "x"],
            "choose one of simple-cnn/shapes, simple-cnn/same-fun",
        ),
        (
            ["ada", "simple-cnn/shapes", "--points", "6", "--reason", "x"],
            "--points 6 is too much: simple-cnn/shapes is worth 5",
        ),
        (["ada", "simple-cnn/shapes", "--points", "nan", "--reason", "x"], "--points"),
        (["ada", "simple-cnn/shapes", "--points", "1"], "needs --points and --reason"),
        (["ada", "simple-cnn/shapes", "--points", "1", "--reason", "  "], "needs --points and --reason"),
        (["ada", "--points", "1", "--reason", "x"], "which check of ada?"),
        (["ada", "simple-cnn/shapes", "--remove"], "there is no decision on simple-cnn/shapes of ada"),
        (["--points", "1"], "say whose check"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(marks: Path, arguments: list[str], sentence: str) -> None:
    before = (marks / "results.json").read_bytes()
    done = run("override", marks, *arguments)
    assert done.exit_code == 2
    assert sentence in done.output
    assert (marks / "results.json").read_bytes() == before
    assert not (marks / "overrides.yml").exists()


HAND = """\
# Talked about on 3 December.

- student: 007     # a name that looks like a number
  check: simple-cnn/shapes
  points: 2
  reason: >-
    Two lines
    of reason.

# ada came to see me
- {student: ada, check: simple-cnn/shapes, points: 3, reason: no}
- student: "gone: away"
  check: simple-cnn/shapes
  points: 1
  reason: left
# the end
"""


def test_a_file_written_by_hand_is_applied_and_edited_without_loss(marks: Path) -> None:
    file = marks / "overrides.yml"
    file.write_text(HAND)
    override(marks, "ada", *DECIDED)
    assert file.read_text().startswith(HAND)
    seven, ada = of(marks, "007").tasks[0].checks[0], of(marks, "ada").tasks[0].checks[0]
    assert seven.override is not None
    assert (seven.score, seven.override.reason) == (2, "Two lines of reason.")
    assert ada.override is not None
    assert ada.override.reason == "no"  # YAML's other word for false
    override(marks, "007", "simple-cnn/shapes", "--remove")
    left = file.read_text()
    assert "007" not in left
    for line in ("# Talked about on 3 December.", "# ada came to see me", "# the end", '- student: "gone: away"'):
        assert line in left
    assert [one.student for one in read_overrides(marks)] == ["ada", "gone: away", "ada"]


def test_one_that_fits_nobody_is_told_and_kept(marks: Path) -> None:
    (marks / "overrides.yml").write_text(HAND)
    done = override(marks, "ada", *DECIDED)
    assert "line 12: gone: away or the check simple-cnn/shapes is not in these results" in done.output
    assert "gone: away" in (marks / "overrides.yml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  points: 2\n", "", "line 3: the key `points` is missing"),
        ("  points: 2\n", "  points: many\n", "line 5: points: Input should be a valid number"),
        ("  points: 2\n", "  points: -2\n", "line 5: points: Input should be greater than or equal to 0"),
        ("  points: 2\n", "  points: 2\n  points: 3\n", "line 6: the key `points` is given twice"),
        ("  points: 2\n", "  point: 2\n", "line 3: the key `points` is missing"),
        ("  points: 2\n", "  points: 2\n  colour: red\n", "line 6: unknown key `colour`"),
        (
            "  check: simple-cnn/shapes\n  points: 2",
            "  check: shapes\n  points: 2",
            "line 4: check: write the task and the check",
        ),
        ('"gone: away"', '"007"', "line 12: simple-cnn/shapes of '007' is decided twice (first on line 3)"),
        ("reason: left", "reason: [left", "line 17: "),
        ("reason: left", "reason: ''", "line 15: reason: String should have at least 1 character"),
        (HAND, "student: ada\n", "line 1: the file must be a list of `- student: …`"),
    ],
)
def test_errors_name_file_and_line_and_change_nothing(marks: Path, old: str, new: str, sentence: str) -> None:
    assert old in HAND
    file = marks / "overrides.yml"
    file.write_text(HAND.replace(old, new, 1))
    before = (marks / "results.json").read_bytes(), file.read_bytes()
    for arguments in (("ada", *DECIDED), ()):
        done = run("override", marks, *arguments)
        assert done.exit_code == 2
        assert f"{file}, {sentence}" in done.output
    assert ((marks / "results.json").read_bytes(), file.read_bytes()) == before


def test_more_points_than_the_check_is_worth_is_an_error_with_its_line(marks: Path) -> None:
    (marks / "overrides.yml").write_text(HAND.replace("points: 2", "points: 7"))
    sentence = r"overrides\.yml, line 3: simple-cnn/shapes of '007' gets 7 points, but it is worth 5"
    done = run("override", marks, "ada", *DECIDED)
    assert done.exit_code == 2
    assert "gets 7 points" in done.output
    with pytest.raises(OverridesError, match=sentence):
        apply(of(marks, "007"), read_overrides(marks), marks)
    (marks / "overrides.yml").write_text(HAND.replace("simple-cnn/shapes", "simple-cnn/dropout", 1))
    fit_course(read_overrides(marks), read_course(COURSE).assignment()[1], marks)
    (marks / "overrides.yml").write_text(
        HAND.replace("simple-cnn/shapes", "simple-cnn/dropout", 1).replace("points: 2", "points: 2.01")
    )
    with pytest.raises(OverridesError, match=r"line 3: .* it is worth 2$"):  # before anybody is marked
        fit_course(read_overrides(marks), read_course(COURSE).assignment()[1], marks)


def test_the_marker_is_told_when_what_was_decided_on_has_changed(marks: Path) -> None:
    """As a later marking finds it."""
    override(marks, "ada", *DECIDED)
    decisions = read_overrides(marks)
    found = student("ada", check("shapes", "passed", 5), check("same-function", "failed", 0))
    assert apply(found, decisions, marks) == of(marks, "ada")

    mended = student("ada", check("shapes", "passed", 5), check("same-function", "passed", 5))
    mended = apply(mended.model_copy(update={"submission": "6" * 64}), decisions, marks)
    assert mended.score == 9
    assert mended.flags[1:] == [
        "Override of simple-cnn/same-function: the submission has changed since; the grader had found “failed” as"
        " no-relu-after-conv1 with 0 points and now finds “passed” with 5 points. The decision (4 points) still"
        " holds; please look at it again."
    ]
    assert apply(mended, decisions, marks) == mended  # told once
    assert apply(mended, [], marks).flags == ["simple-cnn: another flag."]


def test_two_do_not_decide_at_once(marks: Path) -> None:
    from autograder.grading.cache import Cache

    with Cache(marks).alone():
        done = run("override", marks, "ada", *DECIDED)
    assert done.exit_code == 2
    assert "another run is using this folder" in done.output
    assert not (marks / "overrides.yml").exists()


def test_names_and_reasons_are_text_and_nothing_else(marks: Path) -> None:
    name = 'x: [&a "\u202e#'
    write(marks, [student(name, check("shapes", "failed", 0))])
    reason = "- {a: 1} #: 'quoted' \"twice\" ü 漢 \U0001f600"
    override(marks, name, "simple-cnn/shapes", "--points", "1", "--reason", reason)
    (decision,) = read_overrides(marks)
    assert (decision.student, decision.reason) == (name, reason)
    assert of(marks, name).score == 1
    override(marks, name, "simple-cnn/shapes", "--remove")
    assert of(marks, name).score == 0
