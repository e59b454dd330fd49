"""`autograder mark`: all checks on all students."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import choose_data, choose_device, clear_errors, fail

if TYPE_CHECKING:
    from autograder.candidate.cage.layers import Layers


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def mark(
        submissions: Annotated[
            Path, typer.Argument(help="<student>/<assignment>/ folders, a folder of folders, or a zip of them.")
        ],
        output: Annotated[Path, typer.Option("--output", "-o", metavar="MARKS", help="Where the results go.")],
        assignment: Annotated[
            str | None, typer.Option(help="Which assignment of course.yml; default: the only one.")
        ] = None,
        data: Annotated[str, typer.Option(help="auto (MNIST, else the embedded digits), mnist or digits")] = "auto",
        device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
        jobs: Annotated[
            int | None, typer.Option(min=1, help="How many students at once; default: the cores, or the GPUs.")
        ] = None,
        cage: Annotated[
            str, typer.Option(help="auto, namespaces, bubblewrap or landlock; see `autograder doctor`.")
        ] = "auto",
        unsafe_no_cage: Annotated[
            bool, typer.Option("--unsafe-no-cage", help="Without a cage: only for the work of people you trust.")
        ] = False,
    ) -> None:
        """Mark a class: every check on every student, in a cage. A second run marks only what has changed.

        Writes MARKS/results.json, MARKS/index.html and a page for each student. Ctrl-C, or worse, loses nothing that is
        marked: run the same command to go on. Example: autograder mark submitted -o marks
        """
        from autograder.candidate.cage.layers import choose

        with clear_errors():
            layers = None if unsafe_no_cage else choose(cage)
            run(submissions, output, assignment, choose_data(data), choose_device(device), jobs, layers)


def run(
    submissions: Path,
    marks: Path,
    assignment: str | None,
    data: str,
    device: str,
    jobs: int | None,
    layers: Layers | None,
) -> None:
    """Marks, shows progress and a table, writes the pages."""
    import time
    from textwrap import shorten

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.table import Table
    from rich.text import Text

    from autograder.checks.setting import Setting
    from autograder.data import load_data
    from autograder.marking.marker import NO_CAGE, Progress, mark_class
    from autograder.report import write_report
    from autograder.report.plain_text import visible
    from autograder.results import StudentResult

    if marks.exists() and not marks.is_dir():
        fail(f"{marks}: is a file; -o names the folder that the results go to")
    console = Console(highlight=False)
    setting = Setting.find(assignment)
    console.print(f"Data: {load_data(data).description}", markup=False)  # type: ignore[arg-type]
    if layers is None:
        console.print(f"[bold red]Cage: {NO_CAGE}.[/] Every page will say so.")
    else:
        console.print(f"Cage: {layers}", markup=False)
    started = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("Marking", total=None)

        def done(result: StudentResult, fresh: bool) -> None:
            score = "withheld" if result.score is None else f"{result.score:g}"
            bar.update(task, advance=1)
            if fresh:
                bar.console.print(Text(f"  {visible(result.student)}: {score}"))

        progress = Progress(started=lambda total: bar.update(task, total=total), done=done)
        outcome = mark_class(setting, submissions, marks, data, device, jobs, progress, layers)
    results = outcome.results
    table = Table(title=f"{setting.assignment.title} ({results.data}, {results.device})")
    table.add_column("Student", no_wrap=True, min_width=12)
    table.add_column("Score", justify="right", no_wrap=True)
    for name in setting.assignment.notebooks:
        table.add_column(name[:3].replace("_", "."), justify="right", no_wrap=True)
    table.add_column("Remarks")
    for student in results.students:
        by_notebook = [
            f"{sum(task.score for task in student.tasks if task.notebook == name):g}"
            for name in setting.assignment.notebooks
        ]
        remark = shorten(visible(student.messages[0]), 50, placeholder=" …") if student.messages else ""
        score = "withheld" if student.score is None else f"{student.score:g}"
        table.add_row(Text(visible(student.student)), score, *by_notebook, Text(remark))
    console.print(table)
    page = write_report(results, marks)
    count = len(outcome.fresh)
    seconds = time.monotonic() - started
    told = f"{count} marked in {seconds:.0f} s" + (f", {seconds / count:.1f} s each" if count else "")
    known = len(results.students) - count
    console.print(f"{told}; {known} unchanged since the last run. Results: {marks / 'results.json'}", markup=False)
    console.print(f"Pages: {page}", markup=False)
    if outcome.left:
        console.print(
            f"[bold yellow]Stopped.[/] {outcome.left} not marked; what is marked is kept."
            " Run the same command to go on."
        )
        raise typer.Exit(130)
    missing = [student.student for student in results.students if student.status == "withheld"]
    if missing:
        console.print(
            f"[bold red]{len(missing)} withheld[/]: the grader failed on {', '.join(map(visible, missing))};"
            " their pages say how. Nobody has lost points."
        )
        raise typer.Exit(1)
