"""`autograder build`: reference → source → release, then the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.shared import choose_data, clear_errors, fail, stopped


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def build(
        assignment: Annotated[str | None, typer.Option(help="Which assignment; default: the only one.")] = None,
        data: Annotated[str, typer.Option(help="What the gate marks with: auto, mnist or digits.")] = "auto",
        out: Annotated[Path | None, typer.Option(help="Another place for source/ and release/.")] = None,
        gate: Annotated[bool, typer.Option(help="--no-gate only to look at a draft.")] = True,
    ) -> None:
        """Build the notebooks of source/ and release/ from reference/, then let them through the gate.

        The gate: the reference scores everything, the release nothing, no solution stands in the release, the
        notebooks are valid and their points are course.yml's. Example: autograder build
        """
        from autograder.build.pipeline import build as make
        from autograder.build.source_notebooks import BuildError
        from autograder.labs.lab import open_lab

        with clear_errors():
            lab = open_lab(assignment)
            root = out or lab.course_file.parent
            try:
                with stopped("Nothing was built; source/ and release/ are as they were."):
                    make(lab, root, choose_data(data), gate, step=lambda text: typer.echo(f"… {text}"))
            except BuildError as error:
                fail(str(error))
        typer.echo(f"Built {root / 'source' / lab.name} and {root / 'release' / lab.name}")
