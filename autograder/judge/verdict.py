"""What a check can conclude, as values that are raised. A check that ends without raising has passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar


@dataclass(eq=False)
class Verdict(Exception):
    """A conclusion other than a pass. Messages say what was asked, what came back, and what to look at next."""

    status: ClassVar[str] = "failed"

    message: str
    _: KW_ONLY
    hint: str = ""
    diagnosis: str | None = None
    """The known mistake."""
    sentence: str = ""
    """The known mistake's, which follows the message."""
    fraction: float = 0.0
    """Of the points, in [0, 1], that the answer earns all the same."""
    nameable: bool = True
    """Whether the reason may be a known mistake."""
    raised: str = ""
    """What student code raised, where that is the reason (`compare.raised_text`)."""
    numbers: str = ""
    """The numbers in it (`compare.raised_numbers`)."""


class Failed(Verdict):
    """The answer is wrong."""


@dataclass(eq=False, kw_only=True)
class Partial(Verdict):
    """The answer earns a `fraction` of the points."""

    status = "partial"
    nameable: bool = False


class NotAttempted(Verdict):
    """The stub is untouched."""

    status = "not attempted"


class Blocked(Verdict):
    """A check that this one needs did not pass."""

    status = "blocked"


def together(slips: Sequence[Verdict]) -> Verdict:
    """One verdict for several that each leave a fraction of the points: what they cost is added up.

    It has the first one's hint and known mistake.
    """
    first, *others = slips
    if not others:
        return first
    fraction = max(0.0, 1 - sum(1 - slip.fraction for slip in slips))
    kind = Partial if fraction else Failed
    return kind(
        "\n".join(slip.message for slip in slips),
        hint=first.hint,
        diagnosis=first.diagnosis,
        sentence=first.sentence,
        fraction=fraction,
        nameable=first.nameable,
    )
