"""`autograder mark`: all checks on all students."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import choose_data, choose_device, clear_errors, fail
from autograder.grading.grader import NO_SANDBOX

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.grading.class_run import Outcome
    from autograder.grading.cluster import Elsewhere
    from autograder.results import Results, StudentResult
    from autograder.sandbox.layers.choice import Layers


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
        sandbox: Annotated[
            str, typer.Option(help="auto, namespaces, bubblewrap or landlock; see `autograder doctor`.")
        ] = "auto",
        unsafe_no_sandbox: Annotated[
            bool, typer.Option("--unsafe-no-sandbox", help="Without a sandbox: only for the work of people you trust.")
        ] = False,
        times: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="When submissions came: CSV with student,time. Outranks nbgrader's timestamp.txt."
            ),
        ] = None,
        compare_to: Annotated[
            Path | None, typer.Option(metavar="OLD", help="Say whose marks differ from these: MARKS or results.json.")
        ] = None,
        scheduler: Annotated[
            str | None,
            typer.Option(metavar="ADDRESS", help="Mark at the workers of this Dask scheduler, as tcp://host:8786."),
        ] = None,
        cluster: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="Start a Dask cluster from this file (local, ssh, slurm), and end it."),
        ] = None,
    ) -> None:
        """Mark a class: every check on every student, in a sandbox. A second run marks only what has changed.

        Writes MARKS/results.json, MARKS/index.html and a page for each student. Ctrl-C, or worse, loses nothing that is
        marked: run the same command to go on. Example: autograder mark submitted -o marks

        Lateness: the time of a submission is that of nbgrader's timestamp.txt, or stands in the file of --times, with
        its zone (a first line student,time, then lines such as ada,2027-01-30T08:15:00+00:00); that file is kept as
        MARKS/times.csv, and then it alone counts, until you take it away. Who
        has no known time loses nothing, and you are told. Deadline, late policy and extensions are in course.yml.

        Many machines: with --scheduler or --cluster submissions go to the workers of a Dask cluster, as bytes; no disk
        is shared. Each worker has this course in the same versions, and a sandbox of its own, which it proves first; it
        marks as many students at once as it has threads. --device cuda then means workers with a GPU. Example:
        autograder mark submitted -o marks --scheduler tcp://head:8786
        """
        from autograder.cli.diff import read
        from autograder.sandbox.layers.choice import choose

        with clear_errors():
            old = read(compare_to) if compare_to is not None else None
            choose_data(data)
            if scheduler is not None or cluster is not None:
                elsewhere = choose_workers(scheduler, cluster, None if unsafe_no_sandbox else sandbox, jobs)
                # What this machine has, a GPU or a sandbox, does not matter there.
                device = choose_device("cpu" if device == "auto" else device) if device != "cuda" else device
                run(submissions, output, assignment, data, device, None, None, times, old, elsewhere)
            else:
                layers = None if unsafe_no_sandbox else choose(sandbox)
                run(submissions, output, assignment, data, choose_device(device), jobs, layers, times, old)


def choose_workers(scheduler: str | None, file: Path | None, sandbox: str | None, jobs: int | None) -> Elsewhere:
    """The cluster of `--scheduler` or `--cluster`; each worker is to have a sandbox of the kind `sandbox`, None for
    none."""
    from autograder.grading.cluster import Elsewhere, at, require
    from autograder.sandbox.layers.choice import known_kind

    if sandbox is not None:
        known_kind(sandbox)  # whether a worker has it shows there
    if scheduler is not None and file is not None:
        fail("--scheduler names a cluster that runs, --cluster starts one: say one of them")
    if jobs is not None:
        fail("--jobs is about this machine; a worker of a cluster marks as many students at once as it has threads")
    for package in ("distributed", "msgpack"):
        require(package, "--scheduler" if scheduler is not None else "--cluster")
    if scheduler is not None:
        return Elsewhere(at(scheduler), sandbox)
    assert file is not None
    from autograder.grading.cluster_file import read_cluster

    return Elsewhere(read_cluster(file).started, sandbox)


def run(
    submissions: Path,
    marks: Path,
    assignment: str | None,
    data: str,
    device: str,
    jobs: int | None,
    layers: Layers | None,
    times: Path | None = None,
    old: Results | None = None,
    elsewhere: Elsewhere | None = None,
) -> None:
    """Marks, shows progress and a table, writes the pages; says what differs from `old` results."""
    import time
    from textwrap import shorten

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.table import Table
    from rich.text import Text

    from autograder.data import chosen_data
    from autograder.feedback.marked.pages import write_report
    from autograder.feedback.plain_text import visible
    from autograder.grading.class_run import Progress, mark_class
    from autograder.labs.lab import open_lab

    if marks.exists() and not marks.is_dir():
        fail(f"{marks}: is a file; -o names the folder that the results go to")
    console = Console(highlight=False)
    lab = open_lab(assignment)
    console.print(f"Data: {chosen_data(data)[1]}", markup=False)  # type: ignore[arg-type]
    if elsewhere is not None and elsewhere.sandbox is not None:
        console.print("Sandbox: each worker's own; it gets no work before it has proved it")
    elif layers is None:
        console.print(f"[bold red]Sandbox: {NO_SANDBOX}.[/] Every page will say so.")
    else:
        console.print(f"Sandbox: {layers}", markup=False)
    started = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("Marking", total=None)

        def done(result: StudentResult, fresh: bool) -> None:
            score = "withheld" if result.score is None else f"{result.score:g}"
            bar.update(task, advance=1)
            if fresh:
                bar.console.print(Text(f"  {visible(result.student)}: {score}"))

        def tell(sentence: str) -> None:
            bar.console.print(Text(visible(sentence), style="bold yellow"))

        progress = Progress(started=lambda total: bar.update(task, total=total), done=done, told=tell)
        outcome = mark_class(lab, submissions, marks, data, device, jobs, progress, layers, times, elsewhere)
    results = outcome.results
    table = Table(title=f"{lab.assignment.title} ({results.data}, {results.device})")
    table.add_column("Student", no_wrap=True, min_width=12)
    table.add_column("Score", justify="right", no_wrap=True)
    for name in lab.assignment.notebooks:
        table.add_column(name[:3].replace("_", "."), justify="right", no_wrap=True)
    table.add_column("Remarks")
    for student in results.students:
        by_notebook = [
            f"{sum(task.score for task in student.tasks if task.notebook == name):g}"
            for name in lab.assignment.notebooks
        ]
        remark = shorten("; ".join(map(visible, remarks(student))), 50, placeholder=" …")
        score = "withheld" if student.score is None else f"{student.score:g}"
        table.add_row(Text(visible(student.student)), score, *by_notebook, Text(remark))
    console.print(table)
    tell_adjustments(console, outcome)
    page = write_report(results, marks)
    count = len(outcome.fresh)
    seconds = time.monotonic() - started
    told = f"{count} marked in {seconds:.0f} s" + (f", {seconds / count:.1f} s each" if count else "")
    known = len(results.students) - count
    console.print(f"{told}; {known} unchanged since the last run. Results: {marks / 'results.json'}", markup=False)
    console.print(f"Pages: {page}", markup=False)
    if old is not None:
        from autograder.cli.diff import show
        from autograder.grading.difference import difference

        show(difference(old, results), console)
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


def remarks(student: StudentResult) -> list[str]:
    """What stands beside a student's score in the table."""
    found = []
    if student.late is not None:
        found.append(
            f"late by {student.late.days} d: −{student.late.points:g}" if student.late.days else "within the grace"
        )
    decided = sum(1 for _, check in student.checks if check.override is not None)
    if decided:
        found.append(f"{decided} decided by hand")
    return found + student.messages[:1]


def tell_adjustments(console: Console, outcome: Outcome) -> None:
    """Says what stands on the findings: times and lateness, overrides; and what of them fits nobody."""
    from rich.text import Text

    from autograder.cli.override import tell_misfit
    from autograder.feedback.plain_text import visible

    def names(students: list[str]) -> str:
        shown = ", ".join(visible(name) for name in students[:5])
        return f"{shown} and {len(students) - 5} more" if len(students) > 5 else shown

    times, students = outcome.times, outcome.results.students
    if times is not None and not times.known and not times.strangers and times.source.startswith("nbgrader"):
        console.print(
            "Lateness: no submission has a timestamp.txt, so nothing is taken off; `--times FILE` says when they came."
        )
    elif times is not None:
        late = sum(1 for one in students if one.late is not None and one.late.days)
        console.print(Text(f"Lateness: by {visible(times.source)}, {late} of {len(times.known)} came late."))
        if times.missing:
            what = "has no known time" if len(times.missing) == 1 else "have no known time"
            console.print(
                Text(f"{len(times.missing)} {what}: {names(times.missing)}. Nothing is taken off.", style="bold yellow")
            )
        if times.strangers:
            console.print(Text(f"Times of nobody in this class: {names(times.strangers)}.", style="bold yellow"))
    if outcome.extended:
        console.print(Text(f"Extensions of nobody in this class: {names(outcome.extended)}.", style="bold yellow"))
    changed = [one.student for one in students for flag in one.flags if flag.startswith("Override of ")]
    if outcome.overrides:
        fitting = len(outcome.overrides) - len(outcome.misfits)
        console.print(f"{fitting} check{'' if fitting == 1 else 's'} decided by hand (overrides.yml).")
    if changed:
        what = f"What was decided on has changed since: {names(list(dict.fromkeys(changed)))}; see their flags."
        console.print(Text(what, style="bold yellow"))
    for decision in outcome.misfits:
        tell_misfit(console, decision)
    if outcome.unreadable:
        what = f"Nothing could be read of what came from {names(outcome.unreadable)}: ask again before a 0 counts."
        console.print(Text(what, style="bold yellow"))
