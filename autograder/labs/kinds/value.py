"""Tasks that ask for a short answer: a variable that holds a shape or a count.

A students' key holds hashes of the right answer and of known wrong ones, so that looking into it tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge import values
from autograder.judge.oracle import RIGHT
from autograder.labs.kinds import value_procedures
from autograder.labs.questions import ANY, Aspect, Question


def shape_question(name: str, task: str, length: int, hint: str, hint_on_length: str) -> Question:
    """Whether the variable `name` is the right shape, of `length` numbers."""
    return _question(
        name, task, values.read_shape, "shape", lambda got, _: hint if len(got) == length else hint_on_length
    )


def count_question(name: str, task: str, hint: str) -> Question:
    """Whether the variable `name` is the right whole number."""
    return _question(name, task, values.read_count, "number", hint)


def _question(
    name: str, task: str, read: Callable[[Any, str], Any], what: str, hint: str | Callable[[Any, Any], str]
) -> Question:
    def digest(value: Any) -> bytes:
        return values.digest(name, *(value if isinstance(value, tuple) else (value,)))

    return Question(
        id=name,
        task=task,
        procedure=value_procedures.values,
        uses=(name,),
        given=lambda ask, seed: {"name": name},
        aspects=(
            Aspect(RIGHT, lambda answer, given: np.frombuffer(digest(read(answer, name)), np.uint8)),
            Aspect(
                what,
                lambda answer, given: read(answer, name),
                check=ANY,
                right_in=RIGHT,
                alike=lambda got, want: digest(got) == want.tobytes(),
                say=f"`{name}` is {{got}}, which is not the right {what}.",
                hint=hint,
            ),
        ),
    )
