"""Refuses to do a task's work while the answer to that task is asked for; in any other cell, the package helps."""

from __future__ import annotations

asked = False  # whether a check asks for an answer now


def refuse(function: str, work: str) -> None:
    """Raises `RuntimeError` while an answer is asked for: the package's `function` does `work`, which is the task's."""
    if asked:
        raise RuntimeError(
            f"`{function}` of this package {work} for you, so an answer cannot be made of it; write that yourself"
        )
