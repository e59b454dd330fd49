"""`autograder check`: shows students what is done, what fails and why, and what is not started."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.shared import choose_device, clear_errors, fail


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def check(
        folder: Annotated[Path, typer.Argument(help="The folder with your notebooks.")] = Path("."),
        device: Annotated[str, typer.Option(help="cpu, cuda, mps, or auto: an NVIDIA GPU if there is one.")] = "cpu",
        verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Every check, and whole messages.")] = False,
        json_file: Annotated[
            Path | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON.")
        ] = None,
        html_file: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write an HTML page.")] = None,
        github: Annotated[
            bool, typer.Option("--github", help="Write annotations and a step summary, for GitHub Actions.")
        ] = False,
        assignment: Annotated[str | None, typer.Option(help="Which assignment, if there are several.")] = None,
    ) -> None:
        """Check your work: see what is done, what fails and why, and what is not started. Takes seconds.

        Runs the public checks on your notebooks as you last saved them. When the work is marked, there are more checks,
        with other images. The exit status is 0 if every check passes, and 1 if not.

        Example: autograder check . --html feedback.html
        """
        with clear_errors():
            raise typer.Exit(run(folder, choose_device(device), verbose, json_file, html_file, github, assignment))


def run(
    folder: Path,
    device: str,
    verbose: bool = False,
    json_file: Path | None = None,
    html_file: Path | None = None,
    github: bool = False,
    assignment: str | None = None,
) -> int:
    """Runs the public checks, prints the results, and returns the exit status: 0 if all passed, else 1."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # this process is forked, and must not have NumPy's threads

    from rich.console import Console
    from rich.live import Live
    from rich.markup import escape

    from autograder.feedback import github_actions
    from autograder.feedback.self_check import run_self_check
    from autograder.feedback.self_check_page import self_check_page
    from autograder.feedback.terminal import print_self_check

    console = Console(highlight=False, width=140 if github else None)
    with github_actions.no_commands() if github else contextlib.nullcontext():
        # auto_refresh would need a thread.
        begun = f"Checking {escape(str(folder))} …"
        with Live(begun, console=console, auto_refresh=False, transient=True) as live:

            def tell(title: str) -> None:
                live.update(f"{begun} {escape(title)}", refresh=True)

            found = run_self_check(folder, device, assignment, tell)
        print_self_check(found, console, verbose)
    for path, text in ((json_file, found.to_json), (html_file, lambda: self_check_page(found))):
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text(), encoding="utf-8", newline="\n")
            except OSError as error:
                fail(f"{path}: cannot be written ({error.strerror})")
    if github:
        for line in github_actions.annotation_commands(found):
            print(line, flush=True)
        github_actions.write_summary(found)
    return 0 if found.all_passed else 1
