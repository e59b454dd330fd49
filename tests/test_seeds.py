"""A secret seed decides what is asked, and never a mark: right answers pass, and mistakes lose the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.judging import LAB, definitions_of, judged, lay_out, live_oracle

BANK = [mistake for known in live_oracle().bank.values() for mistake in known.values()]
pytestmark = pytest.mark.slow
TASKS = [task.id for task in LAB.assignment.tasks]
SEEDS = 40

# One picture: of a hairline, more or less is left where pixels become black or white, or are skipped; and the darker
# side of one photograph is dark enough to count as ink, or not.
VARIES = {("load-image", "more-image-kinds"): 0.25, ("load-image", "uneven-paper"): 0.5}

seeds = pytest.mark.parametrize("number", range(SEEDS))


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("seeds"))


def seed_of(number: int) -> int:
    """As large as those of a marking, and the same in every run of the tests."""
    return random.Random(number).getrandbits(63)


@seeds
def test_the_reference_gets_full_marks(number: int, submission: Path) -> None:
    oracle = LAB.live_oracle(seed_of(number), named=False)
    right = {name: oracle.definition(name) for task in LAB.assignment.tasks for name in task.definitions}
    for task in TASKS:
        results = judged(task, right, submission, oracle)
        assert set(results) == set(LAB.assignment.task(task).checks)
        lost = {check: result.message for check, result in results.items() if result.score < result.max_score}
        assert not lost, f"{task}, seed {oracle.seed}"


@seeds
def test_a_known_mistake_loses_its_points(number: int, submission: Path) -> None:
    """Each seed has its share of the bank: together they have all of it."""
    oracle = LAB.live_oracle(seed_of(number), named=False)
    for mistake in BANK[number::SEEDS]:
        results = judged(mistake.task, definitions_of(live_oracle().variant(mistake)), submission, oracle)
        lost = {(mistake.task, check): round(one.max_score - one.score, 2) for check, one in results.items()}
        apart = {check: abs(points - mistake.loses.get(check, 0)) for check, points in lost.items()}
        assert not [check for check, points in apart.items() if points > VARIES.get(check, 0)], mistake.id
