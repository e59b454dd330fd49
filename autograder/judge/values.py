"""Reads short answers in the spellings that students use."""

from __future__ import annotations

import hashlib
import math
import re
from functools import lru_cache
from typing import Any

from autograder.judge.verdict import Failed, NotAttempted


def read_shape(value: Any, what: str) -> tuple[int, ...]:
    """A shape from a tuple, a list, a `torch.Size` or a text such as "(32, 24, 24)" or "128x32x24x24"."""
    if value is None or value in ("Ellipsis", "", "..."):
        raise NotAttempted(f"`{what}` is not filled in yet.")
    if isinstance(value, list) and all(_whole(size) for size in value):
        return tuple(int(size) for size in value)
    if isinstance(value, str):
        text = re.sub(r"^\s*torch\.(Size|Tensor)", "", value)
        if re.fullmatch(r"[\s\d,;x×*()\[\]]+", text, re.IGNORECASE) and (sizes := re.findall(r"\d+", text[:200])):
            return tuple(int(size) for size in sizes)
    raise Failed(f"`{what}` should be a shape such as (1, 2, 3), but it is {str(value)[:80]!r}.")


def read_count(value: Any, what: str) -> int:
    """A whole number from a number or a text such as "26,154" or "26 154"."""
    if value is None or value in ("Ellipsis", "", "..."):
        raise NotAttempted(f"`{what}` is not filled in yet.")
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if _whole(value):
        return int(value)
    if (
        isinstance(value, str)
        and len(value) < 60
        and re.fullmatch(r"\d{1,3}([ ,_.'\u202f\u00a0]?\d{3})*", value.strip())
    ):
        return int(re.sub(r"\D", "", value))
    raise Failed(f"`{what}` should be an integer, but it is {str(value)[:80]!r}.")


def _whole(value: Any) -> bool:
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value == int(value)
    )


@lru_cache(maxsize=1000)
def digest(question: str, *numbers: int) -> bytes:
    """What an answer key holds of a short answer: a hash, so that looking into the key does not tell it.

    Whoever tries numbers waits for each: some 50 ms, or half a day for a million.
    """
    told = "x".join(map(str, numbers)).encode()
    return hashlib.scrypt(told, salt=question.encode(), n=2**14, r=8, p=1, dklen=32)
