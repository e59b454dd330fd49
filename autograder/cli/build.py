"""`autograder build`: builds source/ and release/ from reference/, if they pass the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.shared import choose_data, clear_errors, fail, stopped


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def build(
        assignment: Annotated[str | None, typer.Option(help="Which assignment, if there are several.")] = None,
        data: Annotated[str, typer.Option(help="The data set for the gate: auto, mnist or digits.")] = "auto",
        out: Annotated[Path | None, typer.Option(help="Another folder for source/ and release/.")] = None,
        gate: Annotated[bool, typer.Option(help="--no-gate leaves the tests out: only for drafts.")] = True,
    ) -> None:
        """Build the notebooks of source/ and release/ from reference/, if they pass the gate.

        The gate tests that the reference gets all points and the release none, that no solution is in the release, that
        the notebooks are valid, and that their points agree with course.yml. Example: autograder build
        """
        from autograder.build.pipeline import build as make
        from autograder.build.source_notebooks import BuildError
        from autograder.labs.lab import open_lab

        with clear_errors():
            lab = open_lab(assignment)
            root = out or lab.course_file.parent
            try:
                with stopped("Nothing was built; source/ and release/ are unchanged."):
                    make(lab, root, choose_data(data), gate, step=lambda text: typer.echo(f"… {text}"))
            except BuildError as error:
                fail(str(error))
        typer.echo(f"Built {root / 'source' / lab.name} and {root / 'release' / lab.name}")
