"""The command line, `autograder VERB`: each verb is a module of this folder. Students have only some of them."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import inspect
import sys

import typer

from autograder.storage import take_all_text

VERBS = ("build", "new", "check", "mark", "override", "report", "export", "diff", "train", "doctor")


def program() -> typer.Typer:
    """The program with the verbs that this package has."""
    app = typer.Typer(
        help="Coursework in deep learning with marks that can be trusted.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def _root() -> None:
        """Coursework in deep learning with marks that can be trusted."""

    for verb in VERBS:
        name = f"{__name__}.{verb}"
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).register(app)
    let_help_flow(app)
    return app


def let_help_flow(app: typer.Typer) -> None:
    """Lets help texts wrap where the terminal ends, not where a docstring's lines do. An example is a paragraph."""
    for command in app.registered_commands:
        text = inspect.getdoc(command.callback) or ""
        paragraphs = text.replace("\nExample:", "\n\nExample:").split("\n\n")
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            let_help_flow(group.typer_instance)


def main() -> None:
    """The console script."""
    take_all_text(sys.stdout)
    gc.disable()  # imports create tens of thousands of objects, and no garbage
    app = program()
    gc.freeze()
    gc.enable()
    app()
