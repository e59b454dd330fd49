"""Is each attack of the malicious corpus a real one? What its header claims is true against the naive grader."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.malicious.corpus import HERE, RIGHT_BLOCK, Attack, CorpusError, Decoys, attacks, hand_in, read_attack
from tests.malicious.naive import NaiveOutcome, grade, run_attack

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="the naive grader finds stray processes as Linux lists them"),
]

ATTACKS = attacks()
CATEGORIES = {"artefacts", "faked", "gaming", "leaks", "lying", "planted", "resources", "tampering"}
AT_LEAST = 100  # that are live; others aim at what a naive grader does not have: a wire, a curtain, a supervisor


WORKERS = 2  # attacks that hang leave the cores to others, mostly


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[tuple[NaiveOutcome, list[str]]]]]:
    """What the naive grader makes of each attack that is to be tested, the slow ones first."""
    given = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
    wanted = {spec.params["attack"].id: spec.params["attack"] for spec in given if spec and "attack" in spec.params}
    slow_first = sorted(wanted.values(), key=lambda attack: attack.naive != "hangs")
    with ThreadPoolExecutor(WORKERS) as pool:
        yield {attack.id: pool.submit(run_attack, attack) for attack in slow_first}


# All of them on demand; on a push one for every second achievement, which tests the naive grader: what an attack does
# to it changes when the attack does.
LIVE = [one for one in ATTACKS if one.naive != "none"]
ON_PUSH = list({one.naive: one for one in reversed(LIVE)}.values())[::2]
SHARED_OUT = [pytest.param(one, marks=[] if one in ON_PUSH else [pytest.mark.slow]) for one in LIVE]


@pytest.mark.parametrize("attack", SHARED_OUT, ids=lambda attack: attack.id)
def test_the_attack_beats_the_naive_grader(
    attack: Attack, outcomes: dict[str, Future[tuple[NaiveOutcome, list[str]]]]
) -> None:
    outcome, found = outcomes[attack.id].result()
    assert attack.naive in found, (
        f"{attack.id}: {outcome.points} points, {outcome.status} ({outcome.detail}), achieved {found or 'nothing'}\n"
        f"{outcome.output[-2000:]}"
    )


def test_the_corpus_is_large_and_nearly_all_of_it_is_live() -> None:
    assert sum(attack.naive != "none" for attack in ATTACKS) >= AT_LEAST
    assert set(Counter(attack.category for attack in ATTACKS)) == CATEGORIES


def graded(tmp_path: Path, code: str, fresh: bool) -> float:
    (tmp_path / "work.py").write_text(code, encoding="utf-8")
    with Decoys() as decoys:
        outcome = grade(tmp_path, ["inception-block"], decoys, fresh=fresh)
    assert outcome.status == "ok"
    assert not outcome.changed
    assert not outcome.heard
    assert outcome.left_running == 0
    return outcome.points


@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_naive_grader_is_honest_about_honest_work(tmp_path: Path, fresh: bool) -> None:
    assert graded(tmp_path, RIGHT_BLOCK, fresh) == 3
    assert graded(tmp_path, RIGHT_BLOCK.replace("F.relu(self.one(x))", "self.one(x)"), fresh) == 0


@pytest.mark.parametrize(
    ("header", "line", "says"),
    [
        ("", 1, "the header is missing"),
        ("# attack: it tries\n", 1, "has no 'naive'"),
        ("# attack: it tries\n# naive: wins\n", 2, "'naive' is one of"),
        ("# attack: it tries\n# naive: gains\n# speed: 3\n", 3, "no field is called 'speed'"),
        ("# attack: it tries\n# naive: gains\n# mark: 4\n", 3, "do not give so many points"),
        ("# attack: it tries\n# mark: [\n# naive: gains\n", 3, "is no YAML"),
        ("# attack: it tries\n# tasks: [knitting]\n# naive: gains\n", 2, "no task 'knitting'"),
    ],
)
def test_a_malformed_header_is_told_with_file_and_line(tmp_path: Path, header: str, line: int, says: str) -> None:
    path = tmp_path / "bad-one.py"
    path.write_text(f"{header}\npass\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=f"bad-one.py, line {line}: .*{says}"):
        read_attack(path)


def test_the_decoys_notice_what_is_done_to_them() -> None:
    import socket

    with Decoys() as decoys:
        assert decoys.changed() == []
        assert decoys.alive()
        Path(decoys.tokens["VICTIM"]).write_text("changed")
        (Path(decoys.tokens["OTHER"]) / "work.py").unlink()
        (Path(decoys.tokens["MARKS"]) / "more.json").write_text("{}")
        assert decoys.changed() == ["marker/victim.txt", "marks/more.json", "other/work.py"]
        address = ("127.0.0.1", int(decoys.tokens["PORT"]))
        abstract = "\0" + decoys.tokens["ABSTRACT"]
        for family, kind, where in (
            (socket.AF_INET, socket.SOCK_STREAM, address),
            (socket.AF_INET, socket.SOCK_DGRAM, address),
            (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
            (socket.AF_UNIX, socket.SOCK_STREAM, decoys.tokens["SOCKET"]),
        ):
            with socket.socket(family, kind) as one:
                one.connect(where)
                one.send(b"word")
        for name in ("TCP", "UDP", "abstract socket", "path socket"):
            while not any(said.startswith(f"{name}: b'word'") for said in decoys.wait_for_words()):
                pass
        os.kill(int(decoys.tokens["PID"]), 9)
        while decoys.alive():
            pass


def test_every_attack_can_be_handed_in() -> None:
    with Decoys() as decoys:
        for attack in ATTACKS:
            assert HERE in attack.path.parents
            with tempfile.TemporaryDirectory() as folder:
                given = hand_in(attack, Path(folder) / "submission", decoys.tokens)
                assert given.is_dir() or given.suffix == ".zip"
