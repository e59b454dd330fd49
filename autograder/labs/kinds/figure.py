"""Tasks that ask for a figure: it must show the arrays that were given, each on its own axes, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.judge import figures
from autograder.judge.verdict import Failed
from autograder.labs.examination import Examination
from autograder.labs.questions import Ask, Aspect, Given, Question, known, mistake, sketch


def figure_question(
    id: str, task: str, procedure: Callable[..., Any], uses: str, given: Callable[[Ask, int], Given]
) -> Question:
    """What the function `uses` shows of what it is given."""
    return Question(
        id=id,
        task=task,
        procedure=procedure,
        uses=(uses,),
        given=given,
        aspects=(
            Aspect("images", _what_is_shown, sketch=lambda value: value),
            Aspect("values", _values_shown, sketch=lambda value: value),
        ),
    )


def judge_figure(examination: Examination, question: Question, expected: np.ndarray, one: str) -> None:
    """The figure shows each of `expected` (count, height, width), of which one is called `one`, such as "filter".

    Where a stand-in for the student's own network (`question.instead`) is shown rightly, the fault is another task's.
    The picture goes to the feedback page.
    """
    what, picture = f"`{question.uses[0]}`", f"{examination.task}-{examination.check}"
    answer = question.ask(examination, picture=True)
    if answer["figure"]:
        examination.keep_picture(picture, answer["picture"])
    try:
        figures.judge_figure(answer, expected, what, one)
    except Failed as failed:
        if question.instead is not None and _shown_rightly(examination, question, expected, what, one):
            shown = question.ask(examination, **question.instead, picture=True)
            examination.keep_picture(picture, shown["picture"])
            return
        name = question.name(examination, answer)
        name = name or (failed.diagnosis and known(examination, failed.diagnosis)) or None
        raise mistake(examination, failed.message, name, failed.hint) from None


def _shown_rightly(examination: Examination, question: Question, expected: np.ndarray, what: str, one: str) -> bool:
    try:
        figures.judge_figure(question.ask(examination, **(question.instead or {})), expected, what, one)
    except Failed:
        return False
    return True


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
