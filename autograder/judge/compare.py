"""Are two arrays the same numbers?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograder.judge.verdict import Failed

# Where no tolerance has been worked out (for networks it is, in `labs/kinds/network_reference.py`):
# float32 sums of some thousand products, in any order, differ by about 1e-5 of their size; mistakes by far more.
LEFT_OUT = "something else"  # in the place of a student's words, who could have made them of what is hidden
RELATIVE = 1e-3
ABSOLUTE = 1e-4


def array(value: Any, what: str) -> np.ndarray:
    """`value` if it is an array of finite real numbers; raises `Failed` otherwise."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        raise Failed(f"{what} is not a tensor of numbers.")
    if not np.isfinite(value).all():
        raise Failed(f"{what} contains NaN or infinity.")
    return value


def same(value: np.ndarray, expected: np.ndarray, tolerance: float | None = None) -> bool:
    """Whether shapes are equal and no value differs by more than `tolerance`, or than rounding does."""
    if value.shape != expected.shape or not np.isfinite(value).all():
        return False
    if tolerance is None:
        tolerance = ABSOLUTE + RELATIVE * np.abs(expected).max(initial=0)
    signed = np.float64 if value.dtype.kind in "bu" else None  # booleans cannot be subtracted, and unsigned ones wrap
    return bool(np.abs(np.subtract(value, expected, dtype=signed)).max(initial=0) <= tolerance)


def those_same(values: Sequence[np.ndarray], known: Sequence[tuple[str, np.ndarray]], tolerance: float) -> list[str]:
    """The names of those arrays that one of `values` begins with."""
    names = []
    for name, expected in known:
        for value in values:
            if same(value[: len(expected)], expected, tolerance):
                names.append(name)
                break
    return names


def difference(value: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, as a fraction of the largest expected value."""
    scale = float(np.abs(expected).max(initial=0)) or 1.0
    return float(np.abs(value.astype(np.float64) - expected).max(initial=0)) / scale


def shape_text(shape: Any) -> str:
    """A shape as people write it: (N, 10) → "2 × 10"."""
    return " × ".join(str(size) for size in shape) if len(shape) else "a single number"


def first_of(names: Iterable[str], most: int = 8) -> str:
    """The first names, and how many more there are: a message is to be read, whatever an answer holds."""
    names = list(names)
    rest = len(names) - most
    return ", ".join(names if rest <= 0 else names[:most]) + (f" and {rest} more" if rest > 0 else "")


def raised_text(error: dict[str, Any]) -> str:
    """What was raised, in a form that is the same on every run: no numbers, no paths, no more than the first line."""
    line = re.sub(r"\x1b\[[0-9;]*m", "", (str(error["message"]).splitlines() or [""])[0])
    line = re.sub(r"'[^']*[/\\][^']*'|\S*/\S*", "…", line)
    return re.sub(r"\d+", "#", f"{error['type']}: {line}")[:120]


def raised_numbers(error: dict[str, Any]) -> str:
    """The numbers in the first line of what was raised, sorted: the same where the same code met the same sizes."""
    line = (str(error["message"]).splitlines() or [""])[0]
    return " ".join(map(str, sorted(int(number) for number in re.findall(r"\d{1,9}", line)[:20])))
