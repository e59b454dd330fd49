"""`autograder check`: a student's own look at what is done, what fails and why, and what is not started."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.shared import choose_device, clear_errors


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def check(
        folder: Annotated[Path, typer.Argument(help="The folder with your notebooks.")] = Path("."),
        device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "cpu",
        assignment: Annotated[str | None, typer.Option(help="Which assignment; default: the only one.")] = None,
    ) -> None:
        """Check your work: what is done, what fails and a hint, what is not started. Takes seconds.

        Runs the public checks on what the notebooks define, as they were last saved. The final marking runs more
        checks, on other images. Example: autograder check .
        """
        with clear_errors():
            raise typer.Exit(run(folder, choose_device(device), assignment))


def run(folder: Path, device: str, assignment: str | None = None) -> int:
    """Checks, prints one screen, and returns the exit status: 0 if every public check has passed."""
    from rich.console import Console
    from rich.markup import escape

    from autograder.candidate.process import Candidate, Nursery
    from autograder.checks.examination import Examination
    from autograder.checks.run import run_checks
    from autograder.checks.setting import Setting
    from autograder.judge.oracle import KEY_SEED
    from autograder.notebook import SIGNS
    from autograder.submission.collect import single_submission

    console = Console(highlight=False)
    setting = Setting.find(assignment)
    with tempfile.TemporaryDirectory(prefix="autograder-") as staging:
        submission = single_submission(folder, Path(staging), setting.assignment.limits)
        nursery = Nursery()
        try:
            with console.status(f"Checking {escape(str(folder))} …"):
                with Candidate(nursery, submission.folder, setting.lab, setting.assignment.limits, device) as candidate:
                    problems = submission.problems + candidate.describe()
                    examination = Examination(
                        lab=setting.lab,
                        assignment=setting.assignment,
                        respondent=candidate,
                        folder=submission.folder,
                        oracle=setting.oracle(KEY_SEED),
                        device=device,
                    )
                    run_checks(examination, hidden=False)
                    problems += candidate.notes
        finally:
            nursery.close()
    tasks = examination.task_results()
    notebook = ""
    for task in tasks:
        if task.notebook != notebook:
            notebook = task.notebook
            console.print(f"\n[bold]{escape(notebook)}[/bold]")
        states = {one.status for one in task.checks}
        state = "passed" if states == {"passed"} else "not attempted" if states == {"not attempted"} else "failed"
        sign, word, colour = SIGNS[state]
        word = {"passed": "done", "not attempted": "not started", "failed": "to mend"}[state]
        console.print(
            f"  [{colour}]{sign} {word:<11}[/] {escape(task.title)}  [dim]{task.score:g} of {task.max_score:g}[/dim]"
        )
        for one in task.checks if state == "failed" else []:
            if one.status in ("failed", "partial", "blocked", "error"):
                lines = [*one.message.splitlines(), *([f"Hint: {one.hint}"] if one.hint else [])]
                for number, line in enumerate(lines):
                    console.print(
                        f"      {'– ' if number == 0 else '  '}{escape(line)}", style=colour if not number else ""
                    )
            elif one.status == "not attempted":
                console.print(f"      – not started: {escape(one.title)}", style="dim")
    for problem in problems:
        console.print(f"\n[yellow]![/] {escape(problem)}")
    score, total = sum(task.score for task in tasks), sum(task.max_score for task in tasks)
    console.print(f"\n[bold]{score:g} of {total:g} points[/bold] of the public checks; the marking runs more.")
    errors = [one for task in tasks for one in task.checks if one.status == "error"]
    for one in errors:
        console.print(f"[magenta]{escape(one.message)}[/] (not your fault: tell your teacher)")
    return 0 if score == total else 1
