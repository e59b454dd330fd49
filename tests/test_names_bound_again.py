"""Does a submission define what its notebook defines when it runs from top to bottom, whatever is asked for first?

Generated notebooks bind the same few names again and again, in one cell and across cells, by every construct of Python
that binds or changes something. Each runs in plain Python as well, cell by cell.
"""

from __future__ import annotations

import json
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.submission.definitions import Definitions
from autograder.submission.wanted import LoadFailed

# By its name one sees what a name stands for, so that statements fit each other whichever of them came last: numbers,
# lists of numbers, dictionaries of numbers, lists of dictionaries, settings objects, and functions without arguments.
NUMBERS, LISTS, DICTS, ROWS, OBJECTS, CALLS = "nmk", "pq", "de", "rs", "uv", "fgh"
ALL = NUMBERS + LISTS + DICTS + ROWS + OBJECTS + CALLS

# One line each: its construct, what it needs to be bound (upper case letters are what it takes), and its text. N, M are
# numbers, P, Q lists, D, E dictionaries, R rows, U, V objects, F, G functions, and 1 is a number that is drawn.
TEMPLATES = {
    "assignment": ("N = 1", "N = M + 1", "N = M = 1", "N, M = 1, 2", "N = len(P)", "N = sum(P)", "N: int = M"),
    "list": (
        "P = [1, 2]",
        "P = [N, 1]",
        "P = list(Q)",
        "P = [N for N in Q]",
        "P = [M + N for M in Q]",
        "P, N = [1], 2",
    ),
    "same list": ("P = Q", "P = Q if 1 else Q", "P = (Q,)[0]", "P, N = Q, 1", "(P := Q)"),
    "dictionary": ("D = {'n': 1}", "D = {'n': N, 'm': 1}", "D = dict(E)", "D = {M: N for M in P}", "D = {'m': M, **E}"),
    "rows": ("R = [{'n': 1}, {'n': 2}]", "R = [D, E]", "R = [D]", "R = S", "R = [dict(D) for D in S]", "R = [D, *S]"),
    "object": ("U = Space()", "U = Space(n=N)", "U = V", "U = Space(p=P)", "U = Space(n=1, p=[1])"),
    "for": (
        *("for N in P: pass", "for N in P:\n    M = N + 1", "for N, M in [(1, 2), (3, 4)]:\n    K += N * M"),
        *(
            "for N in range(2):\n    P.append(N)",
            "for N in P:\n    D[N] = M",
            "for N, D in enumerate(R):\n    D['n'] = N",
        ),
        *("for D in R:\n    D['m'] = 1", "for N in range(3):\n    if N == 1:\n        break\nelse:\n    M = 1"),
        *("for N in P:\n    for M in Q:\n        K = N * M + K", "for N in []:\n    M = 1", "for N in P:\n    del N"),
        *("for D['n'] in (1, 2): pass", "for name, N in [('n', 1), ('m', 2)]:\n    setattr(U, name, N)"),
        *(
            "for U.n in (1, 2): pass",
            "for N, M in D.items():\n    K += M",
        ),
    ),
    "while": ("while N < 3:\n    N += 1", "while False:\n    N = 1", "M = 0\nwhile M < 2:\n    M += 1\n    N = M"),
    "if": (
        "if N > 1:\n    M = 1\nelse:\n    M = 2",
        "if N > 1:\n    M = 1",
        "if (N := 1) > 0: M = N",
        "if N: P.append(1)",
    ),
    "with": (
        *(
            "with given(1) as N: pass",
            "with given(P) as Q:\n    Q.append(1)",
            "with given(N) as M, given(M) as K: pass",
        ),
        *("with given(1) as N:\n    M = N", "with given(1) as D['n']: pass", "with given(1) as (U.n): pass"),
    ),
    "except": (
        *(
            "try:\n    1 / 0\nexcept ZeroDivisionError as N:\n    M = 1",
            "try:\n    N = 1\nexcept ValueError:\n    M = 1",
        ),
        *("try:\n    N = 1\n    1 / 0\nexcept ZeroDivisionError:\n    M = N", "try:\n    pass\nfinally:\n    N = 1"),
        "try:\n    N = M\nexcept NameError:\n    N = 1\nelse:\n    K = N",
    ),
    "walrus": (
        "(N := M + 1)",
        "P = [M := N + 1 for N in Q]",
        "N = (M := 1) + M",
        "1 and (N := 1)",
        "P = [(K := N) for N in [1]]",
    ),
    "comprehension": (
        "P = [N for N in range(3)]",
        "D = {M: M for M in P}",
        "N = sum(M * K for M in P)",
        "N = len({M for M in P})",
    ),
    "augmented": ("N += 1", "N *= M", "P += [1]", "P += Q", "D['n'] += 1", "D |= E", "U.n += 1", "P *= 2"),
    "del": ("del N", "del P[0]", "del D['n']", "del U.n", "del P", "N = 1\ndel N"),
    "change": (
        *(
            "P.append(N)",
            "P.sort()",
            "P[0] = N",
            "P[0], N = 1, 2",
            "D['n'] = N",
            "D.update(E)",
            "R[0]['n'] = 1",
            "R.append(D)",
        ),
        *(
            "U.n = N",
            "U.p = P",
            "U.p.append(1)",
            "setattr(U, 'n', 1)",
            "P.extend(Q)",
            "list.append(P, 1)",
            "D.pop('n')",
        ),
        *("R[-1].update(m=N)", "globals()['n'] = 1", "delattr(U, 'n')", "N = P.pop()", "D.setdefault('k', 1)"),
    ),
    "function": (
        *("def F(): return N", "def F(): return N + M", "def F(): return len(P) + N", "def F(): return sum(P)"),
        *("def F(N=M): return N", "def F(): return G()", "F = lambda: N", "F = lambda N=N: N + M", "F = G"),
        *("def F():\n    N = 1\n    return N + M", "def F(): return D['n']", "def F(): return U.n", "F = make(N)"),
        *("def F(): return [N for N in P][0]", "def F(): return sum(N for M in P)", "def F(): return R[0]['n']"),
    ),
    "function that changes": (
        *("def F():\n    global N\n    N = 1\n    return 1", "def F():\n    global N\n    N += 1\n    return N"),
        *(
            "def F():\n    P.append(1)\n    return 1",
            "def F():\n    D['n'] = 1\n    return 1",
            "def F():\n    U.n = 1\n    return 2",
        ),
        *("def F():\n    for D in R:\n        D['n'] = 1\n    return 1", "def F():\n    G()\n    return N"),
        *(
            "def F():\n    global N\n    for N in P: pass\n    return 1",
            "def F():\n    global P\n    P = [1]\n    return 1",
        ),
        *(
            "def F():\n    fill(P)\n    return 1",
            "def F():\n    Q = P\n    Q[0] = 1\n    return 1",
            "F = lambda: P.append(1) or 1",
        ),
    ),
    "call": (
        *("F()", "N = F()", "fill(P)", "P.append(F())", "[F() for N in P]", "list(map(lambda M: F(), P))", "put(D, N)"),
        *("both(P)", "N = F() + G()", "for N in P:\n    F()", "if F(): N = 1", "shared().append(N)", "P = shared()"),
        *(
            "twice(F)",
            "Tally()",
            "tally.count(N)",
            "N = tally.total",
            "Tally().note(P)",
            "N = Tally.made",
            "Tally.made = N",
        ),
    ),
    "class": (
        "class U:\n    n = N\n    p = P",
        "class U:\n    n = 1\n    m = n + N\n    P.append(n)",
        "U = Tally()\nU.n = 1",
    ),
    "decorator": (
        "@keep\ndef F(): return N",
        "@keep\ndef F(): return 1",
        "N = len(kept)",
        "@twice\ndef F(): return 1\nF = make(1)",
    ),
    "generator": (
        "N = sum(M for M in P)",
        "stream = iter(P + [1, 2])",
        "N = next(stream)",
        "stream = (M * N for M in [1, 2, 3])",
    ),
    "import": (
        "from math import floor as F\nF = make(1)",
        "import math\nN = math.floor(M)",
        "from math import factorial as N\nN = 1",
    ),
    "match": (
        "match P:\n    case [N, *_]: pass\n    case _: N = 1",
        "match D:\n    case {'n': N}: pass",
        "match 1:\n    case N: pass",
    ),
}
CONSTRUCTS = tuple(TEMPLATES)
BEFORE = """
from contextlib import contextmanager
from types import SimpleNamespace as Space
@contextmanager
def given(value):
    yield value
def fill(values):
    values.append(len(values))
def put(where, value):
    where["n"] = value
def both(values):
    fill(values)
    fill(values)
def make(number):
    return lambda: number
def twice(function):
    function()
    return function() or function
common = []
def shared():
    return common
kept = []
def keep(function):
    kept.append(function)
    return function
class Tally:
    made = 0
    def __init__(self):
        self.total = 0
        kept.append(self)
    def count(self, number):
        self.total += number
    def note(self, values):
        values.append(self.total)
tally = Tally()
stream = iter(range(100))
"""
START = {"n": "1", "m": "2", "k": "3", "p": "[1, 2]", "q": "[3]", "d": "{'n': 1}", "e": "{'n': 2, 'm': 3}"}
START |= {"r": "[{'n': 1}]", "s": "[{'n': 4}, {'n': 5}]", "u": "Space(n=1, p=[1])", "v": "Space(n=2, p=[2])"}
START |= dict.fromkeys("fgh", "lambda: 7")


class Written(NamedTuple):
    """The cells of a notebook, the constructs in them, and the names to ask for, in this order."""

    cells: list[str]
    constructs: set[str]
    asked: list[str]


@st.composite
def notebooks(draw: Callable[[Any], Any]) -> Written:
    constructs = set()
    statements = [f"{name} = {value}" for name, value in START.items() if draw(st.integers(0, 5))]
    for _ in range(draw(st.integers(3, 14))):
        construct = draw(st.sampled_from(CONSTRUCTS))
        constructs.add(construct)
        text = draw(st.sampled_from(TEMPLATES[construct]))
        for letters, pool in (
            ("NMK", NUMBERS),
            ("PQ", LISTS),
            ("DE", DICTS),
            ("RS", ROWS),
            ("UV", OBJECTS),
            ("FG", CALLS),
        ):
            chosen = draw(st.permutations(pool)) if any(letter in text for letter in letters) else pool
            for letter, name in zip(letters, chosen, strict=False):
                text = "".join(
                    name if one == letter and not (before + after).strip("_").isalpha() else one
                    for before, one, after in zip(" " + text, text, text[1:] + " ", strict=False)
                )
        statements.append(text.replace(" 1", f" {draw(st.integers(1, 9))}"))
    statements = those_that_run(statements)
    cells = [BEFORE]
    for statement in statements:
        if len(cells) == 1 or draw(st.booleans()):
            cells.append(statement)
        else:
            cells[-1] += "\n" + statement
    asked = draw(st.lists(st.sampled_from(ALL), min_size=1, max_size=3, unique=True))
    return Written(cells, constructs, asked)


def those_that_run(statements: list[str]) -> list[str]:
    """The statements without those that raise."""
    kept: list[str] = []
    names = from_top_to_bottom([BEFORE])
    for statement in statements:
        try:
            exec(statement, names)
            kept.append(statement)
        except Exception:
            names = from_top_to_bottom([BEFORE, *kept])
    return kept


def from_top_to_bottom(cells: list[str]) -> dict[str, Any]:
    """What the names are after all cells."""
    names: dict[str, Any] = {}
    for cell in cells:
        exec(compile(cell, "<cell>", "exec", dont_inherit=True), names)
    return names


def save(cells: list[str], folder: Path) -> Definitions:
    made = [{"cell_type": "code", "metadata": {}, "source": source} for source in cells]
    notebook = {"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    (folder / "work.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    return Definitions(folder)


def shape(value: Any) -> Any:
    """What of a value can be compared between two runs: functions are called, objects are looked into."""
    if isinstance(value, types.FunctionType):
        try:
            return "function", shape(value())
        except Exception as error:
            return "function", type(error).__name__
    if isinstance(value, (types.SimpleNamespace, type)) or type(value).__name__ == "Tally":
        return {name: shape(part) for name, part in vars(value).items() if name[:1] != "_" and not callable(part)}
    return repr(value)


def compare(written: Written, folder: Path) -> bool:
    """Fails where a name that is asked for is something else than in the notebook; returns whether there is any."""
    theirs = from_top_to_bottom(written.cells)
    definitions = save(written.cells, folder)
    asked = [name for name in written.asked if name in theirs]
    ours = {name: definitions.load(name) for name in asked}
    right = {name: theirs[name] for name in asked}
    assert {name: shape(value) for name, value in ours.items()} == {name: shape(value) for name, value in right.items()}
    return bool(asked)


def compare_many(folder: Path, count: int) -> Counter[str]:
    """Compares so many notebooks; returns in how many of them each construct was."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(written=notebooks())
    def same(written: Written) -> None:
        if compare(written, folder):
            seen.update(written.constructs)

    same()
    return seen


def test_a_name_is_what_it_is_after_the_notebook_has_run(tmp_path: Path) -> None:
    compare_many(tmp_path, 200)


SETTINGS = (
    "from types import SimpleNamespace\ncfg = SimpleNamespace()\nfor name, value in [('hidden', 128), ('p', 0.2)]:\n"
    "    setattr(cfg, name, value)",
    "class Net:\n    def __init__(self):\n        self.hidden = cfg.hidden",
)
COUNT = (
    "weights = {'conv': (32, 1, 5, 5), 'fc1': (128, 4608), 'fc2': (10, 128)}\ncounted = 0\n"
    "for name, shape in weights.items():\n    count = 1\n    for n in shape:\n        count *= n\n"
    "    counted += count + shape[0]"
)


@pytest.mark.parametrize("cells", [[*SETTINGS, COUNT], [COUNT, *SETTINGS]])
@pytest.mark.parametrize("asked", [["Net", "counted"], ["counted", "Net"]])
def test_a_loop_variable_in_two_cells_costs_nothing(cells: list[str], asked: list[str], tmp_path: Path) -> None:
    definitions = save(cells, tmp_path)
    found = {name: definitions.load(name) for name in asked}
    assert (found["Net"]().hidden, found["counted"]) == (128, 592074)


def test_a_cell_that_only_has_the_same_names_does_not_run(tmp_path: Path) -> None:
    loop = "for image in [5, 6]:\n    number = image / 0"
    definitions = save([loop, "image = 3\nnumber = image * 2\nanswer = number", loop], tmp_path)
    assert definitions.load("answer") == 6
    assert definitions.failure("image") == ""


def test_what_has_been_changed_below_is_seen_as_it_was_above(tmp_path: Path) -> None:
    definitions = save(["sizes = [1]", "before = len(sizes)", "sizes.append(2)", "after = len(sizes)"], tmp_path)
    assert [definitions.load(name) for name in ("after", "before", "after")] == [2, 1, 2]


def test_a_name_that_is_bound_only_further_down_is_pointed_at(tmp_path: Path) -> None:
    definitions = save(["answer = half(4)", "def half(number):\n    return number // 2"], tmp_path)
    with pytest.raises(LoadFailed, match=r"`half` is defined further down \(work.ipynb, cell 2, line 1\); cells run"):
        definitions.load("answer")


@pytest.mark.slow
def test_thousands_of_notebooks_define_what_they_define_when_they_run(tmp_path: Path) -> None:
    seen = compare_many(tmp_path, 5000)
    assert {construct: seen[construct] for construct in CONSTRUCTS if seen[construct] < 50} == {}
