"""Writes tables for spreadsheets, in which no cell can be taken for a formula."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

CellValue = str | float | int
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet may run a cell that begins with one of these (OWASP, "CSV Injection"), or with its wide form."""
JOINERS = "\u200c\u200d"  # letters of Persian or Malayalam need them, and so do emoji


def text_cell(text: str) -> str:
    """`text` as a cell: control and direction characters are spelt out, and an apostrophe precedes a formula."""
    shown = "".join(_spelt(character) for character in text)
    return f"'{shown}" if is_formula(shown) else shown


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take `text` for a formula."""
    return text.startswith(FORMULA) or text.lstrip().startswith(FORMULA)


def number_cell(points: float | None) -> CellValue:
    """Points as a cell; empty for None, since a missing mark is not a 0."""
    if points is None:
        return ""
    return int(points) if points == int(points) else round(points, 2)


def as_csv(rows: Iterable[Sequence[CellValue]], delimiter: str = ",", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    """The rows as text with CRLF line ends (RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _spelt(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and character not in JOINERS):
        return f"‹U+{ord(character):04X}›"
    return character
