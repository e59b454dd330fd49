"""Forms that a procedure's answer can have. Each says whether a value, perhaps of a malicious process, has it.

They also say of each field whether it is *measured*, so that a point can rest on it, or *told* (docs/evidence.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np


@dataclass(frozen=True)
class Composite:
    """A form that is made of others."""

    kind: Literal["either", "each", "pair", "record"]
    parts: tuple[Form, ...]
    names: tuple[str, ...] = ()
    length: int | None = None
    most: int = 0
    measured: frozenset[str] = frozenset()
    """The fields of a record whose value is evidence."""


@dataclass(frozen=True)
class Fields:
    """Some fields of a record, which are evidence or not."""

    forms: dict[str, Form]
    measured: bool


Form = Callable[[Any], bool] | Composite
Procedure = TypeVar("Procedure", bound=Callable[..., Any])
WHOLE = "answer"  # what an answer without fields is called among fields
AXES = 8  # that an array may have
MOST_NUMBERS = 4_000_000  # in one array
LARGEST = 2**53  # of whole numbers: beyond it, they are no counts


def answers(form: Form, measured: bool = False) -> Callable[[Procedure], Procedure]:
    """Declares the form that a procedure's answer must have: what does not have it cannot be judged.

    Answers come from a process that runs student code, so a check may rely on nothing but this. `measured` says of an
    answer without fields whether it is evidence.
    """

    def declare(procedure: Procedure) -> Procedure:
        procedure.form = form  # type: ignore[attr-defined]
        procedure.evidence = _evidence(form) or {WHOLE: measured}  # type: ignore[attr-defined]
        return procedure

    return declare


def form_of(procedure: Callable[..., Any]) -> Form:
    """The declared form; raises `LookupError` where there is none."""
    form = getattr(procedure, "form", None)
    if form is None:
        raise LookupError(f"{procedure.__module__}.{procedure.__name__} declares no form of its answer (`@answers`)")
    return form


def evidence_of(procedure: Callable[..., Any]) -> dict[str, bool]:
    """The fields of a procedure's answer, and whether each is evidence; of one without fields, `WHOLE` is."""
    form_of(procedure)
    evidence: dict[str, bool] = procedure.evidence  # type: ignore[attr-defined]
    return evidence


def _evidence(form: Form) -> dict[str, bool]:
    """The fields of all records in a form, outermost ones; raises `TypeError` where two disagree on one."""
    found: dict[str, bool] = {}
    if isinstance(form, Composite):
        inner = [{name: name in form.measured for name in form.names}] if form.kind == "record" else []
        for fields in inner or map(_evidence, form.parts):
            for name, measured in fields.items():
                if found.setdefault(name, measured) != measured:
                    raise TypeError(f"the field {name!r} of an answer is measured in one record, and told in another")
    return found


def fits(value: Any, form: Form) -> bool:
    """Whether a value has a form."""
    if not isinstance(form, Composite):
        return form(value)
    inner: Iterable[tuple[Any, Form]]
    if form.kind == "either":
        return any(map(fits, itertools.repeat(value), form.parts))
    if form.kind == "record":
        if not (isinstance(value, dict) and value.keys() == set(form.names)):
            return False
        inner = zip(map(value.get, form.names), form.parts, strict=True)
    elif not isinstance(value, list) or len(value) > form.most or form.length not in (None, len(value)):
        return False
    else:
        inner = zip(value, form.parts if form.kind == "pair" else itertools.repeat(form.parts[0]))  # noqa: B905
    return all(itertools.starmap(fits, inner))


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
    return numbers(value) and value.size > 0


def numbers(value: Any) -> bool:
    """An array, however empty, and not too large: the check says what is wrong with it."""
    return isinstance(value, np.ndarray) and value.ndim <= AXES and value.size <= MOST_NUMBERS


def bytes_(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 1


def samples(value: Any) -> bool:
    """Outputs (images, repeats, outputs)."""
    return array(value) and value.ndim == 3


def nothing(value: Any) -> bool:
    return value is None


def either(*forms: Form) -> Form:
    return Composite("either", forms)


def each(form: Form, length: int | None = None, most: int = 1000) -> Form:
    return Composite("each", (form,), length=length, most=most)


def pair(first: Form, second: Form) -> Form:
    return Composite("pair", (first, second), length=2, most=2)


def measured(**fields: Form) -> Fields:
    """Fields that are evidence: only right work on inputs that nobody knew gives the right value."""
    return Fields(fields, measured=True)


def told(**fields: Form) -> Fields:
    """Fields that rest on the word of a process that runs student code: they may cost points, and never earn one."""
    return Fields(fields, measured=False)


def record(*groups: Fields) -> Form:
    """A dict that has these fields, and no others."""
    fields = {name: form for group in groups for name, form in group.forms.items()}
    evidence = frozenset(name for group in groups if group.measured for name in group.forms)
    return Composite("record", tuple(fields.values()), tuple(fields), measured=evidence)


def is_(wanted: Any) -> Form:
    return lambda value: type(value) is type(wanted) and value == wanted


def one_of(*allowed: str | int) -> Form:
    return lambda value: type(value) in (str, int) and value in allowed


def shape(value: Any) -> bool:
    """The sizes of an array, of which no answer has many."""
    return isinstance(value, list) and len(value) <= AXES and all(map(count, value))


def name(value: Any) -> bool:
    """What a parameter is called."""
    return isinstance(value, str) and len(value) <= 100


SHAPES = each(pair(name, shape), most=200)
"""Names and shapes of parameters."""
STATE = each(pair(text, numbers), most=2000)
"""Names and arrays of a state dict."""
