"""`autograder export`: writes the marks of a MARKS folder for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.shared import fail

if TYPE_CHECKING:
    from autograder.export.formats import Exported, Format, Request
    from autograder.export.marks import Mark
    from autograder.results import Results

SHOWN = 20  # at most so many reasons why students have no mark are listed, unless --verbose is given


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def export(
        marks: Annotated[
            Path | None, typer.Argument(metavar="MARKS", help="The folder that `autograder mark` wrote.")
        ] = None,
        to: Annotated[str | None, typer.Option("--to", metavar="FORMAT", help="The format; see --formats.")] = None,
        output: Annotated[
            str | None,
            typer.Option("--output", "-o", metavar="OUT", help="The file, folder or database URL to write to."),
        ] = None,
        formats: Annotated[bool, typer.Option("--formats", help="List the formats.")] = False,
        gradebook: Annotated[
            str | None,
            typer.Option(metavar="FILE_OR_URL", help="nbgrader gradebook: adds points given in formgrader."),
        ] = None,
        roster: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="CSV with each student's name, email, login, …"),
        ] = None,
        roster_key: Annotated[
            str | None,
            typer.Option(metavar="COLUMN", help="The roster's column with the submissions' names."),
        ] = None,
        worksheet: Annotated[
            Path | None, typer.Option(metavar="FILE", help="The downloaded grades file to fill in (Moodle, Canvas, …).")
        ] = None,
        column: Annotated[
            str | None, typer.Option(metavar="TITLE", help="The column for the marks; default: the assignment's title.")
        ] = None,
        new_column: Annotated[
            bool, typer.Option("--new-column", help="Allow a column that does not exist yet.")
        ] = False,
        id_field: Annotated[
            str | None, typer.Option("--id", metavar="FIELD", help="Moodle: login, idnumber or email.")
        ] = None,
        out_of: Annotated[
            float | None, typer.Option(metavar="POINTS", min=0.01, help="Scale the totals to this maximum.")
        ] = None,
        student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
        submissions: Annotated[
            Path | None, typer.Option(metavar="FOLDER", help="nbgrader: the submissions, for formgrader to show.")
        ] = None,
        notebooks: Annotated[
            Path | None, typer.Option(metavar="FOLDER", help="nbgrader: the released notebooks, for a new gradebook.")
        ] = None,
        allow_missing: Annotated[
            bool, typer.Option("--allow-missing", help="Exit with 0 even if students have no mark in it.")
        ] = False,
        unsafe_no_sandbox: Annotated[
            bool,
            typer.Option("--unsafe-no-sandbox", help="gradescope-autograder: mark even if there is no sandbox."),
        ] = False,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List everybody who has no mark in it.")] = False,
    ) -> None:
        """Write the marks for another system: a gradebook, a course system's import file, or a report of checks.

        A mark that is withheld, or not complete yet, is never written as 0: its cell stays empty or unchanged, and you
        are told. Exit status: 0 if all students have a mark in it, 1 if some have none, 2 if nothing was written.

        Example: autograder export marks --to csv --gradebook gradebook.db

        Example: autograder export marks --to canvas --worksheet grades.csv --column "Lab 4 (12345)" -o upload.csv
        """
        from rich.console import Console
        from rich.markup import escape

        from autograder.export.formats import ExportError
        from autograder.export.formats import formats as known_formats
        from autograder.export.walled import write_walled
        from autograder.feedback.plain_text import visible
        from autograder.grading.overrides import OverridesError, require_applied
        from autograder.results import Results, ResultsError
        from autograder.submission.names import listed

        known = known_formats()
        if formats:
            _list(known)
            return
        if marks is None or to is None:
            fail("use: autograder export MARKS --to FORMAT (--formats lists the formats)")
        if to not in known:
            fail(f"there is no format {to!r}; choose one of {', '.join(known)}")
        chosen = known[to]
        given = {
            "worksheet": worksheet, "column": column, "new-column": new_column or None, "id": id_field,
            "submissions": submissions, "notebooks": notebooks, "unsafe-no-sandbox": unsafe_no_sandbox or None,
        }  # fmt: skip
        _refuse_unused(chosen, given, gradebook, out_of)
        try:
            results = Results.read(marks / "results.json")
            require_applied(results, marks)
            people, absent = _people(results, student, roster, roster_key, gradebook, out_of)
            title, released = _course(results, notebooks)
            from autograder.export.formats import Request

            show = Console(stderr=True).status(f"Writing {escape(output or chosen.output)} …")
            request = Request(
                results=results,
                marks=tuple(people),
                folder=marks,
                output=output or chosen.output,
                title=title,
                worksheet=worksheet,
                column=column,
                new_column=new_column,
                id_field=id_field,
                submissions=submissions,
                notebooks=released,
                unsafe_no_sandbox=unsafe_no_sandbox,
                writing=lambda name: show.update(f"Writing {escape(output or chosen.output)}: {escape(visible(name))}"),
            )
            _refuse_overwriting(request, roster, gradebook)
            with show:
                done = write_walled(chosen, request)
            if absent and roster is not None and student is None and worksheet is None:  # which names them, too
                done.notes.append(f"In {roster.name}, but with no mark here: {listed(absent, None)}.")
        except (ExportError, ResultsError, OverridesError) as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename}: cannot be written or read ({error.strerror})")
        _tell(chosen, request, done, gradebook, verbose)
        if done.left_out and not allow_missing:
            raise typer.Exit(1)


def _list(known: dict[str, Format]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for known_format in known.values():
        table.add_row(known_format.name, known_format.summary)
    Console(highlight=False, markup=False).print(table)


def _refuse_unused(chosen: Format, given: dict[str, Any], gradebook: str | None, out_of: float | None) -> None:
    for option, value in given.items():
        if value is not None and option not in chosen.takes:
            fail(f"--{option} cannot be used with --to {chosen.name}")
    if not chosen.totals and (gradebook or out_of):
        option = "--gradebook" if gradebook else "--out-of"
        more = "; give the gradebook to write to with -o" if chosen.name == "nbgrader" and gradebook else ""
        fail(f"{option} cannot be used with --to {chosen.name}, which has checks but no total{more}")


def _people(
    results: Results,
    wanted: list[str] | None,
    roster: Path | None,
    roster_key: str | None,
    gradebook: str | None,
    out_of: float | None,
) -> tuple[list[Mark], list[str]]:
    """The marks of the wanted students, with their data from roster and gradebook; and who else is in the roster."""
    from autograder.export.formats import ExportError
    from autograder.export.gradebook import given_by_hand
    from autograder.export.marks import Mark
    from autograder.export.roster import read_roster
    from autograder.grading.times import unescaped
    from autograder.submission.names import did_you_mean, spelt_as

    students = results.students
    if wanted:
        known = [student.student for student in students]
        wanted = [name if name in known else unescaped(name) for name in wanted]
        spelt = spelt_as(wanted, known)
        if unknown := sorted(set(wanted) - set(spelt)):
            hint = did_you_mean(unknown[0], known)
            raise ExportError(f"the results have no student {', '.join(map(repr, unknown))}{hint}")
        students = [student for student in students if student.student in spelt.values()]
    everybody = [student.student for student in results.students]
    people, absent = read_roster(roster, everybody, roster_key) if roster else ({}, [])
    by_hand = given_by_hand(gradebook, results.assignment, students) if gradebook else {}
    marks = [Mark(s, {**s.person, **people.get(s.student, {})}, by_hand.get(s.student), out_of) for s in students]
    return marks, absent


def _course(results: Results, notebooks: Path | None) -> tuple[str, Path | None]:
    """The assignment's title, and the folder of its released notebooks; its id, and None, outside of its course."""
    from autograder.course import CourseError
    from autograder.labs.lab import open_lab

    try:
        lab = open_lab(results.assignment)
    except CourseError:
        return results.assignment, notebooks
    return lab.assignment.title, notebooks or lab.course_file.parent / "release" / lab.name


def _refuse_overwriting(request: Request, roster: Path | None, gradebook: str | None) -> None:
    if "://" in request.output:
        return
    inputs = [request.worksheet, roster, request.folder / "results.json"]
    inputs += [Path(gradebook)] if gradebook and "://" not in gradebook else []
    for path in inputs:
        if path is not None and path.exists() and request.path.exists() and path.samefile(request.path):
            fail(f"{request.output}: is read for this export; choose another file with -o")


def _tell(chosen: Format, request: Request, done: Exported, gradebook: str | None, verbose: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from autograder.export.table import text_cell
    from autograder.results import AGAIN_FOR_A_TASK, LOOK
    from autograder.submission.names import listed

    def tell(sentence: str) -> None:
        Console(highlight=False).print(Text(sentence))

    def warn(sentence: str) -> None:
        Console(highlight=False, stderr=True).print(Text(sentence))

    count = "1 student" if done.count == 1 else f"{done.count} students"
    where = str(done.files[0]) if len(done.files) == 1 else request.output
    tell(f"{chosen.name}: {count} in {where}")
    if chosen.totals and not gradebook:
        tell("These are the automatic marks. Add the written answers that people have marked with --gradebook FILE.")
    for note in done.notes:
        tell(text_cell(note).lstrip("'"))
    names = {mark.student: mark.result for mark in request.marks if not mark.result.no_mark_yet}
    for words, asked in (
        (f"Ask {AGAIN_FOR_A_TASK}", [name for name, result in names.items() if result.ask_again]),
        (LOOK.capitalize(), [name for name, result in names.items() if result.unjudged]),
    ):
        if asked:
            who = listed([text_cell(name) for name in asked], None)
            warn(f"{words}: {who}. Their flags on the class page say for what.")
    if not done.left_out:
        return
    without = len(done.left_out)
    warn(f"{without} {'has' if without == 1 else 'have'} no mark in it:")
    alike: dict[str, list[str]] = {}
    for student, reason in done.left_out:
        alike.setdefault(text_cell(reason), []).append(text_cell(student))
    for reason, students in list(alike.items())[: None if verbose else SHOWN]:
        warn(f"  {listed(students, None)}: {reason}")
    if len(alike) > SHOWN and not verbose:
        more = sum(len(students) for students in list(alike.values())[SHOWN:])
        warn(f"  … and {more} more; list all with -v")
