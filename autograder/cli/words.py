"""How the marker's tables and lines put a score and a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from autograder.results import StudentResult

NARROW = 100  # columns of a terminal in which the longest name of a check leaves no room for other columns


def in_words(student: StudentResult) -> str:
    """A student's score, or why there is none."""
    return score_in_words(student.score, student.no_mark_yet)


def score_in_words(score: float | None, unread: bool) -> str:
    """A score, or why there is none: the work did not come through, or the grader failed on it."""
    return "no mark" if unread else "withheld" if score is None else f"{score:g}"


def check_cell(place: str, width: int) -> Text:
    """`task/check` for a table; in a narrow terminal on two lines, rather than broken within a word."""
    from rich.text import Text

    from autograder.feedback.plain_text import visible

    return Text(visible(place).replace("/", "/\n", 1) if width < NARROW else visible(place))
