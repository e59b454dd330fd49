"""What one check gets: the context, what was found so far, and whom to ask, all seen from this check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograder.course import Assignment
from autograder.judge import weights_file
from autograder.judge.oracle import Mistakes, Oracle
from autograder.labs.context import Context
from autograder.labs.findings import Findings
from autograder.labs.respondents import Respondents
from autograder.results import OwnDigit
from autograder.sandbox.respondent import Procedure


@dataclass(frozen=True)
class Examination:
    """One check of a submission at work. A new one is made for each check, and another to name the mistake it found."""

    context: Context
    findings: Findings
    respondents: Respondents
    task: str
    check: str
    hidden: bool
    mistakes: Mistakes
    """The known mistakes for the inputs of the context's oracle; knows none where only points are decided."""

    @cached_property
    def oracle(self) -> Oracle:
        """Knows the right answers."""
        return self.context.oracle

    @property
    def assignment(self) -> Assignment:
        return self.context.assignment

    @property
    def place(self) -> tuple[str, str]:
        return self.task, self.check

    def ask(self, procedure: Procedure, uses: Sequence[str], **arguments: Any) -> Any:
        """What `procedure` gives on the student's definitions; raises a `Verdict`."""
        return self.respondents.ask(procedure, uses, arguments, self.hidden)

    def ask_afresh(self, procedure: Procedure, uses: Sequence[str], **arguments: Any) -> Any:
        """The same from a process that has answered nothing before; from the only one where there is no other."""
        if not self.respondents.several:
            return self.ask(procedure, uses, **arguments)
        return self.respondents.ask_afresh(procedure, uses, arguments, self.hidden)

    def content_of(self, file: str) -> np.ndarray:
        """The bytes of a file such as "weights/better_cnn.pt"; raises `Failed` or `NotAttempted`."""
        return weights_file.content_of(self.context.file(file), file, self.assignment.limits.weights_mb)

    def read_weights(self, content: np.ndarray, name: str) -> weights_file.Arrays:
        """The names and arrays in the bytes of a weights file, which messages call `name`; raises a `Verdict`."""
        return self.respondents.read_weights(content, name, self.assignment.limits.weights_mb)

    def passed(self, check: str) -> bool:
        """Whether another check of this task has passed, or has not run."""
        result = self.findings.results.get((self.task, check))
        return result is None or result.status == "passed"

    def measured(self, accuracy: float) -> None:
        """Keeps the accuracy that this check has measured, for the marker."""
        self.findings.measured[self.place] = accuracy

    def fingerprint(self, digest: str) -> None:
        """Keeps what identifies the weights that this check has read."""
        self.findings.fingerprints[self.place] = digest

    def keep_picture(self, name: str, content: Any) -> None:
        """Keeps a PNG for the feedback page, if it is one."""
        self.findings.keep_picture(name, content)

    def show_digit(self, digit: OwnDigit) -> None:
        """Puts one of the student's own pictures on their page."""
        self.findings.digits.setdefault(self.place, []).append(digit)
