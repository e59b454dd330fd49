"""`autograder override`: records a person's decision on a check, with the reason, and applies it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import clear_errors, fail
from autograder.cli.words import check_cell, in_words

if TYPE_CHECKING:
    from autograder.grading.overrides import Decision
    from autograder.results import Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def override(
        marks: Annotated[Path, typer.Argument(metavar="MARKS", help="The folder that `autograder mark` wrote.")],
        student: Annotated[
            str | None,
            typer.Argument(
                metavar="STUDENT", help="Spelt as in the results or index.csv; for -dash, write -- before it."
            ),
        ] = None,
        check: Annotated[
            str | None, typer.Argument(metavar="TASK/CHECK", help="Such as better-cnn/same-function.")
        ] = None,
        points: Annotated[
            float | None, typer.Option(min=0, help="The points that the student gets for the check.")
        ] = None,
        reason: Annotated[str, typer.Option(help="The reason, which the student reads.")] = "",
        by: Annotated[str, typer.Option(metavar="NAME", help="Who decided.")] = "",
        remove: Annotated[bool, typer.Option("--remove", help="Remove the decision.")] = False,
    ) -> None:
        """Decide the points of a check yourself. Without a student: list all decisions, and apply them.

        Decisions are kept in MARKS/overrides.yml, which you can also edit by hand. They hold for every later run of
        `mark`; if the submission or the grader's finding changes, a flag asks you to look again. If the grader failed
        on a check, a decision on it ends the withholding of the mark. Example:
        autograder override marks ada better-cnn/same-function --points 4 --reason "Right but for a slip." --by jo
        """
        with clear_errors():
            if student is None:
                if points is not None or reason or by or remove:
                    fail("say whose check: autograder override MARKS STUDENT TASK/CHECK …")
                show(marks)
            else:
                decide(marks, student, check, points, reason, by, remove)


def show(marks: Path) -> None:
    """Lists the decisions of a MARKS folder, and says which of them fit nobody."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from autograder.feedback.plain_text import visible
    from autograder.grading.cache import Cache
    from autograder.grading.overrides import FILE, FLAG, apply, misfits, read_overrides
    from autograder.states import CHECK_BADGES

    results = _results(marks)
    decisions = read_overrides(marks, results.names)
    console = Console(highlight=False)
    if any(apply(student, decisions, marks) != student for student in results.students):  # edited by hand
        with Cache(marks).alone():
            _write_again(marks)
        results = _results(marks)
    if not decisions:
        console.print(f"No decisions: {marks / FILE} has no entries.", markup=False)
        return
    table = Table()
    for column in ("Student", "Check", "Points", "Found", "Reason", "By"):
        table.add_column(column, justify="right" if column == "Points" else "left", overflow="fold")
    checks = {(s.student, f"{task.id}/{check.id}"): check for s in results.students for task, check in s.checks}
    for decision in decisions:
        check = checks.get(decision.place)
        found = "—"
        if check is not None:
            before = check.override
            status, score = (before.found_status, before.found_score) if before else (check.status, check.score)
            found = f"{CHECK_BADGES[status].word}, {score:g} of {check.max_score:g}"
        row = (decision.student, f"{decision.points:g}", found, decision.reason, decision.by)
        who, *others = (Text(visible(cell)) for cell in row)
        table.add_row(who, check_cell(decision.check, console.width), *others)
    console.print(table)
    for decision in misfits(results.students, decisions):
        tell_misfit(console, decision)
    flags = [(s.student, flag) for s in results.students for flag in s.flags if flag.startswith(FLAG)]
    for name, flag in flags:
        console.print(Text(f"{visible(name)}: {visible(flag)}", style="yellow"))


def decide(
    marks: Path, student: str, check: str | None, points: float | None, reason: str, by: str, remove: bool
) -> None:
    """Adds or removes one decision, and writes the results and pages that follow from it."""
    from pydantic import ValidationError

    from autograder.feedback.plain_text import visible
    from autograder.grading.cache import Cache
    from autograder.grading.overrides import FILE, Decision, add_override, found_now, read_overrides, remove_override
    from autograder.grading.times import unescaped
    from autograder.submission.names import did_you_mean, spelt_as

    results = _results(marks)
    student = student if student in results.names else unescaped(student)
    if check is None:
        fail(f"which check of {visible(student)}? Add TASK/CHECK, such as better-cnn/same-function")
    if remove:
        if points is not None or reason or by:
            fail("--remove cannot be used together with --points, --reason or --by")
        with Cache(marks).alone():
            if not remove_override(marks, student, check):
                fail(f"{marks / FILE}: there is no decision on {visible(check)} of {visible(student)}")
            _write_again(marks)
        return
    if points is None or not reason.strip():
        fail("a decision needs --points and --reason")
    spelt = spelt_as([student], results.names).get(student)
    found = [result for result in results.students if result.student == spelt]
    if not found:
        hint = did_you_mean(student, [result.student for result in results.students])
        fail(f"{marks / 'results.json'}: there is no student {visible(student)!r}{visible(hint)}")
    checks = {f"{task.id}/{own.id}": own for task, own in found[0].checks}
    if check not in checks:
        task = check.partition("/")[0]
        near = [name for name in checks if name.partition("/")[0] == task] or list(checks)
        fail(f"there is no check {visible(check)!r}; choose one of {', '.join(map(visible, near))}")
    if points > checks[check].max_score:
        fail(f"--points {points:g} is too much: {check} is worth {checks[check].max_score:g}")
    try:
        decision = Decision(
            student=found[0].student,
            check=check,
            points=points,
            reason=" ".join(reason.split()),
            by=by,
            found=found_now(found[0], checks[check]),
        )
    except ValidationError as error:
        fail(str(error.errors()[0]["msg"]))
    with Cache(marks).alone():
        read_overrides(marks)
        add_override(marks, decision)
        _write_again(marks)


def tell_misfit(console: object, decision: Decision) -> None:
    """Warns that a decision fits nobody."""
    from rich.console import Console
    from rich.text import Text

    from autograder.feedback.plain_text import visible
    from autograder.grading.overrides import FILE

    assert isinstance(console, Console)
    where = f"{FILE}, line {decision.line}: "
    what = f"{visible(decision.student)} or the check {visible(decision.check)} is not in these results."
    console.print(Text(f"{where}{what} The decision is kept, but changes nothing.", style="bold red"))


def _results(marks: Path) -> Results:
    from autograder.results import Results

    if not (marks / "results.json").is_file():
        fail(f"{marks / 'results.json'}: there are no results; run `autograder mark SUBMISSIONS -o {marks}`")
    return Results.read(marks / "results.json")


def _write_again(marks: Path) -> None:
    """Applies the decisions as they are now, writes results and pages, and shows whose score has changed."""
    from rich.console import Console
    from rich.text import Text

    from autograder.feedback.marked.pages import write_report
    from autograder.feedback.plain_text import visible
    from autograder.grading.overrides import apply, misfits, read_overrides
    from autograder.results import Results

    console = Console(highlight=False)
    before = Results.read(marks / "results.json")  # again: now that no other run can write
    decisions = read_overrides(marks, before.names)
    students = [apply(student, decisions, marks) for student in before.students]
    after = before.model_copy(update={"students": students})
    after.write(marks / "results.json")
    write_report(after, marks)
    for old, new in zip(before.students, after.students, strict=True):
        if old != new:
            console.print(Text(f"{visible(new.student)}: {in_words(old)} → {in_words(new)} of {new.max_score:g}"))
    for decision in misfits(after.students, decisions):
        tell_misfit(console, decision)
