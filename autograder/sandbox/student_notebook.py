"""What students' code imports from `autograder.notebook`, as a student process has it: no check runs there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

import autograder
from autograder.submission import definitions

__all__ = ["best_device", "borrow", "check", "pack"]


def borrow(name: str) -> Any:
    """The definition of `name` from another notebook or script of this folder, as it was last saved there."""
    here = definitions.Surroundings.now()  # what the other notebook sets up for itself stays there
    if definitions.lender is not None:  # a whole submission is loaded: lend what it defines
        try:
            return definitions.lender.load(name)
        finally:
            here.restore()
    caller = sys._getframe(1).f_globals.get("__file__")
    folder = Path(caller).parent if caller else Path.cwd()
    try:
        return definitions.Definitions(folder).load(name)
    except definitions.Missing:
        raise NameError(
            f"no notebook in this folder defines `{name}` yet: write it there, save, and run again"
        ) from None
    except NotImplementedError:
        raise NameError(f"`{name}` is not filled in yet in its own notebook") from None
    finally:
        definitions.lender = None
        here.restore()


def best_device() -> str:
    """ "cuda" where a GPU can be used, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def check(task: str) -> float:
    """Nothing: the grader checks what a student process defines from outside."""
    return 0.0


def pack() -> None:
    """Nothing: what is packed is packed in the student's own notebook."""


def here(lab: str) -> None:
    """Nothing: a notebook's first cell has nothing to set up here."""


def take_the_notebooks_place() -> None:
    """Makes imports of `autograder.notebook` and `autograder.start` give this module from now on in this process."""
    for name in ("notebook", "start"):
        sys.modules[f"autograder.{name}"] = sys.modules[__name__]
        setattr(autograder, name, sys.modules[__name__])  # for `import autograder.notebook`
