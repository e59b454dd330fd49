"""`autograder new task|lab`: makes a small task or lab that passes the gate, for you to edit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.shared import clear_errors, fail

if TYPE_CHECKING:
    from autograder.new.skeleton import Plan

HIDDEN_POINTS = 1.0


def register(app: typer.Typer) -> None:
    """Adds the command."""
    new = typer.Typer(no_args_is_help=True, help="Make a small task or lab that works, to be edited.")
    app.add_typer(new, name="new")

    @new.command()
    def task(
        name: Annotated[str, typer.Argument(metavar="ID", help="Lower-case letters, digits and hyphens: my-task.")],
        notebook: Annotated[str, typer.Option(help="The notebook for it, which may be new: 4_7_pixels.")],
        title: Annotated[str, typer.Option(help="The title that students read; default: the id, in words.")] = "",
        assignment: Annotated[
            str | None, typer.Option("--assignment", "--lab", help="Which assignment, if there are several.")
        ] = None,
        points: Annotated[float, typer.Option(help="Points of the task, which are added to the assignment's.")] = 3,
        hidden_check: Annotated[
            bool, typer.Option("--hidden-check", help="Add a second, hidden check that gets 1 of the points.")
        ] = False,
    ) -> None:
        """Add a task: a function for students to write, with solution, checks, a known mistake and an accepted answer.

        The new task is small, but works. Edit it until it is the one that you want.
        Example: autograder new task stretch-contrast --notebook 4_4_own_image --points 3
        """
        from autograder.new.skeleton import SkeletonError, new_task

        with clear_errors():
            hidden = HIDDEN_POINTS if hidden_check else 0
            words = title or name.replace("-", " ").capitalize()
            try:
                plan = new_task(_course(), assignment, name, notebook, words, points, hidden)
                plan.write()
            except SkeletonError as error:
                fail(str(error))
        _tell(plan, assignment)

    @new.command()
    def lab(
        name: Annotated[str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and underscores: lab5.")],
        title: Annotated[str, typer.Option(help="The title that students read; default: the name.")] = "",
        task: Annotated[str, typer.Option(help="The id of its first task.")] = "first-task",
        notebook: Annotated[str, typer.Option(help="The notebook for that task.")] = "1_first_notebook",
        points: Annotated[float, typer.Option(help="Points of that task.")] = 3,
    ) -> None:
        """Add a lab with one notebook and one task: reference, checks, a known mistake, tests, an entry in course.yml.

        Example: autograder new lab lab5 --title "Lab 5: pixels" --task rescale --notebook 5_1_pixels
        """
        from autograder.new.skeleton import SkeletonError, new_lab

        with clear_errors():
            try:
                plan = new_lab(_course(), name, title or name.capitalize(), task, notebook, points)
                plan.write()
            except SkeletonError as error:
                fail(str(error))
        _tell(plan, name)


def _course() -> Path:
    """The course file in the current folder or above it. Raises `CourseError`."""
    from autograder.course import CourseError, find_course

    found = find_course()
    if found is None:
        raise CourseError("there is no course.yml in this folder or above it; run this in the course repository")
    return found


def _tell(plan: Plan, assignment: str | None) -> None:
    """Lists what was made, and says what to do next."""
    typer.echo("New files:")
    for path in plan.new:
        typer.echo(f"  {path.relative_to(plan.root)}")
    typer.echo("Changed files:")
    for path in plan.changed:
        typer.echo(f"  {path.relative_to(plan.root)}")
    which = f" --assignment {assignment}" if assignment else ""
    typer.echo(
        "Next: edit the task's text, solution and checks in these files, in this order: the notebook, the check "
        "file,\nthe known mistakes, the accepted answer. Then:\n"
        f"  autograder build{which}      builds source/ and release/, and tries everything at the gate\n"
        "docs/add-a-task.md says what each file is for."
    )
