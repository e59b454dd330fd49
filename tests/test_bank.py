"""The bank of known mistakes: each loses exactly its points, and is named by its own id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.judge.bank import BankError, Mistake, read_bank
from autograder.judge.oracle import import_script
from tests.judging import LAB, REFERENCE, definitions_of, judged, lay_out, live_oracle

FOLDER = Path(__file__).resolve().parents[1] / "autograder" / "labs" / "lab4" / "mistakes"
BANK = [mistake for known in read_bank(FOLDER).values() for mistake in known.values()]
CHECKS = {task.id: task.checks for task in LAB.assignment.tasks}


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("bank"))


# All of them on demand, a fifth on every push: each takes as long as a student's task.
SHARED_OUT = [pytest.param(one, marks=[pytest.mark.slow] if place % 5 else []) for place, one in enumerate(BANK)]


@pytest.mark.parametrize("mistake", SHARED_OUT, ids=lambda one: f"{one.task}/{one.id}")
def test_a_known_mistake_loses_its_points_and_is_named(mistake: Mistake, submission: Path) -> None:
    variant = live_oracle().variant(mistake)
    results = judged(mistake.task, definitions_of(variant), submission)
    lost = {(mistake.task, check): result.max_score - result.score for check, result in results.items()}
    said = {check: f"{result.status} {result.diagnosis}: {result.message}" for check, result in results.items()}
    assert {check: points for check, points in lost.items() if points} == mistake.loses, said
    named = {result.diagnosis for result in results.values() if result.diagnosis}
    assert named == {mistake.id}, said
    assert any(mistake.sentence in result.message for result in results.values()), said


def test_there_are_enough_of_them() -> None:
    assert len(BANK) >= 80
    networks = {task.id for task in LAB.assignment.tasks if task.definitions}
    assert {mistake.task for mistake in BANK} >= networks - {"best-model"}


@pytest.mark.parametrize("mistake", BANK, ids=lambda one: f"{one.task}/{one.id}")
def test_a_mistake_tells_no_solution(mistake: Mistake) -> None:
    """No line of the reference's solutions stands in a sentence, and no piece of code that is replaced."""
    script = (REFERENCE / f"{LAB.assignment.task(mistake.task).notebook}.py").read_text(encoding="utf-8")
    solutions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", script, re.DOTALL)
    lines = {line.strip() for part in solutions for line in part.splitlines() if len(line.strip()) > 15}
    assert not [line for line in lines if line in mistake.sentence]
    assert not [one.old for one in mistake.described.replace if len(one.old) > 15 and one.old in mistake.sentence]


def test_a_mistake_names_a_task_and_checks_of_the_course() -> None:
    for mistake in BANK:
        assert mistake.task in CHECKS, mistake.file
        for (task, check), points in mistake.loses.items():
            assert 0 < points <= CHECKS[task][check], mistake.file


def test_two_mistakes_of_a_network_are_both_named(submission: Path) -> None:
    known = live_oracle().bank["better-cnn"]
    pair = [known["no-relu-after-conv2"], known["average-pooling"]]
    results = judged("better-cnn", definitions_of(live_oracle().variant(*pair)), submission)
    result = results["same-function"]
    assert result.diagnosis is not None
    assert set(result.diagnosis.split("+")) == {one.id for one in pair}
    assert all(one.sentence in result.message for one in pair)


def test_a_file_that_does_not_fit_the_reference_is_named(tmp_path: Path) -> None:
    (tmp_path / "better-cnn").mkdir()
    file = tmp_path / "better-cnn" / "gone.yml"
    file.write_text("sentence: s\nloses: {same-function: 5}\nreplace: [{old: not there, new: x}]\n")
    mistake = read_bank(tmp_path)["better-cnn"]["gone"]
    script = REFERENCE / "4_2_better_cnn.py"
    with pytest.raises(BankError, match=r"gone\.yml: 4_2_better_cnn\.py holds this 0 times"):
        mistake.applied(script)
    import_script(script)
    file.write_text("sentence: s\nlosses: {}\n")
    with pytest.raises(BankError, match=r"gone\.yml"):
        read_bank(tmp_path)
