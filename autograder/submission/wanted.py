"""A name that is asked for: what it means that it is missing, may have been meant, or is still the stub."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Mapping


class Missing(Exception):
    """The submission does not define the name."""


class LoadFailed(Exception):
    """The name is there, but running its definition failed; the message says where and why."""


NEAR = 0.7  # `BranchNet` is as near to `BranchModel`
VARIABLE = 0.75  # variables have to be nearer: there are many of them


def likeness(one: str, other: str) -> float:
    """How much of two names is the same, in [0, 1], whatever their case and underscores."""
    plain = (one.lower().replace("_", ""), other.lower().replace("_", ""))
    return difflib.SequenceMatcher(None, *plain).ratio()


def meant(name: str, places: Mapping[str, str]) -> str:
    """A question about the name most like `name`, of those that stand at `places`; empty where none is."""
    nearest = max(places, key=lambda one: likeness(name, one), default="")
    if not nearest or likeness(name, nearest) < NEAR:
        return ""
    where = f" ({places[nearest]})" if places[nearest] else ""
    return f"Did you mean `{nearest}`{where}?"


def only_raises(function: ast.FunctionDef) -> bool:
    """Whether a function is nothing but docstring, `super().__init__()` and `raise NotImplementedError`."""
    *before, last = function.body
    idle = all(
        isinstance(part, ast.Expr) and (isinstance(part.value, ast.Constant) or "super()" in ast.unparse(part))
        for part in before
    )
    return idle and isinstance(last, ast.Raise) and "NotImplementedError" in ast.unparse(last)
