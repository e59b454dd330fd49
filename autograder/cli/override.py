"""`autograder override`: a person's decision on a check, with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import clear_errors, fail

if TYPE_CHECKING:
    from autograder.grading.overrides import Decision
    from autograder.results import Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def override(
        marks: Annotated[Path, typer.Argument(metavar="MARKS", help="The folder that `autograder mark` wrote.")],
        student: Annotated[
            str | None, typer.Argument(metavar="STUDENT", help="Whose check; exactly as marked.")
        ] = None,
        check: Annotated[str | None, typer.Argument(metavar="TASK/CHECK", help="Which check.")] = None,
        points: Annotated[float | None, typer.Option(min=0, help="What the check is to be worth.")] = None,
        reason: Annotated[str, typer.Option(help="Why; the student reads it.")] = "",
        by: Annotated[str, typer.Option(metavar="NAME", help="Who has decided.")] = "",
        remove: Annotated[bool, typer.Option("--remove", help="Take the decision back.")] = False,
    ) -> None:
        """Decide on a check in the place of the grader; without a student, list and apply what is decided.

        Decisions are kept in MARKS/overrides.yml, which can be edited by hand too, and hold through every later mark,
        also of a changed submission: then a flag tells you to look again. A check on which the grader failed can be
        decided on, so that the mark is no longer withheld. Example:
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
    from autograder.grading.overrides import FILE, apply, misfits, read_overrides
    from autograder.states import CHECK_BADGES

    results = _results(marks)
    decisions = read_overrides(marks)
    console = Console(highlight=False)
    if any(apply(one, decisions, marks) != one for one in results.students):  # the file was edited by hand
        with Cache(marks).alone():
            _write_again(marks)
        results = _results(marks)
    if not decisions:
        console.print(f"Nothing is decided: {marks / FILE} has no entries.", markup=False)
        return
    table = Table()
    for column in ("Student", "Check", "Points", "Found", "Reason", "By"):
        table.add_column(column, justify="right" if column == "Points" else "left", overflow="fold")
    checks = {(one.student, f"{task.id}/{check.id}"): check for one in results.students for task, check in one.checks}
    for one in decisions:
        check = checks.get(one.place)
        found = "—"
        if check is not None:
            before = check.override
            status, score = (before.found_status, before.found_score) if before else (check.status, check.score)
            found = f"{CHECK_BADGES[status].word}, {score:g} of {check.max_score:g}"
        row = (one.student, one.check, f"{one.points:g}", found, one.reason, one.by)
        table.add_row(*(Text(visible(cell)) for cell in row))
    console.print(table)
    for one in misfits(results.students, decisions):
        tell_misfit(console, one)
    flags = [(one.student, flag) for one in results.students for flag in one.flags if flag.startswith("Override of ")]
    for name, flag in flags:
        console.print(Text(f"{visible(name)}: {visible(flag)}", style="yellow"))


def decide(
    marks: Path, student: str, check: str | None, points: float | None, reason: str, by: str, remove: bool
) -> None:
    """Writes or takes back one decision, and the results and pages that follow from it."""
    from pydantic import ValidationError

    from autograder.feedback.plain_text import visible
    from autograder.grading.cache import Cache
    from autograder.grading.overrides import FILE, Decision, add_override, found_now, read_overrides, remove_override

    results = _results(marks)
    if check is None:
        fail(f"say which check of {visible(student)}: TASK/CHECK, as better-cnn/same-function")
    if remove:
        if points is not None or reason or by:
            fail("--remove takes a decision back; it goes with no other option")
        with Cache(marks).alone():
            if not remove_override(marks, student, check):
                fail(f"{marks / FILE}: nothing is decided on {visible(check)} of {visible(student)}")
            _write_again(marks)
        return
    if points is None or not reason.strip():
        fail("a decision needs --points and --reason")
    found = [one for one in results.students if one.student == student]
    if not found:
        close = [one.student for one in results.students if one.student.lower() == student.lower()]
        hint = f"; there is {', '.join(map(visible, close))}" if close else ""
        fail(f"{marks / 'results.json'}: there is no student {visible(student)!r}{hint}")
    checks = {f"{task.id}/{one.id}": one for task, one in found[0].checks}
    if check not in checks:
        task = check.partition("/")[0]
        near = [name for name in checks if name.partition("/")[0] == task] or list(checks)
        fail(f"there is no check {visible(check)!r}; there are: {', '.join(map(visible, near))}")
    if points > checks[check].max_score:
        fail(f"{check} is worth {checks[check].max_score:g} points; it can't get {points:g}")
    try:
        decision = Decision(
            student=student,
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
    """Says loudly that a decision fits nobody."""
    from rich.console import Console
    from rich.text import Text

    from autograder.feedback.plain_text import visible
    from autograder.grading.overrides import FILE

    assert isinstance(console, Console)
    where = f"{FILE}, line {decision.line}: "
    what = f"the override of {visible(decision.check)} of {visible(decision.student)} fits no check in these results."
    console.print(Text(f"{where}{what} It is kept, and changes nothing.", style="bold red"))


def _results(marks: Path) -> Results:
    from autograder.results import Results

    if not (marks / "results.json").is_file():
        fail(f"{marks / 'results.json'}: there are no results; `autograder mark SUBMISSIONS -o {marks}` writes them")
    return Results.read(marks / "results.json")


def _write_again(marks: Path) -> None:
    """The results with the decisions as they are now, and the pages; says what has changed."""
    from rich.console import Console
    from rich.text import Text

    from autograder.feedback.marked.pages import write_report
    from autograder.feedback.plain_text import visible
    from autograder.grading.overrides import apply, misfits, read_overrides
    from autograder.results import Results

    console = Console(highlight=False)
    before = Results.read(marks / "results.json")  # anew: now nobody else writes
    decisions = read_overrides(marks)
    after = before.model_copy(update={"students": [apply(one, decisions, marks) for one in before.students]})
    after.write(marks / "results.json")
    write_report(after, marks)
    for old, new in zip(before.students, after.students, strict=True):
        if old != new:
            scores = ["withheld" if one.score is None else f"{one.score:g}" for one in (old, new)]
            console.print(Text(f"{visible(new.student)}: {scores[0]} → {scores[1]} of {new.max_score:g}"))
    for decision in misfits(after.students, decisions):
        tell_misfit(console, decision)
