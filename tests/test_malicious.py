"""Does the malicious corpus gain, change, tell or leave anything, in any sandbox that this machine offers, as any user?

Each sandbox marks the whole corpus in a process of its own, three at a time (`tests/malicious/marking.py`).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from autograder.sandbox.layers.choice import KINDS, offered
from tests.conftest import ROOT
from tests.malicious.corpus import Attack, attacks
from tests.malicious.marking import AFTERWARDS, Outcome

pytestmark = [pytest.mark.processes, pytest.mark.skipif(not offered(), reason="this machine offers no sandbox")]

ATTACKS = attacks()
USERS = ("root", "ordinary user") if os.geteuid() == 0 else ("ordinary user",)
SANDBOXES = [(kind, user) for kind in KINDS if kind in offered() for user in USERS]
Outcomes = dict[str, Outcome]
# On every push the first kind of sandbox marks the whole corpus as one user, any other kind the attacks that a sandbox
# has to withstand: the others are on what is handed in and on the judgement of answers, where no sandbox takes part.
# What is left is an attack of each category for each kind and user; the escape probe has tried every promise by then.
# All on demand.
WHOLE = dict(zip(dict.fromkeys(kind for kind, _ in SANDBOXES), USERS * len(KINDS), strict=False))
ON_SANDBOX = ("leaks", "resources", "tampering")
SAMPLE = {attack.category: attack for attack in reversed(ATTACKS)}.values()


def marked_on_push(kind: str, user: str, attack: Attack) -> bool:
    """Whether this sandbox marks this attack on every push, besides the sample."""
    return WHOLE[kind] == user and (kind == next(iter(WHOLE)) or attack.category in ON_SANDBOX)


PAIRS = [
    pytest.param(
        (kind, user),
        attack,
        marks=[] if attack in SAMPLE or marked_on_push(kind, user, attack) else [pytest.mark.slow],
        id=f"{attack.id}-{kind} as {user}",
    )
    for kind, user in SANDBOXES
    for attack in ATTACKS
]


def run(module: str, *arguments: str, user: str) -> subprocess.CompletedProcess[str]:
    """Runs a module of this folder as root or as an ordinary user."""
    as_user = ["--user", "54321"] if user != "root" and os.geteuid() == 0 else []
    command = [sys.executable, "-m", module, *arguments, *as_user]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def marked(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[tuple[str, str], Future[Outcomes]]]:
    """The outcomes of the attacks that are to be tested, for each sandbox and user."""
    folder = tmp_path_factory.mktemp("malicious")
    wanted: dict[tuple[str, str], list[str]] = {sandbox: [] for sandbox in SANDBOXES}
    for item in request.session.items:
        given = getattr(item, "callspec", None)
        if given is not None and "attack" in given.params and "sandbox" in given.params:
            wanted[given.params["sandbox"]].append(given.params["attack"].id)

    def grade(kind: str, user: str) -> Outcomes:
        out = folder / f"{kind} {user}.jsonl"
        done = run("tests.malicious.marking", "--sandbox", kind, str(out), *wanted[kind, user], user=user)
        assert done.returncode == 0, done.stderr
        outcomes = [Outcome(**json.loads(line)) for line in out.read_text().splitlines()]
        return {outcome.attack: outcome for outcome in outcomes}

    most_first = sorted(filter(wanted.get, SANDBOXES), key=lambda sandbox: -len(wanted[sandbox]))
    with ThreadPoolExecutor(3) as pool:  # what hangs leaves the cores to the others
        yield {sandbox: pool.submit(grade, *sandbox) for sandbox in most_first}


@pytest.mark.parametrize(("sandbox", "attack"), PAIRS)
def test_the_attack_gains_nothing_and_harms_nobody(
    sandbox: tuple[str, str], attack: Attack, marked: dict[tuple[str, str], Future[Outcomes]]
) -> None:
    outcome = marked[sandbox].result()[attack.id]
    assert outcome.errors == []
    assert outcome.mark == attack.mark, outcome.said
    assert attack.reason in outcome.said
    assert outcome.heard == []
    assert outcome.changed == []
    assert outcome.left_running == 0
    assert not outcome.told_the_secret
    assert "LEAK" not in outcome.said
    assert not re.search(r"\d{40}", outcome.said)


@pytest.mark.parametrize("sandbox", SANDBOXES, ids=" as ".join)
def test_honest_work_gets_its_mark_after_all_of_them(
    sandbox: tuple[str, str], marked: dict[tuple[str, str], Future[Outcomes]]
) -> None:
    assert marked[sandbox].result()[AFTERWARDS].mark == 3
