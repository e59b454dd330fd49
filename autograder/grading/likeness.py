"""Code that two students share, whatever they called things: fingerprints of normalised tokens, over a whole class."""

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
WINDOW = 6  # of so many neighbouring fingerprints the least is kept (winnowing: Schleimer, Wilkerson, Aiken 2003)
# Measured on the sample class and on the right answers in tests/accepted, put together at random: whole submissions
# that nobody copied share up to 21 % of their fingerprints, the reference with one or two changes 88 % and more. Of
# half a submission people share up to 43 % by chance, since short tasks leave no choice.
SHARE = 0.75
LEAST = 150  # fingerprints of the shorter one; a whole submission has about 550
# What more people than this have written is not what one has from another.
CROWD, CROWD_SHARE = 20, 0.2

TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    # Ends of texts are optional, so that no text makes this slow.
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
    """Code as tokens in which names and texts do not count: those of Python and of libraries (`F.relu`) alone stay."""
    found: list[str] = []
    before = owner = ""  # the token before, and the last one that was no dot
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
    """A number for each `GRAM` tokens in a row."""
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
    """Of each `WINDOW` neighbouring numbers the least: any stretch of `GRAM + WINDOW - 1` equal tokens shares one."""
    numbers = grams(code)
    if not numbers:
        return set()
    return {min(numbers[start : start + WINDOW]) for start in range(max(1, len(numbers) - WINDOW + 1))}


@dataclass(frozen=True)
class Pair:
    """Two whose code is near-equal: the share of the shorter one's fingerprints, and the tasks that it shows in."""

    one: str
    other: str
    share: float
    tasks: tuple[str, ...]


def near_equal(
    codes: Mapping[str, Mapping[str, str]], given: Sequence[str] = (), crowdless: Sequence[str] = ()
) -> list[Pair]:
    """The pairs of a class whose code is near-equal.

    `codes` maps names to the code of each task, `given` is code that everybody was given. Those in `crowdless` are
    compared like the others, and do not make a crowd (the reference). Takes about 5 ms a student.
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
    shares = {pair: count / max(1, min(sizes[one] for one in pair)) for pair, count in shared.items()}
    found = {
        pair: share for pair, share in shares.items() if share >= SHARE and min(sizes[one] for one in pair) >= LEAST
    }
    found |= dict.fromkeys(_equal(whole), 1.0)
    return [Pair(*pair, share, tuple(_tasks(*(by_task[one] for one in pair)))) for pair, share in sorted(found.items())]


def _equal(whole: Mapping[str, set[int]]) -> Iterator[tuple[str, str]]:
    """Neighbours in each group of those whose fingerprints are the same, in however large a crowd."""
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for name in sorted(whole):
        if len(whole[name]) >= LEAST:
            groups[frozenset(whole[name])].append(name)
    for names in groups.values():
        yield from pairwise(names)
        if len(names) > 2:
            yield names[0], names[-1]


def _tasks(one: Mapping[str, set[int]], other: Mapping[str, set[int]]) -> Iterator[str]:
    """The tasks in which the shorter one's fingerprints are mostly the other's too."""
    for task in one:
        if task in other:
            least = min(len(one[task]), len(other[task]))
            if len(one[task] & other[task]) >= SHARE * least:
                yield task
