"""`autograder report`: writes the pages of a MARKS folder again, from its results."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from autograder.results import Results, ResultsError


class Shown(str, Enum):
    """Which checks students see: public ones before the deadline, all of them after it."""

    before = "before"
    after = "after"


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def report(
        marks: Annotated[Path, typer.Argument(metavar="MARKS", help="The folder that `autograder mark` wrote.")],
        level: Annotated[
            Shown | None,
            typer.Option(
                "--for",
                help="What students see: before the deadline (public checks) or after (all); default: as last time.",
            ),
        ] = None,
    ) -> None:
        """Write the HTML pages: one for each student, one for the class, and a contact sheet of everybody's pictures.

        Give students/NAME back to students as it is. index.html, contact-sheet.html and marker/NAME are only for you.
        Example: autograder report marks --for before
        """
        from autograder.feedback.marked.pages import write_report
        from autograder.feedback.plain_text import visible
        from autograder.grading.overrides import OverridesError, require_applied
        from autograder.judge.bank import BankError
        from autograder.storage import LinkError
        from autograder.wall import Wall

        file = marks / "results.json"
        if not file.is_file():
            fail(f"{file}: there are no results; run `autograder mark SUBMISSIONS -o {marks}`")
        try:
            results = Results.read(file)
            require_applied(results, marks)
            wall = Wall()
            typer.echo(write_report(results, marks, level.value if level else None, wall))
            if wall.failures:
                fail(f"The pages of {', '.join(map(visible, wall.failures))} could not be made; they show the error.")
        except (ResultsError, BankError, OverridesError, LinkError) as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename}: cannot be written ({error.strerror})")


def fail(message: str) -> NoReturn:
    """Ends the command with a message on stderr and exit status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
