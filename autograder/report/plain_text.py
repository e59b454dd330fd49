"""Makes text from a submission safe to look at: nothing in it can hide, move or overwrite what is around it.

Escaping for HTML is not done here; the templates escape everything.
"""

from __future__ import annotations

import unicodedata

LONGEST = 6000
"""Characters of one text that are shown; a message of megabytes would make a page nobody can open."""


def visible(text: str, *, newlines: bool = False) -> str:
    """Text with control characters spelt out: ESC as ‹U+001B›, a right-to-left override as ‹U+202E›.

    With `newlines`, line ends and tabs stay what they are.
    """
    if newlines:
        text = text.replace("\r\n", "\n")
    shown = "".join(_sign(character, newlines) for character in text[:LONGEST])
    left_out = len(text) - LONGEST
    return f"{shown} … ({left_out} more characters)" if left_out > 0 else shown


def number(value: float) -> str:
    """Points or a percentage with at most two decimals and none that say nothing: 4, 87.5."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _sign(character: str, newlines: bool) -> str:
    if newlines and character in "\n\t":
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"‹U+{ord(character):04X}›"
    return character
