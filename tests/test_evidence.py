"""Does each check's point rest on evidence, and is docs/evidence.md true?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.judge import small_network
from autograder.labs import forms
from autograder.labs.kinds import training, training_procedures
from autograder.labs.run import ChecksError
from tests.conftest import ROOT
from tests.judging import LAB, Here, definitions_of, examined, judged, lay_out, live_oracle

PAGE = ROOT / "docs" / "evidence.md"
FILE = "file"
TASKS = [
    task.id for task in LAB.assignment.tasks if any(c.task == task.id and FILE not in c.rests_on for c in LAB.checks)
]


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("evidence"))


def test_the_page_has_a_row_for_each_check_with_what_its_points_rest_on() -> None:
    rows = re.findall(r"^\| `([a-z-]+)/([a-z0-9-]+)` \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {(task, check): cell.replace("`", "") for task, check, cell in rows}
    assert len(told) == len(rows)
    assert told == {(check.task, check.id): ", ".join(check.rests_on) for check in LAB.checks}


class Spoiled(Here):
    """Right definitions, whose answers have noise in the fields of `fields` (procedure: field)."""

    fields: set[str]

    def ask(self, procedure: Any, uses: Any, notebooks: Any, arguments: dict[str, Any]) -> Any:
        answer = super().ask(procedure, uses, notebooks, arguments)
        name = f"{procedure.__module__.rpartition('.')[2]}.{procedure.__name__}"
        named = {field for field in forms.evidence_of(procedure) if f"{name}: {field}" in self.fields}
        return noisy(answer) if forms.WHOLE in named else with_noise(answer, named)


def with_noise(answer: Any, fields: set[str]) -> Any:
    if isinstance(answer, list):
        return [with_noise(one, fields) for one in answer]
    if isinstance(answer, dict):
        return {name: noisy(value) if name in fields else value for name, value in answer.items()}
    return answer


def noisy(value: Any) -> Any:
    """Something of the same form that nobody worked out."""
    draw = np.random.default_rng(5)
    if isinstance(value, np.ndarray):
        made = draw.integers(0, 256, value.shape) if value.dtype == np.uint8 else draw.uniform(0, 1, value.shape)
        return made.astype(value.dtype)
    if isinstance(value, list):
        return [noisy(item) for item in value]
    if isinstance(value, dict):
        return {name: noisy(item) for name, item in value.items()}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return type(value)(7)
    return value


# Each asks all of a task's questions once for each set of fields: on a push, every third task.
SHARED_OUT = [pytest.param(task, marks=[pytest.mark.slow] if place % 3 else []) for place, task in enumerate(TASKS)]


@pytest.mark.parametrize("task", SHARED_OUT)
def test_without_its_evidence_a_right_answer_earns_nothing(task: str, submission: Path) -> None:
    right = {name: live_oracle().definition(name) for one in LAB.assignment.tasks for name in one.definitions}
    checks = {check.id: check for check in LAB.checks if check.task == task and FILE not in check.rests_on}
    for fields in {check.rests_on for check in checks.values()}:

        def start(fields: tuple[str, ...] = fields) -> Spoiled:
            made = Spoiled(right)
            made.fields = set(fields)
            return made

        results = examined(start, task, submission, live_oracle())
        for name, check in checks.items():
            if check.rests_on == fields:
                assert results[name].score == 0, f"{task}/{name}: {results[name].status}"


def test_a_check_that_rests_on_what_is_told_does_not_load(submission: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = {**forms.evidence_of(training_procedures.train_small), "state": False}
    monkeypatch.setattr(training_procedures.train_small, "evidence", evidence)
    definitions = definitions_of(live_oracle().variant(next(iter(live_oracle().bank["train-evaluate"].values()))))
    with pytest.raises(ChecksError, match=r"test_history cannot rest on 'state' of .*train_small, which is only told"):
        judged("train-evaluate", definitions, submission)


def test_a_field_is_measured_or_told_and_never_both() -> None:
    with pytest.raises(TypeError, match="'outputs' of an answer is measured in one record, and told in another"):
        forms.answers(
            forms.either(
                forms.record(forms.measured(outputs=forms.numbers)), forms.record(forms.told(outputs=forms.numbers))
            )
        )(lambda: None)


def test_a_loss_of_nothing_at_all_is_judged_like_any_other() -> None:
    given = training.given_training(live_oracle().ask, 1)
    given["labels"] = np.zeros_like(given["labels"])
    start, ended = small_network.tensors(given["state"]), training._trained(given)
    sure = [(name, (start[name] + 1e5 * (ended[name] - start[name])).numpy()) for name, _ in small_network.SHAPES]
    history = [{"loss": 2.0, "acc": 1.0}] * 3
    assert "the history says that it went from 2 to 2" in training._made_up({"state": sure, "history": history}, given)
