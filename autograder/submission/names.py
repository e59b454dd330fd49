"""Compares names as people see them: macOS writes “ö” as two characters (NFD), everybody else as one (NFC)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def composed(name: str) -> str:
    """The name in NFC, to be compared with others; for showing, names stay as they came."""
    return unicodedata.normalize("NFC", name)


def spelt_as(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """For each of `names`, the one of `known` that is the same name, which may be spelt with other characters.

    A name that is among `known` is itself. One that is not, and could be two of them, is left out like a stranger.
    """
    known = set(known)
    alike: dict[str, list[str]] = {}
    for name in known:
        alike.setdefault(composed(name), []).append(name)
    found = {}
    for name in names:
        own = [name] if name in known else alike.get(composed(name), [])
        if len(own) == 1:
            found[name] = own[0]
    return found
