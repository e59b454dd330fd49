"""Compares and lists names as people see them: macOS stores “ö” as two characters (NFD), others as one (NFC)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

NAMED = 40  # at most so many names are in a sentence


def composed(name: str) -> str:
    """The name in NFC, to be compared with others; for showing, names stay as they came."""
    return unicodedata.normalize("NFC", name)


def alphabetical(name: str) -> tuple[str, str]:
    """Where a name stands in a list, which neither capitals nor accents change; the name itself where two are alike."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)), name


def listed(names: Sequence[str], most: int | None = NAMED) -> str:
    """The names as a sentence has them: `ada, bob and cy`; where names have commas, `Pair, Paul; Test, Student`.

    If there are more than `most`, the last of them are only counted.
    """
    names = list(names)
    if most is not None and len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    if any("," in name for name in names):
        return "; ".join(names)
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def spelt_as(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """For each of `names`, the one of `known` that is the same name, which may be spelt with other characters.

    A name that is among `known` is itself. Any other is left out like a stranger if it could be two of them, or if two
    of `names` could be the same one.
    """
    names, known = list(dict.fromkeys(names)), set(known)
    looks = Counter(composed(name) for name in names)
    alike: dict[str, list[str]] = {}
    for name in known:
        alike.setdefault(composed(name), []).append(name)
    found = {}
    for name in names:
        look = composed(name)
        if name in known:
            found[name] = name
        elif looks[look] == 1 and len(own := alike.get(look, [])) == 1:
            found[name] = own[0]
    return found


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question that follows “there is no such student”, with at most three of `known` that have all words of `name`.

    A course system's number in them, capitals and accents need not be typed. Empty if there is none.
    """
    words = alphabetical(name)[0].split()
    found = sorted(one for one in known if words and all(word in alphabetical(one)[0] for word in words))
    return f"; did you mean {' or '.join(map(repr, found[:3]))}?" if found else ""
