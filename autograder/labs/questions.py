"""Makes questions for the oracle of what a lab's procedures give on right definitions, and on known mistakes'."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.judge.compare import raised_text
from autograder.judge.oracle import Answers, Question
from autograder.labs.asking import Asked
from autograder.sandbox.student import describe, quiet


def asked_questions(
    asked: Iterable[Asked], procedures: ModuleType, others: Mapping[str, Question]
) -> dict[str, Question]:
    """A question for each of a lab's `Asked`, by its name. What they are given may come from `others`' answers."""
    return {
        one.question: Question(one.task, partial(_answer, one, procedures, others), public=one.public) for one in asked
    }


def _answer(
    asked: Asked, procedures: ModuleType, others: Mapping[str, Question], definitions: Any, seed: int
) -> Answers:
    """What one of the lab's procedures gives, as far as it tells mistakes apart."""
    with tempfile.TemporaryDirectory() as folder, _undisturbed():
        torch.manual_seed(seed)  # what draws random numbers answers the same each time
        try:
            given = asked.arguments(seed, lambda question: others[question].answer(definitions, seed))
            answer = getattr(procedures, asked.procedure)(_Inside(definitions, Path(folder)), **given)
        except BaseException as error:
            return {"raised": np.array(raised_text(describe(error)))}
    return asked.seen(answer, given)


class _Inside:
    """Definitions of our own, for a procedure."""

    device = "cpu"

    def __init__(self, definitions: Any, scratch: Path) -> None:
        self._definitions = definitions
        self.scratch = scratch

    def get(self, wanted: str) -> Any:
        return getattr(self._definitions, wanted)


@contextlib.contextmanager
def _undisturbed() -> Any:
    """Quiet, and with the random numbers as they were."""
    with quiet(), torch.random.fork_rng(devices=[]):
        yield
