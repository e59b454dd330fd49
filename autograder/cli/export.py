"""`autograder export`: the marks of a MARKS folder for the systems that take marks in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.shared import fail

if TYPE_CHECKING:
    from autograder.export.formats import Exported, Format, Request
    from autograder.export.marks import Mark
    from autograder.results import Results

SHOWN = 20  # of the students who are left out; all of them are told with --verbose


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def export(
        marks: Annotated[
            Path | None, typer.Argument(metavar="MARKS", help="The folder that `autograder mark` wrote.")
        ] = None,
        to: Annotated[str | None, typer.Option("--to", metavar="FORMAT", help="See --formats.")] = None,
        output: Annotated[
            str | None, typer.Option("--output", "-o", metavar="OUT", help="File, folder or database URL to write to.")
        ] = None,
        formats: Annotated[bool, typer.Option("--formats", help="List the formats, and end.")] = False,
        gradebook: Annotated[
            str | None,
            typer.Option(metavar="FILE_OR_URL", help="nbgrader gradebook: adds what people gave in formgrader."),
        ] = None,
        roster: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="CSV that says who the submissions are: name, email, login, …"),
        ] = None,
        roster_key: Annotated[
            str | None,
            typer.Option(metavar="COLUMN", help="The roster's column with the submissions' names; default: found."),
        ] = None,
        worksheet: Annotated[
            Path | None, typer.Option(metavar="FILE", help="The downloaded grades file to fill in (moodle, canvas, …).")
        ] = None,
        column: Annotated[
            str | None, typer.Option(metavar="TITLE", help="The column for the marks; default: the assignment's title.")
        ] = None,
        new_column: Annotated[bool, typer.Option("--new-column", help="That column need not be there yet.")] = False,
        id_field: Annotated[
            str | None, typer.Option("--id", metavar="FIELD", help="moodle: login, idnumber or email.")
        ] = None,
        out_of: Annotated[
            float | None, typer.Option(metavar="POINTS", min=0.01, help="Scale the totals to this maximum.")
        ] = None,
        student: Annotated[
            list[str] | None, typer.Option(help="This student alone; may be said more than once.")
        ] = None,
        submissions: Annotated[
            Path | None, typer.Option(metavar="FOLDER", help="nbgrader: what was handed in, for formgrader to show.")
        ] = None,
        notebooks: Annotated[
            Path | None, typer.Option(metavar="FOLDER", help="nbgrader: the released notebooks, for a new gradebook.")
        ] = None,
        allow_missing: Annotated[
            bool, typer.Option("--allow-missing", help="Exit with 0 even if somebody is left out.")
        ] = False,
        unsafe_no_sandbox: Annotated[
            bool,
            typer.Option(
                "--unsafe-no-sandbox", help="gradescope-autograder: mark without a sandbox where there is none."
            ),
        ] = False,
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Name everybody who is left out.")] = False,
    ) -> None:
        """Write the marks for another system: a gradebook, a course system's import file, a report of checks.

        A mark that is withheld, or that waits for a person, is never written as 0: the cell stays empty or as it was,
        and you are told. Exit status: 0 all students are in it, 1 written but somebody is left out, 2 nothing written.

        Example: autograder export marks --to csv --gradebook gradebook.db

        Another: autograder export marks --to canvas --worksheet grades.csv --column "Lab 4 (12345)" -o upload.csv
        """
        from autograder.export.formats import ExportError
        from autograder.export.formats import formats as known_formats
        from autograder.grading.overrides import OverridesError, require_applied
        from autograder.results import Results, ResultsError

        known = known_formats()
        if formats:
            _list(known)
            return
        if marks is None or to is None:
            fail("say which marks and which format: autograder export MARKS --to FORMAT (--formats lists them)")
        if to not in known:
            fail(f"there is no format {to!r}; there are {', '.join(known)}")
        chosen = known[to]
        given = {
            "worksheet": worksheet, "column": column, "new-column": new_column or None, "id": id_field,
            "submissions": submissions, "notebooks": notebooks, "unsafe-no-sandbox": unsafe_no_sandbox or None,
        }  # fmt: skip
        _refuse_unused(chosen, given, gradebook, out_of)
        try:
            results = Results.read(marks / "results.json")
            require_applied(results, marks)
            people = _people(results, student, roster, roster_key, gradebook, out_of)
            title, released = _course(results, notebooks)
            from autograder.export.formats import Request

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
            )
            _refuse_overwriting(request, roster, gradebook)
            done = chosen.write(request)
        except (ExportError, ResultsError, OverridesError) as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename}: can't be written or read: {error.strerror}")
        _tell(chosen, request, done, gradebook, verbose)
        if done.left_out and not allow_missing:
            raise typer.Exit(1)


def _list(known: dict[str, Format]) -> None:
    width = max(map(len, known))
    for one in known.values():
        typer.echo(f"{one.name:<{width}}  {one.summary}")


def _refuse_unused(chosen: Format, given: dict[str, Any], gradebook: str | None, out_of: float | None) -> None:
    for option, value in given.items():
        if value is not None and option not in chosen.takes:
            fail(f"--to {chosen.name} has no use for --{option}")
    if not chosen.totals and (gradebook or out_of):
        option = "--gradebook" if gradebook else "--out-of"
        more = " (-o says which gradebook to write)" if chosen.name == "nbgrader" and gradebook else ""
        fail(f"--to {chosen.name} has no use for {option}: it holds checks, and no total{more}")


def _people(
    results: Results,
    wanted: list[str] | None,
    roster: Path | None,
    roster_key: str | None,
    gradebook: str | None,
    out_of: float | None,
) -> list[Mark]:
    """The marks of the wanted students, each with what roster and gradebook say."""
    from autograder.export.formats import ExportError
    from autograder.export.gradebook import given_by_hand
    from autograder.export.marks import Mark
    from autograder.export.roster import read_roster

    students = results.students
    if wanted:
        unknown = sorted(set(wanted) - {one.student for one in students})
        if unknown:
            raise ExportError(f"the results have no student {', '.join(map(repr, unknown))}")
        students = [one for one in students if one.student in wanted]
    names = [one.student for one in students]
    told = read_roster(roster, names, roster_key) if roster else {}
    by_hand = given_by_hand(gradebook, results.assignment, students) if gradebook else {}
    return [Mark(one, told.get(one.student, {}), by_hand.get(one.student), out_of) for one in students]


def _course(results: Results, notebooks: Path | None) -> tuple[str, Path | None]:
    """The assignment's title and the folder of its released notebooks; the id, and None, outside of its course."""
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
    for one in inputs:
        if one is not None and one.exists() and request.path.exists() and one.samefile(request.path):
            fail(f"{request.output}: is what the marks are read from; say another file with -o")


def _tell(chosen: Format, request: Request, done: Exported, gradebook: str | None, verbose: bool) -> None:
    from autograder.export.table import text_cell

    count = "1 student" if done.count == 1 else f"{done.count} students"
    where = str(done.files[0]) if len(done.files) == 1 else request.output
    typer.echo(f"{chosen.name}: {count} in {where}")
    if chosen.totals and not gradebook:
        typer.echo("These are the automatic marks; --gradebook FILE adds the written answers that people have marked.")
    for note in done.notes:
        typer.echo(text_cell(note).lstrip("'"))
    if not done.left_out:
        return
    typer.echo(f"{len(done.left_out)} without a mark in it:", err=True)
    for student, reason in done.left_out if verbose else done.left_out[:SHOWN]:
        typer.echo(f"  {text_cell(student)}: {text_cell(reason)}", err=True)
    if len(done.left_out) > SHOWN and not verbose:
        typer.echo(f"  … and {len(done.left_out) - SHOWN} more; -v names them all", err=True)
