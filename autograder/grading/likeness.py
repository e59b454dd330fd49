"""Finds code that students of a class share, even with other names: compares fingerprints of normalised tokens."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from zlib import crc32

GRAM = 12  # tokens of one fingerprint
WINDOW = 6  # neighbouring fingerprints, of which the least is kept (winnowing: Schleimer, Wilkerson, Aiken 2003)
# Measured on the sample class, and on submissions put together at random from tests/accepted: whole submissions that
# were not copied share up to 21 % of their fingerprints, copies of the reference with one or two changes at least 88 %.
# Half submissions share up to 43 % by chance, since there are few ways to write a short task.
SHARE = 0.75
LEAST = 150  # fingerprints of the shorter one; a whole submission has about 550
# Code that more people than this have written was not copied from one of them.
CROWD, CROWD_SHARE = 20, 0.2

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


def near_equal(
    codes: Mapping[str, Mapping[str, str]], given: Sequence[str] = (), crowdless: Sequence[str] = ()
) -> list[Pair]:
    """The pairs of a class whose code is nearly equal.

    `codes` maps names to the code of each task; `given` is code that everybody was given. Those in `crowdless` (the
    reference) are compared like the others, but do not count for `CROWD`. Takes about 5 ms for each student.
    """
    free = {number for code in given for number in grams(code)}
    by_task = {
        name: {task: prints for task, text in tasks.items() if (prints := fingerprints(text) - free)}
        for name, tasks in codes.items()
    }
    whole = {name: set().union(*tasks.values()) for name, tasks in by_task.items()}
    owners: dict[int, list[str]] = defaultdict(list)
    for name in sorted(whole):
        for number in whole[name]:
            owners[number].append(name)
    crowd = max(CROWD, CROWD_SHARE * len(codes)) + len(crowdless)
    common = {number for number, names in owners.items() if len(names) > crowd}
    sizes = {name: len(numbers - common) for name, numbers in whole.items()}
    shared: Counter[tuple[str, str]] = Counter()
    for number, names in owners.items():
        if number not in common:
            shared.update(combinations(names, 2))
    found = {}
    for (first, second), count in shared.items():
        size = min(sizes[first], sizes[second])
        if size >= LEAST and count / size >= SHARE:
            found[first, second] = count / size
    found |= dict.fromkeys(_equal(whole), 1.0)
    return [
        Pair(first, second, share, tuple(_tasks(by_task[first], by_task[second])))
        for (first, second), share in sorted(found.items())
    ]


def _equal(whole: Mapping[str, set[int]]) -> Iterator[tuple[str, str]]:
    """Pairs with the same fingerprints, however many share them: neighbours in each such group, and its two ends."""
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for name in sorted(whole):
        if len(whole[name]) >= LEAST:
            groups[frozenset(whole[name])].append(name)
    for names in groups.values():
        yield from pairwise(names)
        if len(names) > 2:
            yield names[0], names[-1]


def _tasks(first: Mapping[str, set[int]], second: Mapping[str, set[int]]) -> Iterator[str]:
    """The tasks in which the two share at least `SHARE` of the shorter one's fingerprints."""
    for task in first:
        if task in second:
            least = min(len(first[task]), len(second[task]))
            if len(first[task] & second[task]) >= SHARE * least:
                yield task
