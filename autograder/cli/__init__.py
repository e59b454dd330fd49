"""The command line, `autograder VERB`: each verb is a module of this folder. Students have only some of them."""

from __future__ import annotations

import importlib
import importlib.util

import typer

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
    return app


def main() -> None:
    """The console script."""
    program()()
