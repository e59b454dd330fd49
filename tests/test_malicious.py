"""Does the malicious corpus gain, change, tell or leave anything, in any sandbox that this machine offers, as any user?

For each user a process marks the corpus, in one kind of sandbox after the other (`tests/malicious/marking.py`).
"""

from __future__ import annotations

import itertools
import json
import operator
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
KIND = operator.attrgetter("category")
USERS = ("root", "ordinary user") if os.geteuid() == 0 else ("ordinary user",)
SANDBOXES = [(kind, user) for kind in KINDS if kind in offered() for user in USERS]
Outcomes = dict[str, Outcome]
# On every push the first kind of sandbox marks each twentieth attack of every category as one user, any other kind each
# eighth of those that its layers have to withstand: the others are on what is handed in, on the interpreter and on the
# judgement of answers, where no sandbox takes part, or use up what the supervisor limits in every kind. Besides, each
# sandbox marks an attack of each category that is on it; the escape probe has tried every promise by then.
DRAWN = {attack.id for _, some in itertools.groupby(sorted(ATTACKS, key=KIND), KIND) for attack in list(some)[::20]}
WHOLE = dict(zip(dict.fromkeys(kind for kind, _ in SANDBOXES), USERS * len(KINDS), strict=False))
ON_SANDBOX = {attack.id for attack in [attack for attack in ATTACKS if attack.category == "leaks"][::8]}
SAMPLE = {
    one.category: one for one in reversed(ATTACKS) if one.category in ("leaks", "resources", "tampering")
}.values()


def marked_on_push(kind: str, user: str, attack: Attack) -> bool:
    """Whether this sandbox marks this attack on every push, besides the sample."""
    first = kind == next(iter(WHOLE))
    return WHOLE[kind] == user and attack.id in (DRAWN if first else ON_SANDBOX)


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
) -> Iterator[dict[str, Future[dict[str, Outcomes]]]]:
    """The outcomes of the attacks that are to be tested, for each user and kind of sandbox."""
    folder = tmp_path_factory.mktemp("malicious")
    wanted: dict[str, dict[str, list[str]]] = {user: {} for user in USERS}
    for item in request.session.items:
        given = getattr(item, "callspec", None)
        if given is not None and "attack" in given.params and "sandbox" in given.params:
            kind, user = given.params["sandbox"]
            wanted[user].setdefault(kind, []).append(given.params["attack"].id)

    def grade(user: str) -> dict[str, Outcomes]:
        plan, out = folder / f"{user}.json", folder / f"{user}.jsonl"
        plan.write_text(json.dumps(wanted[user]))
        plan.chmod(0o644)
        done = run("tests.malicious.marking", "--plan", str(plan), str(out), user=user)
        assert done.returncode == 0, done.stderr
        outcomes: dict[str, Outcomes] = {}
        for line in out.read_text().splitlines():
            outcome = Outcome(**json.loads(line))
            outcomes.setdefault(outcome.sandbox, {})[outcome.attack] = outcome
        return outcomes

    with ThreadPoolExecutor(len(USERS)) as pool:  # what hangs leaves the cores to the other
        yield {user: pool.submit(grade, user) for user in USERS if wanted[user]}


@pytest.mark.parametrize(("sandbox", "attack"), PAIRS)
def test_the_attack_gains_nothing_and_harms_nobody(
    sandbox: tuple[str, str], attack: Attack, marked: dict[str, Future[dict[str, Outcomes]]]
) -> None:
    kind, user = sandbox
    outcome = marked[user].result()[kind][attack.id]
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
    sandbox: tuple[str, str], marked: dict[str, Future[dict[str, Outcomes]]]
) -> None:
    kind, user = sandbox
    assert marked[user].result()[kind][AFTERWARDS].mark == 3
