"""Finds code that students of a class share, even with other names: compares fingerprints of normalised tokens.

Weights are compared by fingerprints of their own (`judge/weights_file.py`).
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

GRAM = 12  # tokens of one fingerprint
WINDOW = 6  # neighbouring fingerprints, of which the least is kept (winnowing: Schleimer, Wilkerson, Aiken 2003)
# Measured on the sample class, and on submissions put together at random from tests/accepted: whole submissions that
# were not copied share up to 29 % of their fingerprints, copies of the reference with one or two changes at least 93 %.
# Half submissions share up to 43 % by chance, since there are few ways to write a short task.
SHARE = 0.75
LEAST = 150  # fingerprints of the shorter one; a whole submission has about 550
COLUMNS = 4096  # fingerprints that are compared at once
# Bits in which the fingerprints of near weights may differ. Measured: noise of 1 % changes up to 4, of 5 % up to 20.
# Networks that start alike and see the images in another order differ by 31 after one epoch and by 57 or more once
# trained (by 7 where the learning rate is so low that they stay where they started). Other seeds: 108 or more.
NEAR = 12
DIGITS = 64  # of a fingerprint that are about near weights; the others are about the same numbers in another order

TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    # The closing quotes are optional: otherwise some texts would make the search slow.
    r'|(?P<text>[rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|\Z)'
    r"|'''[\s\S]*?(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\.)*"?'
    r"|'(?:[^'\\\n]|\\.)*'?))"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<other>\.?\d[\w.]*|\S)"
)
PRIME, BASE = 2**61 - 1, 1_000_003
PLAIN = set(keyword.kwlist) | set(dir(builtins))


def tokens(code: str) -> list[str]:
    """The tokens of code, with "text" for strings and "name" for names, except those of Python and libraries."""
    found: list[str] = []
    before = owner = ""  # the previous token, and the previous one that is not a dot
    for match in TOKEN.finditer(code):
        token, kind = match[0], match.lastgroup
        if kind == "comment":
            continue
        if kind == "name":
            library = before == "." and owner != "self"
            found.append(token if library or token in PLAIN else "name")
        else:
            found.append("text" if kind == "text" else token)
        if token != ".":
            owner = token
        before = token
    return found


def grams(code: str) -> list[int]:
    """A hash of each `GRAM` consecutive tokens."""
    numbers = [crc32(token.encode("utf-8", "replace")) for token in tokens(code)]
    found, rolling, top = [], 0, pow(BASE, GRAM, PRIME)
    for index, number in enumerate(numbers):
        rolling = (rolling * BASE + number) % PRIME
        if index >= GRAM:
            rolling = (rolling - numbers[index - GRAM] * top) % PRIME
        if index >= GRAM - 1:
            found.append(rolling)
    return found


def fingerprints(code: str) -> set[int]:
    """The least of each `WINDOW` neighbouring hashes: any `GRAM + WINDOW - 1` equal tokens in a row share one."""
    numbers = grams(code)
    if not numbers:
        return set()
    return {min(numbers[start : start + WINDOW]) for start in range(max(1, len(numbers) - WINDOW + 1))}


@dataclass(frozen=True)
class Pair:
    """Two students with nearly equal code: the share of the shorter one's fingerprints, and which tasks."""

    first: str
    second: str
    share: float
    tasks: tuple[str, ...]


def near_weights(first: str, second: str) -> bool:
    """Whether two fingerprints are of the same weights: moved by a few per cent, or with their units renumbered."""
    if not first or len(first) != len(second):
        return False
    moved, renumbered = first[:DIGITS], first[DIGITS:]
    if renumbered and renumbered == second[DIGITS:]:
        return True
    return (int(moved, 16) ^ int(second[:DIGITS], 16)).bit_count() <= NEAR


def near_equal(codes: Mapping[str, Mapping[str, str]], given: Sequence[str] = ()) -> list[Pair]:
    """The pairs of a class whose code is nearly equal, however many share it.

    `codes` maps names to the code of each task; `given` is code that everybody was given. Takes about 5 ms for each
    student.
    """
    free = {number for code in given for number in grams(code)}
    by_task = {
        name: {task: prints for task, text in tasks.items() if (prints := fingerprints(text) - free)}
        for name, tasks in codes.items()
    }
    whole = {name: set().union(*by_task[name].values()) for name in sorted(by_task)}
    names = [name for name, prints in whole.items() if len(prints) >= LEAST]
    sizes = np.array([len(whole[name]) for name in names])
    shares = _shared([whole[name] for name in names]) / np.minimum.outer(sizes, sizes).clip(min=1)
    found = []
    for row, column in np.argwhere(np.triu(shares >= SHARE, k=1)):
        first, second = names[row], names[column]
        tasks = tuple(_tasks(by_task[first], by_task[second]))
        found.append(Pair(first, second, float(shares[row, column]), tasks))
    return found


def groups(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """The pairs, put together where they have a student in common."""
    leaders: dict[str, str] = {}

    def leader(name: str) -> str:
        while leaders.setdefault(name, name) != name:
            name = leaders[name]
        return name

    for pair in pairs:
        leaders[leader(pair.second)] = leader(pair.first)
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(leader(pair.first), []).append(pair)
    return list(found.values())


def _shared(prints: Sequence[set[int]]) -> NDArray[np.float32]:
    """How many numbers each two of the sets have in common, as an (N, N) matrix."""
    owners: dict[int, list[int]] = defaultdict(list)
    for row, numbers in enumerate(prints):
        for number in numbers:
            owners[number].append(row)
    several = [rows for rows in owners.values() if len(rows) > 1]
    common = np.zeros((len(prints), len(prints)), np.float32)
    for start in range(0, len(several), COLUMNS):
        has = np.zeros((len(prints), COLUMNS), np.float32)
        for column, rows in enumerate(several[start : start + COLUMNS]):
            has[rows, column] = 1
        common += has @ has.T
    common[np.diag_indices_from(common)] = [len(numbers) for numbers in prints]
    return common


def _tasks(first: Mapping[str, set[int]], second: Mapping[str, set[int]]) -> Iterator[str]:
    """The tasks in which the two share at least `SHARE` of the shorter one's fingerprints."""
    for task in first:
        if task in second:
            least = min(len(first[task]), len(second[task]))
            if len(first[task] & second[task]) >= SHARE * least:
                yield task
