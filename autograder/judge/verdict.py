"""What a check can conclude, as values that are raised. A check that ends without raising has passed."""

from __future__ import annotations

from typing import ClassVar


class Verdict(Exception):
    """A conclusion other than a pass. Messages say what was asked, what came back, and what to look at next.

    `sentence` is the known mistake's, which follows the message; `nameable` says whether the reason may be a known
    mistake; `raised` and `numbers` tell what student code raised, where that is the reason (`compare.raised_text`).
    """

    status: ClassVar[str] = "failed"

    def __init__(
        self,
        message: str,
        hint: str = "",
        diagnosis: str | None = None,
        *,
        sentence: str = "",
        fraction: float = 0.0,
        nameable: bool = True,
        raised: str = "",
        numbers: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.diagnosis = diagnosis
        self.sentence = sentence
        self.fraction = fraction
        self.nameable = nameable
        self.raised = raised
        self.numbers = numbers

    @property
    def said(self) -> str:
        """The message, and the known mistake's sentence where there is one."""
        return f"{self.message}\n{self.sentence}" if self.sentence else self.message


class Failed(Verdict):
    """The answer is wrong."""


class Partial(Verdict):
    """The answer earns `fraction` (in [0, 1]) of the points."""

    status = "partial"

    def __init__(
        self,
        fraction: float,
        message: str,
        hint: str = "",
        diagnosis: str | None = None,
        *,
        sentence: str = "",
        nameable: bool = False,
    ) -> None:
        within = min(1.0, max(0.0, fraction))
        super().__init__(message, hint, diagnosis, sentence=sentence, fraction=within, nameable=nameable)


class NotAttempted(Verdict):
    """The stub is untouched."""

    status = "not attempted"


class Blocked(Verdict):
    """A check that this one needs did not pass."""

    status = "blocked"
