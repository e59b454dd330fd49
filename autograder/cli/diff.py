"""`autograder diff`: whose marks moved between two results, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import clear_errors

if TYPE_CHECKING:
    from rich.console import Console

    from autograder.grading.difference import CheckChange, Difference, State
    from autograder.results import Results

NAMED = 8  # students of one change that the table names


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def diff(
        old: Annotated[Path, typer.Argument(metavar="OLD", help="A MARKS folder, or a results.json.")],
        new: Annotated[Path, typer.Argument(metavar="NEW", help="The other one.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    ) -> None:
        """Show whose marks moved from OLD to NEW, and which checks, decisions and deadlines moved them.

        To see what a change of checks would do, mark the same submissions into two folders, the second of which was
        given cache/seed of the first, so that the hidden images are the same. Exit status: 0 if no mark
        moved, 1 if some did (a student who is in one of the two alone counts), 2 if a file can't be read. Example:
        autograder diff marks-before marks
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
                    "The two were marked on other hidden images, so that an accuracy within its band may differ by some"
                    " hundredths of a point: copy OLD/cache/seed to NEW/cache/seed before marking into NEW."
                )
        raise typer.Exit(1 if found.moved else 0)


def read(path: Path) -> Results:
    """The results in a MARKS folder or a file; raises `ResultsError`."""
    from autograder.results import Results

    return Results.read(path / "results.json" if path.is_dir() else path)


def show(found: Difference, console: Console) -> None:
    """Prints the students whose marks moved, then what changed, check by check."""
    from rich.table import Table
    from rich.text import Text

    from autograder.feedback.plain_text import visible

    for remark in found.remarks:
        console.print(Text(visible(remark), style="yellow"))
    if found.moved:
        table = Table(title="Marks that moved")
        table.add_column("Student", no_wrap=True)
        for column in ("Old", "New", "Change"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("Why")
        for one in found.moved:
            if one.only_in is not None:
                why = [f"only in {one.only_in.upper()}"]
            else:
                moving = [c for c in one.checks if c.old is None or c.new is None or c.old.score != c.new.score]
                why = ["another submission"] if one.resubmitted else []
                why += [f"{change.place} {_points(change)}" for change in moving] + one.reasons
                if one.old_max != one.new_max:
                    why.append(f"of {one.new_max:g} points, not of {one.old_max:g}")
            change = "" if one.old is None or one.new is None else f"{one.new - one.old:+g}"
            old, new = (
                "—" if one.only_in == other else "withheld" if score is None else f"{score:g}"
                for score, other in ((one.old, "new"), (one.new, "old"))
            )
            table.add_row(Text(visible(one.student)), old, new, change, Text(visible("; ".join(why))))
        console.print(table)
    by_check = found.by_check()
    if by_check:
        table = Table(title="Checks that say something else")
        for column in ("Check", "Before", "Now"):
            table.add_column(column, overflow="fold")
        table.add_column("Students", ratio=1)
        for place, changes in by_check.items():
            groups: dict[tuple[str, str], list[CheckChange]] = {}
            for each in changes:
                decided = " (decided)" if each.overridden else ""
                groups.setdefault((_state(each.old), _state(each.new) + decided), []).append(each)
            for (before, now), those in sorted(groups.items(), key=lambda group: -len(group[1])):
                names = [visible(each.student) for each in those]
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                row = (visible(place), visible(before), visible(now), f"{', '.join(names[:NAMED])}{more}")
                table.add_row(*map(Text, row))
        console.print(table)
    unmoved = [one for one in found.students if not one.moved]
    moved = len(found.moved)
    console.print(
        f"{moved} mark{'' if moved == 1 else 's'} moved"
        + (f"; of {len(unmoved)} more students something else differs." if unmoved else ".")
    )


def _points(change: CheckChange) -> str:
    old, new = ("—" if state is None else f"{state.score:g}" for state in (change.old, change.new))
    return f"{old} → {new}"


def _state(state: State | None) -> str:
    from autograder.states import CHECK_BADGES

    if state is None:
        return "not there"
    name = f" ({state.diagnosis})" if state.diagnosis else ""
    return f"{CHECK_BADGES[state.status].word}{name}, {state.score:g} of {state.max_score:g}"
