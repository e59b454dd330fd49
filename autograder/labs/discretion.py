"""Takes words out of answers to hidden questions: a student could have made them of what was hidden."""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Mapping
from typing import Any

from autograder.judge.compare import LEFT_OUT

# Words that an answer may hold beside the names of the lab's definitions and the words of the question.
PLAIN_WORDS = re.compile(
    r"torch\.(float|int|uint|bfloat|complex)\d{1,3}|torch\.bool|cpu|cuda|u?int\d{0,2}|float\d{0,2}|Tensor|Parameter|ndarray"
    r"|Image|Figure|Trial|NoneType|dropout"
)


def discreet(value: Any, allowed: Collection[str]) -> Any:
    """An answer in which every string that is neither allowed nor a plain word says "something else"."""
    if isinstance(value, str):
        plain = value in allowed or PLAIN_WORDS.fullmatch(value) or hasattr(builtins, value)
        return value if plain else LEFT_OUT
    if isinstance(value, dict):
        return {key: discreet(item, allowed) for key, item in value.items()}
    if isinstance(value, list):
        return [discreet(item, allowed) for item in value]
    return value


def words_in(value: Any) -> set[str]:
    """All strings in plain data."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return {str(key) for key in value} | {word for item in value.values() for word in words_in(item)}
    if isinstance(value, (list, tuple)):
        return {word for item in value for word in words_in(item)}
    return set()
