"""One student's mark as exports see it: the automatic points, those given by hand, and the total."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from autograder.results import StudentResult


@dataclass(frozen=True)
class ByHand:
    """What a person gave in formgrader, from an nbgrader gradebook."""

    written: float = 0
    """Points of the cells that a person marks, their extra credit included."""
    written_max: float = 0
    changes: float = 0
    """What extra credit and scores by hand on *test* cells add to the public points, or take away (negative)."""
    pending: tuple[str, ...] = ()
    """The cells that still wait for a person, as `notebook/cell`."""
    there: bool = True
    """Whether the gradebook has this student's submission."""


@dataclass(frozen=True)
class Mark:
    """A student's mark. `total` is None where there is none, and `missing` says why: it is never exported as 0."""

    result: StudentResult
    person: dict[str, str] = field(default_factory=dict)
    """What the roster says: some of name, first, last, email, login, id, sis, idnumber, participant, section."""
    by_hand: ByHand | None = None
    """None where no gradebook was asked."""
    out_of: float | None = None
    """The maximum that the total is scaled to; None leaves it as it is."""

    @property
    def student(self) -> str:
        """The submission's name."""
        return self.result.student

    @property
    def name(self) -> str:
        """What people call this student."""
        both = " ".join(filter(None, (self.person.get("first"), self.person.get("last"))))
        return self.person.get("name") or both or self.student

    @property
    def automatic(self) -> float | None:
        """Points of the automatic marking, lateness and overrides included; None while the mark is withheld."""
        return self.result.score

    @property
    def total_max(self) -> float:
        """What `total` is out of; extra credit may exceed it."""
        if self.out_of is not None:
            return self.out_of
        return self._points_max

    @property
    def total(self) -> float | None:
        """The mark: automatic points and those given by hand, scaled if asked for. None as long as one is missing."""
        if self.missing or self.automatic is None:
            return None
        points = self.automatic
        if self.by_hand is not None:
            points = max(0.0, points + self.by_hand.written + self.by_hand.changes)
        if self.out_of is not None:
            scaled = Decimal(str(points)) * Decimal(str(self.out_of)) / Decimal(str(self._points_max))
            return float(scaled.quantize(Decimal("0.01"), ROUND_HALF_UP))
        return round(points, 2)

    @property
    def missing(self) -> str:
        """Why there is no total; empty where there is one."""
        if self.automatic is None:
            return "withheld: the grader failed on this submission"
        if self.by_hand is None:
            return ""
        if not self.by_hand.there:
            return "not in the gradebook: nobody has marked the written answers"
        if self.by_hand.pending:
            count = len(self.by_hand.pending)
            cells = "1 cell waits" if count == 1 else f"{count} cells wait"
            named = ", ".join(self.by_hand.pending[:2]) + (", …" if count > 2 else "")
            return f"{cells} for a person in formgrader ({named})"
        return ""

    @property
    def remarks(self) -> list[str]:
        """What a reader of the mark should know, in sentences."""
        found = [self.missing] if self.missing else []
        late = self.result.late
        if late is not None and late.points:
            days = "1 day" if late.days == 1 else f"{late.days} days"
            found.append(f"{days} late: {plain(late.points)} points off")
        decided = sum(1 for _, check in self.result.checks if check.override is not None)
        if decided:
            found.append(f"{decided} {'check' if decided == 1 else 'checks'} decided by a marker")
        if self.by_hand is not None and self.by_hand.changes:
            found.append(f"test cells changed by hand in formgrader: {self.by_hand.changes:+g} points")
        return found

    @property
    def _points_max(self) -> float:
        return round(self.result.max_score + (self.by_hand.written_max if self.by_hand else 0), 2)


def plain(points: float) -> str:
    """Points with a dot, two decimals at most, and none that say nothing: 87.5, 100."""
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
