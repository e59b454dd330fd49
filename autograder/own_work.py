"""Refuses to do a task's work while the answer to that task is asked for; in any other cell, the package helps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

_asked = False


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """While a check asks for an answer, what calls `refuse` raises an error."""
    global _asked
    before, _asked = _asked, True
    try:
        yield
    finally:
        _asked = before


def refuse(function: str, work: str) -> None:
    """Raises `RuntimeError` while an answer is asked for: the package's `function` does `work`, which is the task's."""
    if _asked:
        raise RuntimeError(
            f"`{function}` of this package {work} for you, so an answer cannot be made of it; write that yourself"
        )
