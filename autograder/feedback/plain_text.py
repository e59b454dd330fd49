"""Makes text from a submission safe to look at: nothing in it can hide, move or overwrite what is around it.

Escaping for HTML is the templates' work: they escape everything but the `<code>` that is put around pieces here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from markupsafe import Markup, escape

LONGEST = 6000
"""Characters of one text that are shown; a message of megabytes would make a page nobody can open."""


def visible(text: str, *, newlines: bool = False, longest: int = LONGEST) -> str:
    """Text with control characters spelt out: ESC as ‹U+001B›, a right-to-left override as ‹U+202E›.

    With `newlines`, line ends and tabs stay what they are. What is beyond `longest` characters is counted.
    """
    if newlines:
        text = text.replace("\r\n", "\n")
    shown = text[:longest]
    if not shown.isprintable():  # else there is nothing to spell out
        signs = {ord(character): _sign(character, newlines) for character in set(shown)}
        shown = shown.translate(signs)
    left_out = len(text) - longest
    return f"{shown} … ({left_out} more characters)" if left_out > 0 else shown


def as_it_is_shown(value: Any) -> Any:
    """Every expression of every template passes through here before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value


def lines(text: str) -> list[str]:
    """Text as lines of a page, without empty ones."""
    return [line for line in visible(text, newlines=True).splitlines() if line.strip()]


def coded(text: str) -> Markup:
    """Text as escaped HTML, in which whatever is between backticks is code."""
    page = Markup("")
    for place, piece in enumerate(re.split(r"`([^`\n]+)`", visible(text))):
        page += Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece)
    return page


def number(value: float) -> str:
    """Points or a percentage with at most two decimals and none that say nothing: 4, 87.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """A time as people say it: 2.3 s, 3 min 20 s, 1 h 5 min."""
    if seconds < 59.95:
        return f"{number(round(seconds, 1))} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _sign(character: str, newlines: bool) -> str:
    if newlines and character in "\n\t":
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"‹U+{ord(character):04X}›"
    return character
