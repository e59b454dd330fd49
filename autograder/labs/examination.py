"""What one check gets: the context, what was found so far, whom to ask, and how mistakes are named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder.judge import weights_file
from autograder.judge.fault import of_no_answer
from autograder.judge.oracle import Mistakes, Oracle
from autograder.judge.verdict import Failed, Partial, Verdict
from autograder.labs.context import Context
from autograder.labs.findings import Findings
from autograder.labs.respondents import Respondents
from autograder.results import OwnDigit
from autograder.sandbox.respondent import Procedure


@dataclass(frozen=True)
class Examination:
    """One check of a submission at work. A new one is made for each check, and another to name the mistake it found."""

    context: Context
    oracle: Oracle
    """Knows the right answers."""
    findings: Findings
    respondents: Respondents
    task: str
    check: str
    hidden: bool
    mistakes: Mistakes
    """The known mistakes for the inputs of the oracle; knows none where only points are decided."""

    def ask(self, procedure: Procedure, uses: Sequence[str], **arguments: Any) -> Any:
        """What `procedure` gives on the student's definitions; raises a `Verdict`."""
        return self.respondents.ask(procedure, uses, arguments, self.hidden)

    def ask_afresh(self, procedure: Procedure, uses: Sequence[str], **arguments: Any) -> Any:
        """The same from a process that has answered nothing before; from the only one where there is no other."""
        return self.respondents.ask(procedure, uses, arguments, self.hidden, afresh=True)

    @of_no_answer
    def content_of(self, file: str) -> np.ndarray:
        """The bytes of a file such as "weights/better_cnn.pt"; raises `Failed` or `NotAttempted`."""
        path = self.context.file(file)
        content = weights_file.content_of(path, file, self.context.assignment.limits.weights_mb)
        self.respondents.heard = True
        return content

    @of_no_answer
    def files_in(self, folder: str) -> list[Path]:
        """The files in the folders of this name, wherever these are, in order."""
        paths = sorted(self.context.folder.rglob("*"))
        found = [path for path in paths if path.parent.name == folder and path.is_file()]
        self.respondents.heard = True
        return found

    @of_no_answer
    def loose_files(self) -> list[Path]:
        """The files in the folders with a notebook, without those in folders below them, in order."""
        folders = {self.context.folder} | {path.parent for path in self.context.folder.rglob("*.ipynb")}
        found = sorted(path for folder in folders for path in folder.iterdir() if path.is_file())
        self.respondents.heard = True
        return found

    def read_weights(self, content: np.ndarray, name: str) -> weights_file.Arrays:
        """The names and arrays in the bytes of a weights file, which messages call `name`; raises a `Verdict`."""
        return self.respondents.read_weights(content, name, self.context.assignment.limits.weights_mb)

    def wraps(self, content: np.ndarray) -> bool:
        """Whether the state dict in the bytes of a weights file is only one entry of what the file holds."""
        return self.respondents.wraps(content, self.context.assignment.limits.weights_mb)

    def passed(self, check: str) -> bool:
        """Whether another check of this task has passed, or has not run."""
        result = self.findings.results.get((self.task, check))
        return result is None or result.status == "passed"

    def measured(self, accuracy: float) -> None:
        """Keeps the accuracy that this check has measured, for the marker."""
        self.findings.measured[self.task, self.check] = accuracy

    def fingerprint(self, digest: str) -> None:
        """Keeps what identifies the weights that this check has read."""
        self.findings.fingerprints[self.task, self.check] = digest

    def show_digit(self, digit: OwnDigit) -> None:
        """Puts one of the student's own pictures on their page."""
        self.findings.digits.setdefault((self.task, self.check), []).append(digit)

    # --- known mistakes -----------------------------------------------------------------------------------------------

    def sentence(self, mistake: str | None) -> str:
        """What a student reads who made this mistake of the task; empty if no such mistake is known."""
        try:
            return self.mistakes.sentence(self.task, mistake or "")
        except KeyError:
            return ""

    def likeliest(self, candidates: Sequence[str]) -> str | None:
        """Of mistakes that give the same answer here, the one that agrees best with what earlier checks found."""
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        seen, lost, named = {self.check}, {self.check}, set()
        for (task, check), result in self.findings.results.items():
            if (task, check) == (self.task, self.check):
                break
            if task == self.task:
                seen.add(check)
                named.add(result.diagnosis)
                if result.status != "passed":
                    lost.add(check)

        def unlikely(mistake: str) -> tuple[int, bool]:
            return len((self.mistakes.loses(self.task, mistake) & seen) ^ lost), mistake not in named

        return min(candidates, key=unlikely)

    def verdict(self, facts: str, mistake: str | None, hint: str = "", fraction: float = 0) -> Verdict:
        """The verdict on a known mistake: the facts, and the sentence for it; on any other, the facts and the hint.

        It earns a `fraction` of the points all the same.
        """
        sentence = self.sentence(mistake)
        mistake, hint = (mistake, "") if sentence else (None, hint)
        if fraction:
            return Partial(facts, hint=hint, diagnosis=mistake, sentence=sentence, fraction=fraction, nameable=True)
        return Failed(facts, hint=hint, diagnosis=mistake, sentence=sentence)
