"""Reads a log of experiments as a student wrote it: the accuracies that it claims, and what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NAME = "experiments"
TEXTS = ("change", "expect", "conclude")
ACCURACIES = "validation"
ROWS, SEEDS = 3, 2  # that a log has at least
BLANK = " .…-–—?_"  # what a text that says nothing is made of

# How far an honest accuracy may be from the measured one: four standard deviations of the measurement, and 2 points.
# These cover another seed (sd 0.06 points, reference/lab4/weights/calibration.json), validation images of one's own (of
# 500: sd 0.45 points at 99 %), the last epoch in place of the best one, images that are moved, and a last training on
# all images, after which the network knows those that it is measured on.
SLACK, SDS = 0.02, 4


@dataclass(frozen=True)
class Fault:
    """What is wrong with a log, as its student reads it."""

    facts: str
    mistake: str
    """The known mistake."""
    hint: str = ""
    fatal: bool = True
    """Whether it is no log at all; else it costs half of the points."""


@dataclass(frozen=True)
class Log:
    """The accuracies that a log claims, as fractions, and the first thing that is wrong with it."""

    claims: list[float]
    fault: Fault | None = None


def read_log(value: Any) -> Log:
    """The log in plain data (`plain_data.plain`), whatever that is."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        what = "has a row that is none" if isinstance(value, list) else f"is {_kind(value)}"
        facts = f"`{NAME}` should be a list of dictionaries, one for each experiment, but {what}."
        return Log([], Fault(facts, "", "Copy the row from the task's text, and put in your own words and numbers."))
    rows = [{str(key).strip().casefold(): part for key, part in row.items()} for row in value]
    claims = [[_share(number) for number in _numbers(row.get(ACCURACIES))] for row in rows]
    found = [[claim for claim in those if claim is not None] for those in claims]
    different = {_text(row) for row, those in zip(rows, found, strict=True) if those}
    slips = [fault for number, row in enumerate(rows, start=1) for fault in _slips(number, row)]
    fault = slips[0] if slips else None
    if len(different) < ROWS:
        fault = _too_few(rows, len(different), fault)
    return Log([claim for those in found for claim in those], fault)


def _too_few(rows: list[dict[str, Any]], different: int, slip: Fault | None) -> Fault:
    facts = f"`{NAME}` should have at least {ROWS} different rows with accuracies, but has {different}."
    places: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        first = places.setdefault(_text(row), number)
        if first != number:
            return Fault(f"{facts} Row {number} is the same as row {first}.", "log-row-twice")
    return Fault(f"{facts} {slip.facts}" if slip else facts, "log-too-short")


def _slips(number: int, row: dict[str, Any]) -> Iterator[Fault]:
    """What is wrong with one row."""
    where = f"Row {number} of `{NAME}`"
    for name in (*TEXTS, ACCURACIES):
        if name not in row:
            others = ", ".join(f"`{key[:40]}`" for key in list(row)[:8]) or "none"
            yield Fault(f"{where} has no `{name}`. Its keys are {others}.", "", fatal=False)
    for name in TEXTS:
        if name in row and _is_blank(row[name]):
            yield Fault(f"{where} says nothing under `{name}`.", "log-without-words", fatal=False)
    numbers = _numbers(row[ACCURACIES]) if ACCURACIES in row else None
    if numbers is None:
        return
    if off := [number for number in numbers if not 0 <= number <= 1]:  # nan is, too
        told = f"{where} has {off[0]:g} under `{ACCURACIES}`, but an accuracy is a fraction, from 0 to 1"
        percent = f": for {off[0]:g} %, write {off[0] / 100:.6g}." if 1 < off[0] <= 100 else "."
        yield Fault(told + percent, "log-in-percent", fatal=False)
    if len(numbers) < SEEDS:
        facts = (
            f"{where} should have accuracies of at least {SEEDS} seeds under `{ACCURACIES}`, but has {len(numbers)}."
        )
        hint = 'For example: "validation": [0.9871, 0.9864].'
        yield Fault(facts, "log-of-one-seed", hint if not numbers else "", fatal=False)


def agrees(claim: float, right: int, count: int) -> bool:
    """Whether an honest student may claim this accuracy for a network that gets `right` of `count` images right."""
    share = (right + 2) / (count + 4)  # not 0 or 1, where the formula says that nothing varies (Agresti and Coull 1998)
    return abs(claim - right / count) <= SLACK + SDS * math.sqrt(share * (1 - share) / count)


def _numbers(value: Any) -> list[float]:
    """All numbers in a value: a list, a dictionary by seed, or one of them alone."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in _numbers(item)]
    return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def _share(number: float) -> float | None:
    """A number as the fraction that it stands for, which may be given in percent; None if it is none."""
    if 0 <= number <= 1:
        return number
    return number / 100 if 1 < number <= 100 else None


def _is_blank(value: Any) -> bool:
    return value in (None, "Ellipsis", [], {}) or (isinstance(value, str) and not value.strip().strip(BLANK))


def _text(row: dict[str, Any]) -> str:
    """What a row says, whatever the order of its keys and the blanks in its texts."""
    return repr(sorted((key, " ".join(part.split()) if isinstance(part, str) else part) for key, part in row.items()))


def _kind(value: Any) -> str:
    kinds = {dict: "one dictionary", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(value), "something else")
