"""`autograder mark`: runs all checks on all students of a class, and writes the results and pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import choose_data, choose_device, clear_errors, fail
from autograder.cli.words import in_words
from autograder.grading.grader import NO_SANDBOX

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from autograder.course import Assignment
    from autograder.grading.class_run import Outcome
    from autograder.grading.cluster import Cluster
    from autograder.labs.lab import Lab
    from autograder.results import Results, StudentResult
    from autograder.sandbox.layers.choice import Layers
    from autograder.wall import Wall

SHOWN = 40  # at most so many entries that were not taken in are listed


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def mark(
        submissions: Annotated[
            Path,
            typer.Argument(
                help="Folders <student>/<assignment>/, a folder or archive for each student, or an archive of them."
            ),
        ],
        output: Annotated[Path, typer.Option("--output", "-o", metavar="MARKS", help="The folder for the results.")],
        assignment: Annotated[
            str | None, typer.Option(help="An assignment in course.yml; needed if there are several.")
        ] = None,
        data: Annotated[str, typer.Option(help="mnist, digits, or auto: MNIST if it can be had.")] = "auto",
        device: Annotated[str, typer.Option(help="cpu, cuda, or auto: a GPU if there is no sandbox.")] = "auto",
        jobs: Annotated[
            int | None,
            typer.Option(min=1, help="How many students to mark at once; default: one a core, or a GPU."),
        ] = None,
        sandbox: Annotated[
            str, typer.Option(help="namespaces, bubblewrap, landlock, or auto: the best; see `autograder doctor`.")
        ] = "auto",
        unsafe_no_sandbox: Annotated[
            bool,
            typer.Option("--unsafe-no-sandbox", help="Mark without a sandbox: only code of people you trust."),
        ] = False,
        times: Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="When students handed in: CSV, student,time, or Moodle's grading worksheet."
            ),
        ] = None,
        compare_to: Annotated[
            Path | None, typer.Option(metavar="OLD", help="Show whose marks differ from these: MARKS or results.json.")
        ] = None,
        only_these: Annotated[
            bool,
            typer.Option("--only-these", help="Let most of the students in MARKS go: SUBMISSIONS is the whole class."),
        ] = False,
        scheduler: Annotated[
            str | None,
            typer.Option(metavar="ADDRESS", help="Mark with this Dask scheduler's workers: tcp://host:8786."),
        ] = None,
        cluster: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="Start a Dask cluster from this file (local, ssh, slurm) for the run."),
        ] = None,
    ) -> None:
        """Mark a class: run every check on every student, in a sandbox. Later runs mark only what has changed.

        Writes MARKS/results.json, MARKS/index.html and a page for each student. After Ctrl-C or a crash, run the same
        command again: it continues, and students who are marked are not marked again.
        Example: autograder mark submitted -o marks

        Lateness: times come from nbgrader's timestamp.txt, Gradescope's, Brightspace's or Blackboard's download, or
        from the file given with --times: Moodle's grading worksheet, or a file whose first line is student,time and
        whose others are like ada,2027-01-30T08:15:00+00:00. It is copied to MARKS/times.csv, which counts before a
        download's times and replaces all timestamp.txt until you delete it. Students whose time is not known lose
        nothing, and you are told who they are. Deadline, late policy and extensions are in course.yml.

        Many machines: with --scheduler or --cluster the workers of a Dask cluster mark. They are sent the submissions,
        so no shared disk is needed. Each must have the same versions of this course, and proves its own sandbox first;
        it marks as many students at once as it has threads. --device cuda then asks for workers with a GPU.
        Example: autograder mark submitted -o marks --scheduler tcp://head:8786
        """
        from autograder.cli.diff import read
        from autograder.feedback.marked.pages import WRITTEN
        from autograder.grading.class_run import require_inputs
        from autograder.labs.lab import open_lab
        from autograder.sandbox.layers.choice import choose
        from autograder.storage import refuse_links

        with clear_errors():
            old = read(compare_to) if compare_to is not None else None
            choose_data(data)
            lab = open_lab(assignment)
            refuse_links(output / name for name in WRITTEN)  # before a student's pictures are written
            require_inputs(lab, submissions, output, times)
            layers, workers = None, None
            if scheduler is not None or cluster is not None:
                workers = choose_cluster(scheduler, cluster, None if unsafe_no_sandbox else sandbox, jobs)
                # Whether this machine has a GPU or a sandbox does not matter.
                device = choose_device("cpu" if device == "auto" else device) if device != "cuda" else device
            else:
                layers = None if unsafe_no_sandbox else choose(sandbox)
                if device == "auto" and layers is not None:
                    device = "cpu"  # the layers of a sandbox keep a GPU's driver out
                device = choose_device(device)
            run(lab, submissions, output, data, device, jobs, layers, times, old, workers, only_these)


def choose_cluster(scheduler: str | None, file: Path | None, sandbox: str | None, jobs: int | None) -> Cluster:
    """The cluster of `--scheduler` or `--cluster`, whose workers must have a sandbox of this kind (None for none)."""
    from autograder.grading.cluster import Cluster, require, running_at
    from autograder.sandbox.layers.choice import known_kind

    if sandbox is not None:
        known_kind(sandbox)  # the workers find out whether they have it
    if scheduler is not None and file is not None:
        fail("--scheduler uses a running cluster and --cluster starts one; give only one of them")
    if jobs is not None:
        fail("--jobs is for this machine only; a cluster's worker marks as many students at once as it has threads")
    require("distributed", "--scheduler" if scheduler is not None else "--cluster")
    if scheduler is not None:
        return Cluster(running_at(scheduler), sandbox)
    assert file is not None
    from autograder.grading.cluster_file import read_cluster

    return Cluster(read_cluster(file).started, sandbox)


def run(
    lab: Lab,
    submissions: Path,
    marks: Path,
    data: str,
    device: str,
    jobs: int | None,
    layers: Layers | None,
    times: Path | None = None,
    old: Results | None = None,
    cluster: Cluster | None = None,
    only_these: bool = False,
) -> None:
    """Marks, shows progress and a table, writes the pages, and shows what differs from `old` results."""
    import time
    from contextlib import ExitStack
    from textwrap import shorten

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from autograder.data import chosen_data
    from autograder.feedback.marked.pages import write_report
    from autograder.feedback.plain_text import visible
    from autograder.grading.class_run import RunListener, mark_class, withhold

    console = Console(highlight=False)
    console.print(f"Data: {chosen_data(data)[1]}", markup=False)  # type: ignore[arg-type]
    if cluster is not None and cluster.sandbox is not None:
        console.print("Sandbox: each worker's own; it gets no submission before it has proved it")
    elif layers is None:
        console.print(f"[bold red]Sandbox: {NO_SANDBOX}.[/] Every page says so.")
    else:
        console.print(f"Sandbox: {layers}", markup=False)
    started = time.monotonic()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=15),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console)
    with ExitStack() as shown:
        task = bar.add_task("Marking", total=None)
        at_work: dict[str, None] = {}

        def tell() -> None:
            names = shorten(", ".join(at_work), max(20, console.width - 45), placeholder=" …")
            bar.update(task, description=f"Marking {names}" if at_work else "Marking")

        def marking(student: str) -> None:
            at_work[visible(student)] = None
            tell()

        def done(result: StudentResult, fresh: bool) -> None:
            score = in_words(result)
            bar.update(task, advance=1)
            at_work.pop(visible(result.student), None)
            tell()
            if fresh:
                bar.console.print(Text(f"  {visible(result.student)}: {score}"))

        def warn(sentence: str) -> None:
            bar.console.print(Text(visible(sentence), style="bold yellow"))

        def begun(total: int) -> None:
            bar.update(task, total=total)
            shown.enter_context(bar)

        listener = RunListener(begun, marking, done, warn)
        outcome = mark_class(lab, submissions, marks, data, device, jobs, listener, layers, times, cluster, only_these)
    results = outcome.results
    console.print(marks_table(lab.assignment, results, console.width, outcome.wall))
    tell_adjustments(console, outcome)
    page = write_report(results, marks, wall=outcome.wall)
    if {student.student for student in results.students if student.status == "marked"} & set(outcome.wall.failures):
        results = withhold(results, outcome.wall, marks)  # a page of theirs could not be made
    count = len(outcome.fresh)
    seconds = time.monotonic() - started
    each = f", {seconds / count:.1f} s each" if count else ""
    unchanged = len(results.students) - count
    console.print(f"{count} marked in {seconds:.0f} s{each}; {unchanged} unchanged since the last run.", markup=False)
    console.print(f"Results: {marks / 'results.json'}", markup=False)
    console.print(f"Pages: {page}", markup=False)
    if old is not None:
        from autograder.cli.diff import show
        from autograder.grading.difference import difference

        show(difference(old, results), console)
    if outcome.left:
        console.print(
            f"[bold yellow]Stopped.[/] {outcome.left} not marked; the others are kept."
            " Run the same command to continue."
        )
        raise typer.Exit(130)
    tell_left_out(console, results)
    withheld = [student.student for student in results.students if student.status == "withheld"]
    if withheld:
        console.print(
            f"[bold red]{len(withheld)} withheld[/]: the grader failed on {', '.join(map(visible, withheld))};"
            " their pages show the error. Nobody has lost points."
        )
        raise typer.Exit(1)


def marks_table(assignment: Assignment, results: Results, width: int, wall: Wall) -> Table:
    """A line for each student. Where the notebooks' points would leave no room for remarks, they are left out."""
    from textwrap import shorten

    from rich.table import Table
    from rich.text import Text

    from autograder.feedback.plain_text import visible

    longest = max((len(student.student) for student in results.students), default=0)
    notebooks = assignment.notebooks if width >= min(longest, 30) + 8 * len(assignment.notebooks) + 60 else []
    table = Table(title=f"{assignment.title} ({results.data}, {results.device})")
    table.add_column("Student", overflow="fold", min_width=min(12, longest), max_width=max(12, 2 * width // 5))
    table.add_column("Score", justify="right", no_wrap=True)
    for name in notebooks:
        table.add_column(name[:3].replace("_", "."), justify="right", no_wrap=True)
    table.add_column("Remarks", overflow="fold")
    for student in results.students:
        with wall.around(student.student, "showing the result"):
            points = [f"{sum(task.score for task in student.tasks if task.notebook == name):g}" for name in notebooks]
            remark = shorten("; ".join(map(visible, remarks(student))), 90, placeholder=" …")
            table.add_row(Text(visible(student.student)), in_words(student), *points, Text(remark))
    return table


def remarks(student: StudentResult) -> list[str]:
    """The remarks beside a student's score in the table."""
    from autograder.results import AGAIN, AGAIN_FOR_A_TASK, LOOK

    found = [LOOK] if student.unjudged else []
    if student.late is not None:
        days, points = student.late.days, student.late.points
        found.append(f"late by {days} d: −{points:g}" if days else "within the grace period")
    if student.extension is not None:
        found.append("has an extension")
    decided = sum(1 for _, check in student.checks if check.override is not None)
    if decided:
        found.append(f"{decided} decided by hand")
    if student.ask_again:
        found.append(f"ask {AGAIN if student.no_mark_yet else AGAIN_FOR_A_TASK}")
    return found + student.messages[:1]


def tell_adjustments(console: Console, outcome: Outcome) -> None:
    """Shows how times, lateness, extensions and overrides were applied, and which of them fit nobody."""
    from rich.text import Text

    from autograder.cli.override import tell_misfit
    from autograder.feedback.plain_text import visible
    from autograder.grading.class_run import LATE_BY_UNKNOWN
    from autograder.grading.overrides import FLAG
    from autograder.results import AGAIN_FOR_A_TASK
    from autograder.submission.names import listed

    def flagged(words: str) -> list[str]:
        return [student.student for student in students if any(words in flag for flag in student.flags)]

    def names(students: list[str]) -> str:
        return listed([visible(name) for name in students])

    times, students = outcome.times, outcome.results.students
    if times is not None and not times.known and not times.source:
        worksheet = any("participant" in student.person for student in students)
        file = "`--times FILE`: Moodle's grading worksheet has them" if worksheet else "`--times FILE`"
        what = "no submission has a timestamp.txt of nbgrader's or a time of the course system's"
        console.print(Text(f"Lateness: {what}, so nothing is taken off. Give the times with {file}."))
    elif times is not None:
        late = sum(1 for student in students if student.late is not None and student.late.days)
        timed = sum(1 for student in students if student.student in times.known)
        so_far = " who are marked so far" if outcome.left else ""
        counted = f"{late} of {timed}{so_far} came late" if timed else "nobody's time is known"
        console.print(Text(f"Lateness: {counted}, by {visible(times.sources)}."))
        missing = [student.student for student in students if student.student in set(times.missing)]
        if missing:
            count = len(missing)
            what = f"{count} {'student has' if count == 1 else 'students have'} no known time: {names(missing)}."
            replaced = " The list replaces every timestamp.txt." if times.source else ""
            if lost := [name for name in missing if name in times.replaced]:
                replaced += f" So a time that was known is gone for {names(lost)}: add them to the list."
            console.print(Text(f"{what} Nothing is taken off.{replaced}", style="bold yellow"))
        if times.strangers:
            console.print(Text(f"Times for nobody in this class: {names(times.strangers)}.", style="bold yellow"))
    if times is not None and times.committed:
        count = len(times.committed)
        who = "1 submission is a git repository" if count == 1 else f"{count} submissions are git repositories"
        why = "The times of commits are not used for lateness, since students can choose them."
        console.print(Text(f"{who}. {why}", style="bold yellow"))
    if undated := flagged(LATE_BY_UNKNOWN):
        what = f"Late, but the course system does not say since when: {names(undated)}. Nothing is taken off."
        console.print(Text(what, style="bold yellow"))
    if outcome.extended:
        who = listed([visible(name) for name in outcome.extended], 4)  # short: they may all be of another class
        console.print(Text(f"Extensions for nobody in this class: {who}.", style="bold yellow"))
    if outcome.gone:
        count = len(outcome.gone)
        who, are = ("student", "is") if count == 1 else ("students", "are")
        what = f"{count} {who} who had marks here {are} not in this class: {names(outcome.gone)}."
        cure = "Mark the folder of the whole class to have their marks again."
        console.print(Text(f"{what} {cure}", style="bold yellow"))
    if outcome.overrides:
        fitting = len(outcome.overrides) - len(outcome.misfits)
        console.print(f"{fitting} check{'' if fitting == 1 else 's'} decided by hand (overrides.yml).")
    if changed := flagged(FLAG):
        what = f"What was decided on has changed for {names(changed)}; see their flags."
        console.print(Text(what, style="bold yellow"))
    for decision in outcome.misfits:
        tell_misfit(console, decision)
    if outcome.again:
        count = sum(outcome.again.values())
        what = (
            f"The machine was busy, and {count} answer{'' if count == 1 else 's'} of {names(list(outcome.again))} ran"
            " out of time. They were marked again alone, and only that counts."
        )
        console.print(Text(what, style="bold yellow"))
    if ask := [each.student for each in students if each.ask_again and not each.no_mark_yet]:
        what = f"Ask {AGAIN_FOR_A_TASK}: {names(ask)}. Their flags on the class page say for what."
        console.print(Text(what, style="bold yellow"))
    for student in students:
        if student.unjudged:
            where = listed(student.unjudged)
            what = (
                f"Could not be judged: {where} of {visible(student.student)}, because the grader failed on the answer."
            )
            cure = "Look at the flags on the class page before these points count; `autograder override` decides."
            console.print(Text(f"{what} {cure}", style="bold red"))
    if outcome.unreadable:
        what = (
            f"No mark yet for {names(outcome.unreadable)}: what they handed in, or a part of it, did not come through."
        )
        cure = (
            "Ask again, or decide on one of their checks with `autograder override`; until then exports have no mark."
        )
        console.print(Text(f"{what} {cure}", style="bold red"))


def tell_left_out(console: Console, results: Results) -> None:
    """Lists what was handed over and not taken in, with its reason."""
    from rich.text import Text

    from autograder.feedback.plain_text import visible

    if not results.left_out:
        return
    console.print(f"[bold yellow]{len(results.left_out)} not taken in:[/]")
    for entry in results.left_out[:SHOWN]:
        where = f"{entry.student}: {entry.name}" if entry.student else entry.name
        lines = Text(f"{visible(where)}: {visible(entry.reason)}").wrap(console, max(20, console.width - 4))
        for number, line in enumerate(lines):
            console.print(Text("    " if number else "  ").append(line), soft_wrap=True)
    if len(results.left_out) > SHOWN:
        console.print(f"  … and {len(results.left_out) - SHOWN} more; the class page lists them all")
