"""Tasks that ask for a figure: it must show the arrays that were given, each on its own axes, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge import figures
from autograder.labs.questions import ANY, Ask, Aspect, Given, Question, sketch


def figure_question(
    id: str,
    task: str,
    procedure: Callable[..., Any],
    uses: str,
    given: Callable[[Ask, int], Given],
    shown: Callable[[Given], np.ndarray],
    one: str,
    instead: Given | None = None,
) -> Question:
    """Whether the function `uses` shows each of `shown(given)` (count, height, width), of which one is called `one`,
    such as "filter"; the picture goes to the feedback page."""
    return Question(
        id=id,
        task=task,
        procedure=procedure,
        uses=(uses,),
        given=given,
        aspects=(
            Aspect("images", _what_is_shown),
            Aspect("values", _values_shown),
            Aspect(
                "figure",
                lambda answer, given: figures.judge_figure(answer, shown(given), f"`{uses}`", one),
                check=ANY,
                right=None,
            ),
        ),
        instead=instead,
        draws=True,
    )


def _what_is_shown(answer: Any, given: Given) -> str:
    if not answer["figure"]:
        return str(answer["kind"])
    shapes = [np.asarray(image).shape for image in answer["images"]]
    return f"{len(shapes)} of {sorted(set(shapes))}, {answer['blank']} blank, {answer['covered']} covered"


def _values_shown(answer: Any, given: Given) -> np.ndarray | None:
    if not answer["figure"]:
        return None
    images = answer["images"]
    return np.concatenate([sketch([image]) for image in images]) if images else np.zeros(0)
