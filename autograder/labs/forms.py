"""Forms that a procedure's answer can have. Each says whether a value, perhaps of a malicious process, has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

Form = Callable[[Any], bool]
Procedure = TypeVar("Procedure", bound=Callable[..., Any])
LARGEST = 2**53  # of whole numbers: beyond it, they are no counts


def answers(form: Form) -> Callable[[Procedure], Procedure]:
    """Declares the form that a procedure's answer must have: what does not have it cannot be judged.

    Answers come from a process that runs student code, so a check may rely on nothing but this.
    """

    def declare(procedure: Procedure) -> Procedure:
        procedure.form = form  # type: ignore[attr-defined]
        return procedure

    return declare


def form_of(procedure: Callable[..., Any]) -> Form:
    """The declared form; raises `LookupError` where there is none."""
    form = getattr(procedure, "form", None)
    if form is None:
        raise LookupError(f"{procedure.__module__}.{procedure.__name__} declares no form of its answer (`@answers`)")
    return form


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


def both(first: Form, second: Form) -> Form:
    return lambda value: first(value) and second(value)


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


SHAPES = each(pair(text, each(count)))
"""Names and shapes of parameters."""
STATE = each(pair(text, numbers))
"""Names and arrays of a state dict."""
