"""The bank of known mistakes: each loses exactly its points, and is named by its own id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.judge.bank import Bank, BankError, Mistake
from tests.judging import LAB, REFERENCE, definitions_of, judged, lay_out, live_oracle

FOLDER = Path(__file__).resolve().parents[1] / "autograder" / "labs" / "lab4" / "mistakes"
BANK = [mistake for known in Bank(FOLDER).values() for mistake in known.values()]
CHECKS = {task.id: task.checks for task in LAB.assignment.tasks}


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("bank"))


# All of them on demand, a fiftieth on every push: each takes as long as a student's task.
SHARED_OUT = [pytest.param(one, marks=[pytest.mark.slow] if place % 80 else []) for place, one in enumerate(BANK)]


@pytest.mark.parametrize("mistake", SHARED_OUT, ids=lambda one: f"{one.task}/{one.id}")
def test_a_known_mistake_loses_its_points_and_is_named(mistake: Mistake, submission: Path) -> None:
    variant = live_oracle().variant(mistake)
    results = judged(mistake.task, definitions_of(variant), submission)
    lost = {(mistake.task, check): round(result.max_score - result.score, 2) for check, result in results.items()}
    said = {check: f"{result.status} {result.diagnosis}: {result.message}" for check, result in results.items()}
    assert {check: points for check, points in lost.items() if points} == mistake.loses, said
    named = {result.diagnosis for result in results.values() if result.diagnosis}
    assert named == {mistake.id}, said
    assert any(mistake.sentence in result.message for result in results.values()), said


@pytest.mark.parametrize("mistake", BANK[::200], ids=lambda one: f"{one.task}/{one.id}")
def test_naming_at_once_or_after_all_checks_gives_the_same_results(mistake: Mistake, submission: Path) -> None:
    """A self-check does the one, a marking the other."""
    definitions = definitions_of(live_oracle().variant(mistake))
    at_once = judged(mistake.task, definitions, submission)
    afterwards = judged(mistake.task, definitions, submission, namer=live_oracle())
    assert any(result.diagnosis for result in at_once.values())
    assert afterwards == at_once


def test_there_are_enough_of_them() -> None:
    assert len(BANK) >= 80
    networks = {task.id for task in LAB.assignment.tasks if task.definitions}
    assert {mistake.task for mistake in BANK} >= networks


@pytest.mark.parametrize("mistake", BANK, ids=lambda one: f"{one.task}/{one.id}")
def test_a_mistake_tells_no_solution(mistake: Mistake) -> None:
    """No line of the reference's solutions stands in a sentence, and no piece of code that is replaced."""
    script = (REFERENCE / f"{LAB.assignment.task(mistake.task).notebook}.py").read_text(encoding="utf-8")
    solutions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", script, re.DOTALL)
    lines = {line.strip() for part in solutions for line in part.splitlines() if len(line.strip()) > 15}
    assert not [line for line in lines if line in mistake.sentence]
    assert not [one.old for one in mistake.replace if len(one.old) > 15 and one.old in mistake.sentence]


def test_a_mistake_names_a_task_and_checks_of_the_course() -> None:
    for mistake in BANK:
        assert mistake.task in CHECKS, mistake.place
        for (task, check), points in mistake.loses.items():
            assert 0 < points <= CHECKS[task][check], mistake.place


def test_two_mistakes_of_a_network_are_both_named(submission: Path) -> None:
    known = live_oracle().bank["better-cnn"]
    pair = [known["no-relu-after-conv2"], known["average-pooling"]]
    results = judged("better-cnn", definitions_of(live_oracle().variant(*pair)), submission)
    result = results["same-function"]
    assert result.diagnosis is not None
    assert set(result.diagnosis.split("+")) == {one.id for one in pair}
    assert all(one.sentence in result.message for one in pair)


PAGE = """\
loses: {same-function: 5}
mistakes:
  gone:
    sentence: >-
      This is
      no longer there.
    replace: [{old: not there, new: x}]
vary:
  - old: F.relu(self.conv1(x))
    sentence: "Another activation: {values}."
    variants:
      sigmoid: {values: from 0 to 1, new: torch.sigmoid(self.conv1(x))}
      none: {sentence: There is none., loses: {dropout: 3}, new: self.conv1(x)}
"""


def test_a_page_is_read_with_its_defaults_and_gaps(tmp_path: Path) -> None:
    (tmp_path / "better-cnn.yml").write_text(PAGE)
    known = Bank(tmp_path)["better-cnn"]
    assert list(known) == ["gone", "none", "sigmoid"]
    assert {name: mistake.sentence for name, mistake in known.items()} == {
        "gone": "This is no longer there.",
        "none": "There is none.",
        "sigmoid": "Another activation: from 0 to 1.",
    }
    assert known["sigmoid"].loses == known["gone"].loses == {("better-cnn", "same-function"): 5}
    assert known["none"].loses == {("better-cnn", "dropout"): 3}
    assert known["none"].replace[0].old == "F.relu(self.conv1(x))"
    script = REFERENCE / "4_2_better_cnn.py"
    assert "x = self.conv1(x)" in known["none"].applied(script)
    with pytest.raises(BankError, match=r"better-cnn\.yml, line 3, gone: 4_2_better_cnn\.py holds this 0 times"):
        known["gone"].applied(script)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("loses: {same", "losses: {same", "line 1: unknown key `losses`"),
        ("loses: {same-function: 5}\n", "", "line 2, gone: `loses` is missing"),
        ("replace: [{old: not there, new: x}]", "replace: []", "line 7: mistakes.gone.replace: "),
        ("replace: [{old: not there, ", "replace: [{", "line 7: the key `old` is missing"),
        ("  gone:", "  Gone!:", "line 3: mistakes.Gone!: 'Gone!' is not a valid name"),
        ("      none:", "      gone:", "line 13, gone: line 3 already has a mistake with this id"),
        ("      none:", "      sigmoid:", "line 13: the key `sigmoid` is given twice (first on line 12)"),
        (
            "values: from 0 to 1",
            "value: 1 to 0",
            "line 12, sigmoid: its sentence has gaps for `values`, but the entry gives `value`",
        ),
        (
            "values: from 0 to 1, ",
            "",
            "line 12, sigmoid: its sentence has gaps for `values`, but the entry gives nothing",
        ),
        ("values: from 0 to 1", "values: 1", "line 12: vary.0.variants.sigmoid.values: "),
        ('    sentence: "Another activation: {values}."\n', "", "line 11, sigmoid: `sentence` is missing"),
        ("{dropout: 3}", "{dropout: 3", "line 14: "),
    ],
)
def test_what_is_wrong_with_a_page_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert PAGE.count(old) == 1
    (tmp_path / "better-cnn.yml").write_text(PAGE.replace(old, new))
    with pytest.raises(BankError) as refused:
        Bank(tmp_path)["better-cnn"]
    assert f"better-cnn.yml, {said}" in str(refused.value)
