"""What a check can conclude. A check that ends without raising has passed."""

from __future__ import annotations


class Verdict(Exception):
    """A conclusion other than a pass. Messages say what was asked, what came back, and what to look at next."""

    status = "failed"
    fraction = 0.0

    def __init__(self, message: str, hint: str = "", diagnosis: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.diagnosis = diagnosis
        self.nameable = True  # whether the reason may be a known mistake
        self.raised = ""  # what student code raised, where that is the reason (`compare.raised_text`)
        self.numbers = ""  # the numbers in it (`compare.raised_numbers`)


class Failed(Verdict):
    """The answer is wrong."""


class Partial(Verdict):
    """The answer earns `fraction` (in [0, 1]) of the points."""

    status = "partial"

    def __init__(self, fraction: float, message: str, hint: str = "", diagnosis: str | None = None) -> None:
        super().__init__(message, hint, diagnosis)
        self.fraction = min(1.0, max(0.0, fraction))
        self.nameable = False


class NotAttempted(Verdict):
    """The stub is untouched."""

    status = "not attempted"


class Blocked(Verdict):
    """A check that this one needs did not pass."""

    status = "blocked"
