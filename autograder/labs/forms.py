"""Forms that a procedure's answer can have. Each says whether a value, perhaps of a malicious process, has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Form = Callable[[Any], bool]
LARGEST = 2**53  # of whole numbers: beyond it, they are no counts


def text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 2000


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def number(value: Any) -> bool:
    return (type(value) is int and abs(value) <= LARGEST) or type(value) is float


def plain(value: Any) -> bool:
    """Numbers, texts, lists and dicts of them."""
    if isinstance(value, list):
        return all(map(plain, value))
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    return value is None or isinstance(value, (bool, str)) or number(value)


def array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size > 0


def numbers(value: Any) -> bool:
    """An array, however empty: the check says what is wrong with it."""
    return isinstance(value, np.ndarray)


def bytes_(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 1


def samples(value: Any) -> bool:
    """Outputs (images, repeats, outputs)."""
    return array(value) and value.ndim == 3


def nothing(value: Any) -> bool:
    return value is None


def either(*forms: Form) -> Form:
    return lambda value: any(form(value) for form in forms)


def each(form: Form, length: int | None = None) -> Form:
    return lambda value: (
        isinstance(value, list) and length in (None, len(value)) and len(value) <= 10_000 and all(map(form, value))
    )


def pair(first: Form, second: Form) -> Form:
    return lambda value: isinstance(value, list) and len(value) == 2 and first(value[0]) and second(value[1])


def record(**fields: Form) -> Form:
    """A dict that has these fields, and perhaps others that nobody looks at."""
    return lambda value: (
        isinstance(value, dict) and all(name in value and form(value[name]) for name, form in fields.items())
    )


def is_(wanted: Any) -> Form:
    return lambda value: type(value) is type(wanted) and value == wanted


def one_of(*allowed: str | int) -> Form:
    return lambda value: type(value) in (str, int) and value in allowed
