"""Tasks that ask for a figure: it must show the arrays that were given, each on its own axes, in order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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
    other_axes: float = 0.25,
    other_axes_called: str = "other-axes",
    as_they_are: float = 0.0,
    besides: float = 0.0,
) -> Question:
    """Whether the function `uses` shows each of `shown(given)` (count, height, width), of which one is called `one`,
    such as "filter"; the picture goes to the feedback page.

    `other_axes` is the share of the points that axes without an image cost, as the mistake `other_axes_called`, and
    `as_they_are` the share for values that are shifted or scaled before they are drawn, and `besides` the share for a
    figure that is shown or saved, too.
    """
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
            Aspect(
                "values as they are",
                lambda answer, given: _farthest(answer, shown(given)) if as_they_are else 0.0,
                check=ANY,
                right=0.0,
                alike=lambda got, want: got < 1e-3,
                say=f"`{uses}` shows each {one}, but its values are shifted or scaled before they are drawn.",
                worth=as_they_are,
                mistake="rescaled",
            ),
            *(_besides(uses, besides) if besides else ()),
            Aspect(
                "others",
                check=ANY,
                right=0,
                say=f"`{uses}`: besides the images, the figure has other axes ({{got}} of them).",
                hint="Are there empty axes at the end of the grid, or a colour bar?",
                worth=other_axes,
                mistake=other_axes_called,
            ),
        ),
        instead=instead,
        draws=True,
    )


def _does(what: str, answer: Any, given: Given) -> bool:
    return what in answer["besides"]


def _besides(uses: str, worth: float) -> tuple[Aspect, ...]:
    """Slips: a figure that is shown or saved, and not only returned."""
    return tuple(
        Aspect(
            what,
            partial(_does, what),
            check=ANY,
            right=False,
            say=f"`{uses}` returns the figure, but also {what} it.",
            hint="What is left to whoever called the function?",
            worth=worth,
            mistake=mistake,
        )
        for what, mistake in (("shows", "figure-shown"), ("saves", "figure-saved"))
    )


def _farthest(answer: Any, arrays: np.ndarray) -> float:
    """How far what is shown is from the arrays at most, as a share of the largest; where they are is another matter."""
    images = [np.asarray(image, np.float64) for image in answer["images"]]
    apart = [
        min((np.abs(image - right).max() for image in images if image.shape == right.shape), default=np.inf)
        for right in arrays
    ]
    return float(max(apart) / max(np.abs(arrays).max(), 1e-9))


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
