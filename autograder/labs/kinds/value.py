"""Tasks that ask for a short answer: a variable that holds a shape or a count.

A students' key holds hashes of the right answer and of known wrong ones, so that looking into it tells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograder.judge import values
from autograder.judge.oracle import RIGHT, Answers, ReferenceQuestion
from autograder.judge.verdict import Failed
from autograder.labs.examination import Examination
from autograder.labs.kinds import value_procedures
from autograder.labs.questions import mistake


@dataclass(frozen=True)
class ShortAnswer:
    """A variable of the student's that holds a shape or a whole number."""

    name: str
    task: str

    def judge_shape(self, examination: Examination, length: int, hint: str, hint_on_length: str) -> None:
        """It is the right shape, of `length` numbers."""
        shape = values.read_shape(self._ask(examination), self.name)
        facts = f"`{self.name}` is {shape}, which is not the right shape."
        hint = hint if len(shape) == length else hint_on_length
        self._judge(examination, values.digest(self.name, *shape), facts, hint)

    def judge_count(self, examination: Examination, hint: str) -> None:
        """It is the right whole number."""
        count = values.read_count(self._ask(examination), self.name)
        self._judge(
            examination,
            values.digest(self.name, count),
            f"`{self.name}` is {count}, which is not the right number.",
            hint,
        )

    def reference_questions(self, others: Mapping[str, ReferenceQuestion]) -> dict[str, ReferenceQuestion]:
        """What the reference says, as a hash."""
        return {self.name: ReferenceQuestion(self.task, partial(_digest_here, self.name))}

    def _ask(self, examination: Examination) -> Any:
        return examination.ask(value_procedures.values, [self.name], name=self.name)

    def _judge(self, examination: Examination, digest: bytes, facts: str, hint: str) -> None:
        if digest in [answer.tobytes() for answer in examination.oracle.ask(self.name).values()]:
            return
        for known, wrong in examination.mistakes.wrong(self.name):
            if digest in [answer.tobytes() for answer in wrong.values()]:
                raise mistake(examination, facts, known)
        raise Failed(facts, hint=hint)


def _digest_here(name: str, definitions: Any, seed: int) -> Answers:
    value = getattr(definitions, name)
    numbers = value if isinstance(value, (tuple, list)) else (value,)
    return {RIGHT: np.frombuffer(values.digest(name, *numbers), np.uint8)}
