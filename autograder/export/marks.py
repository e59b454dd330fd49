"""A student's mark as exports need it: automatic points, points given by hand, and the total."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from autograder.results import AGAIN_FOR_A_TASK, LOOK, StudentResult


@dataclass(frozen=True)
class ByHand:
    """What a person gave in formgrader, read from an nbgrader gradebook."""

    written: float = 0
    """Points of the cells that a person marks, with their extra credit."""
    written_max: float = 0
    changes: float = 0
    """What extra credit and scores by hand on *test* cells add to the public points; may be negative."""
    pending: tuple[str, ...] = ()
    """Cells that nobody has marked yet, as `notebook/cell`."""
    there: bool = True
    """Whether the gradebook has this student's submission."""
    outdated: bool = False
    """Whether something else has been handed in since the export from which people marked."""

    @property
    def complete(self) -> bool:
        """Whether people have marked all answers, and those of the submission that the results are of."""
        return self.there and not self.pending and not self.outdated


@dataclass(frozen=True)
class Mark:
    """A student's mark. `total` is None if there is none, and `missing` says why; it is never exported as 0."""

    result: StudentResult
    person: dict[str, str] = field(default_factory=dict)
    """Their fields in the roster: name, first, last, email, login, id, sis, idnumber, participant, section."""
    by_hand: ByHand | None = None
    """None if no gradebook was given."""
    out_of: float | None = None
    """The maximum that the total is scaled to; None leaves it as it is."""

    @property
    def student(self) -> str:
        """The student's name in the results, which is their folder's."""
        return self.result.student

    @property
    def name(self) -> str:
        """The name for people to read: the roster's, if it has one."""
        both = " ".join(filter(None, (self.person.get("first"), self.person.get("last"))))
        return self.person.get("name") or both or self.student

    @property
    def automatic(self) -> float | None:
        """The automatic points, with lateness and overrides; None if there is no mark (yet)."""
        return None if self.result.no_mark_yet else self.result.score

    @property
    def status(self) -> str:
        """`marked`, `withheld`, or `no mark yet`."""
        return "no mark yet" if self.result.no_mark_yet else self.result.status

    @property
    def total_max(self) -> float:
        """The maximum of `total`, which extra credit may exceed."""
        if self.out_of is not None:
            return self.out_of
        return self._points_max

    @property
    def total(self) -> float | None:
        """Automatic points plus those given by hand, scaled to `out_of`; None if something is missing."""
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
        """Why there is no total; empty if there is one."""
        if self.result.no_mark_yet:
            why = self.result.unread.rstrip(".")
            return f"no mark yet ({why}): ask for it again, or decide with `autograder override`"
        if self.automatic is None:
            return "withheld: the grader failed on this submission"
        if self.by_hand is None:
            return ""
        if not self.by_hand.there:
            return "not in the gradebook, so nobody has marked the written answers"
        if self.by_hand.outdated:
            return (
                "handed in again since the answers went to formgrader; write them to the gradebook again with"
                " `--to nbgrader` and `--submissions`"
            )
        if self.by_hand.pending:
            count = len(self.by_hand.pending)
            cells = "1 cell has" if count == 1 else f"{count} cells have"
            named = ", ".join(self.by_hand.pending[:2]) + (", …" if count > 2 else "")
            return f"{cells} yet to be marked in formgrader ({named})"
        return ""

    @property
    def remarks(self) -> list[str]:
        """What somebody who reads the mark should know, as sentences."""
        found = [self.missing] if self.missing else []
        if self.result.ask_again and not self.result.no_mark_yet:
            found.append(f"ask {AGAIN_FOR_A_TASK}")
        if self.result.unjudged:
            found.append(f"{LOOK}: {', '.join(self.result.unjudged)}")
        late, extension = self.result.late, self.result.extension
        if extension is not None:
            reason = f" ({extension.reason})" if extension.reason else ""
            found.append(f"extension until {extension.deadline}{reason}")
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
    """Points with a decimal point and at most two decimals, without trailing zeros: 87.5, 100."""
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
