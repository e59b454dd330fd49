"""Whom the checks of one submission ask: its own process, one for hidden questions, a fresh one, a weights reader."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.judge import weights_file
from autograder.judge.fault import of_no_answer
from autograder.judge.verdict import Failed, Verdict
from autograder.labs.discretion import discreet, words_in
from autograder.labs.file_procedures import weights_file as weights_file_of
from autograder.labs.forms import fits, form_of
from autograder.labs.lab import Lab
from autograder.labs.student_errors import called, verdict_on, without_words
from autograder.sandbox.respondent import Procedure, Respondent, StudentError

KEPT = 256 * 2**20  # bytes of arrays that one submission's answers may have in all


class Respondents:
    """Asks each question once, and turns a student's errors into verdicts.

    `first` answers public questions. `start` makes a fresh respondent; without it (a student's own kernel) all
    questions go to `first`. Hidden questions come last and go to processes of their own: before the first of them, all
    that could listen are ended. They answer nothing that a student gets to see, and no word of the student's own comes
    out of them.
    """

    def __init__(self, lab: Lab, first: Respondent, start: Callable[[], Any] | None = None) -> None:
        self._lab = lab
        self._first: Any = first
        self._start = start
        self._hidden: Any = None
        self._reader: Any = None
        self._fresh: Any = None
        self._knows_hidden = False
        self._answers: dict[bytes, Any] = {}
        self._kept = 0
        self.heard = False
        """Whether anything of the submission's came back since this was last set."""

    def __enter__(self) -> Respondents:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends all that were started here; `first` is its owner's."""
        for respondent in (self._hidden, self._reader, self._fresh):
            if respondent is not None and respondent is not self._first:
                respondent.end()

    @property
    def notes(self) -> list[str]:
        """What the student should know of how their definitions were found."""
        return list(self._first.notes)  # not of the hidden process

    def forget(self) -> None:
        """Lets all answers go, which may be hundreds of megabytes: nothing is asked here any more."""
        self._answers.clear()

    def another(self) -> Respondents:
        """Others for the same submission, who were asked nothing yet."""
        assert self._start is not None
        return _Owner(self._lab, self._start(), self._start)

    def end_public(self) -> None:
        """Ends all that may have been asked something public; from now on, only hidden questions are asked.

        Processes can tell one another more than the sandbox keeps in, by what the kernel counts. Who knows something
        hidden finds nobody left to tell it to.
        """
        if self._start is None or self._knows_hidden:
            return
        self._knows_hidden = True
        for respondent in (self._first, self._reader, self._fresh):
            if respondent is not None:
                respondent.end()
        self._reader = self._fresh = None

    def ask(
        self,
        procedure: Procedure,
        uses: Sequence[str],
        arguments: dict[str, Any],
        hidden: bool = False,
        afresh: bool = False,
    ) -> Any:
        """What `procedure` gives on the student's definitions `uses`; raises a `Verdict`.

        `afresh`: from a process that has answered nothing but what was asked so before, where there can be one.
        """
        afresh = afresh and self._start is not None
        where = ("hidden afresh" if hidden else "afresh") if afresh else ""
        question = _digest([where, procedure.__module__, procedure.__name__, uses, arguments])
        if question not in self._answers:
            try:
                self._answers[question] = self._answer(self._whom(hidden, afresh), procedure, uses, arguments, hidden)
            except Verdict as verdict:
                self._answers[question] = verdict
        self.heard = True
        answer = self._answers[question]
        if isinstance(answer, Verdict):
            raise answer.with_traceback(None)
        return answer

    def read_weights(self, content: np.ndarray, name: str, limit_mb: float) -> weights_file.Arrays:
        """The names and arrays in a weights file, which a process reads that runs nothing of the student's."""
        return weights_file.arrays_of(self._read(content, limit_mb), name, limit_mb)

    def wraps(self, content: np.ndarray, limit_mb: float) -> bool:
        """Whether the state dict in a weights file is only one entry of what it holds."""
        return bool(self._read(content, limit_mb).get("wrapped"))

    def _read(self, content: np.ndarray, limit_mb: float) -> Any:
        """What is read from a weights file."""
        question = _digest(["weights", content])
        if question not in self._answers:
            try:
                reader = self._reader = self._reader or self._another()
                answer = self._reply(reader, weights_file_of, [], {"file": content, "limit_mb": limit_mb})
                if not fits(answer, form_of(weights_file_of)):
                    answer = {"problem": "unreadable"}
            except StudentError:  # it took too long, or too much
                answer = {"problem": "unreadable"}
            self._answers[question] = answer
        self.heard = True
        return self._answers[question]

    @of_no_answer
    def _whom(self, hidden: bool, afresh: bool) -> Any:
        """The process to ask.

        A fresh one is the one that has read weights, which has run nothing of the student's; the next weights are read
        by another.
        """
        if hidden:
            self.end_public()
        elif self._knows_hidden:
            raise RuntimeError("a public question comes after a hidden one")
        if afresh:
            if self._fresh is None:
                self._fresh, self._reader = self._reader or self._another(), None
            return self._fresh
        if hidden:
            self._hidden = self._hidden or self._another()
            return self._hidden
        return self._first

    @of_no_answer
    def _another(self) -> Any:
        return self._start() if self._start is not None else self._first

    @of_no_answer
    def _reply(self, respondent: Any, procedure: Procedure, uses: Sequence[str], arguments: dict[str, Any]) -> Any:
        return respondent.ask(procedure, uses, self._lab.notebooks, arguments)

    def _answer(
        self, respondent: Any, procedure: Procedure, uses: Sequence[str], arguments: dict[str, Any], hidden: bool
    ) -> Any:
        try:
            answer = self._reply(respondent, procedure, uses, arguments)
        except StudentError as error:
            self.heard = True
            raise verdict_on(without_words(error) if hidden else error, uses) from None
        self.heard = True
        if not fits(answer, form_of(procedure)):
            who = called(uses) or procedure.__name__
            raise Failed(f"The answer cannot be used: {who} returned something of the wrong form.")
        self._kept += _size(answer)
        if self._kept > KEPT:
            raise Failed(f"{called(uses) or procedure.__name__} returned more than the grader can keep.")
        if not hidden:
            return answer
        return discreet(answer, words_in(arguments) | set(self._lab.notebooks))


class _Owner(Respondents):
    """Respondents that end the first one, too."""

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._first.end()


def _size(value: Any) -> int:
    """The bytes of the arrays in plain data."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_size, parts))


def _digest(value: Any) -> bytes:
    """The digest of plain data with arrays in it."""
    whole = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, np.ndarray):
            whole.update(f"array {value.dtype} {value.shape} ".encode())
            whole.update(np.ascontiguousarray(value).data)
        elif isinstance(value, Mapping):
            whole.update(f"map {len(value)} ".encode())
            for key, item in value.items():
                add(str(key))
                add(item)
        elif isinstance(value, (list, tuple)):
            whole.update(f"list {len(value)} ".encode())
            for item in value:
                add(item)
        else:
            text = repr(value).encode("utf-8", "backslashreplace")
            whole.update(f"{type(value).__name__} {len(text)} ".encode() + text)

    add(value)
    return whole.digest()
