"""`autograder diff`: shows whose marks moved between two results, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import clear_errors
from autograder.cli.words import check_cell, score_in_words

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.grading.difference import CheckChange, CheckOutcome, Difference
    from autograder.results import Results

SHOWN = 8  # the checks of one student are named if no more than these moved the mark; the next table has them all


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def diff(
        old: Annotated[Path, typer.Argument(metavar="OLD", help="A MARKS folder, or a results.json.")],
        new: Annotated[Path, typer.Argument(metavar="NEW", help="What to compare it with, the same.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    ) -> None:
        """Show whose marks moved from OLD to NEW, and which checks, decisions and deadlines moved them.

        To see the effect of a change to checks, mark the same submissions into two folders. Copy cache/seed from the
        first to the second before marking into it, so that both use the same hidden images. Exit status: 0 if no mark
        moved, 1 if some did (also if a student is in only one of the two), 2 if a file cannot be read.
        Example: autograder diff marks-before marks
        """
        from rich.console import Console

        from autograder.grading.difference import difference

        with clear_errors():
            found = difference(read(old), read(new))
        if as_json:
            typer.echo(found.model_dump_json(indent=1))
        else:
            console = Console(highlight=False)
            show(found, console)
            seeds = [(path / "cache" / "seed") for path in (old, new)]
            if all(seed.is_file() for seed in seeds) and seeds[0].read_bytes() != seeds[1].read_bytes():
                console.print(
                    "The two were marked with different hidden images, so points for accuracy may differ by a few"
                    " hundredths. To avoid this, copy OLD/cache/seed to NEW/cache/seed before marking into NEW."
                )
        raise typer.Exit(1 if found.moved else 0)


def read(path: Path) -> Results:
    """The results in a MARKS folder or a file; raises `ResultsError`."""
    from autograder.results import Results

    return Results.read(path / "results.json" if path.is_dir() else path)


def show(found: Difference, console: Console) -> None:
    """Prints whose marks moved, and then what changed, check by check."""
    from rich.table import Table
    from rich.text import Text

    from autograder.feedback.plain_text import visible
    from autograder.submission.names import listed

    for remark in found.remarks:
        console.print(Text(visible(remark), style="yellow"))
    if found.moved:
        table = Table(title="Marks that moved")
        table.add_column("Student", overflow="fold", max_width=max(12, console.width // 4))
        for column in ("Old", "New", "Change"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("Why", overflow="fold")
        for student in found.moved:
            if student.only_in is not None:
                why = [f"only in {student.only_in.upper()}"]
            else:
                moving = [c for c in student.checks if c.old is None or c.new is None or c.old.score != c.new.score]
                why = ["a different submission"] if student.resubmitted else []
                if len(moving) > SHOWN:
                    now = "" if student.new is None else f", now {student.new:g} of {student.new_max:g}"
                    why.append(f"{len(moving)} checks{now}")
                else:
                    why += [f"{change.place} {_points(change)}" for change in moving]
                why += student.reasons
                if student.old_max != student.new_max:
                    why.append(f"the maximum was {student.old_max:g} points and is {student.new_max:g}")
            moved_by = "" if student.old is None or student.new is None else f"{student.new - student.old:+g}"
            old, new = (
                "—" if student.only_in == other else score_in_words(score, unread)
                for score, unread, other in (
                    (student.old, student.old_unread, "new"),
                    (student.new, student.new_unread, "old"),
                )
            )
            table.add_row(Text(visible(student.student)), old, new, moved_by, Text(visible(_listed(why))))
        console.print(table)
    by_check = found.by_check()
    if by_check:
        table = Table(title="Checks that changed")
        table.add_column("Check", overflow="fold")
        for column in ("Before", "Now"):
            table.add_column(column, overflow="fold", max_width=max(12, console.width // 5))
        table.add_column("Students", overflow="fold", ratio=1)
        for place, changes in by_check.items():
            groups: dict[tuple[str, str], list[CheckChange]] = {}
            for change in changes:
                decided = " (decided)" if change.overridden else ""
                groups.setdefault((_in_words(change.old), _in_words(change.new) + decided), []).append(change)
            for (before, now), alike in sorted(groups.items(), key=lambda group: -len(group[1])):
                names = listed([visible(change.student) for change in alike])
                table.add_row(check_cell(place, console.width), *map(Text, (visible(before), visible(now), names)))
        console.print(table)
    others: dict[str, list[str]] = {}
    for student in found.students:
        if not student.moved:
            why = (["a different submission"] if student.resubmitted else []) + student.reasons
            if why:  # the others are in the table of checks
                others.setdefault(_listed(why), []).append(visible(student.student))
    for same, of in others.items():
        console.print(Text(f"{listed(of)}: the same mark, but {visible(same)}."))
    moved = len(found.moved)
    console.print(f"{moved} mark{'' if moved == 1 else 's'} moved.")


def _listed(reasons: list[str]) -> str:
    return "; ".join(reason.rstrip(".") for reason in reasons)


def _points(change: CheckChange) -> str:
    old, new = ("—" if outcome is None else f"{outcome.score:g}" for outcome in (change.old, change.new))
    return f"{old} → {new}"


def _in_words(outcome: CheckOutcome | None) -> str:
    from autograder.states import CHECK_BADGES

    if outcome is None:
        return "did not exist"
    name = f" ({outcome.diagnosis})" if outcome.diagnosis else ""
    return f"{CHECK_BADGES[outcome.status].word}{name}, {outcome.score:g} of {outcome.max_score:g}"
