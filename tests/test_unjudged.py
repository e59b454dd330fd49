"""Does an answer that the grader trips over fail its check, loudly, and does all else that goes wrong withhold?"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.cli.mark import remarks
from autograder.export.marks import Mark
from autograder.feedback.marked.class_statistics import rows
from autograder.grading.flags import flagged
from autograder.judge import fault
from autograder.judge.oracle import Oracle
from autograder.labs.context import Context
from autograder.labs.findings import CachedCheck, CachedChecks, Findings
from autograder.labs.lab import Lab
from autograder.labs.respondents import Respondents
from autograder.labs.run import UNJUDGED, run_checks
from autograder.results import BEFORE_THEY_COUNT, LOOK, CheckResult, Override, Results, StudentResult, settle
from tests.judging import LAB, Here, live_oracle

PLACE = ("shapes", "parameters")
CHECK = '''"""Checks."""

import pytest

from autograder.judge.oracle import Nameless
from autograder.judge.verdict import Failed
from autograder.labs.kinds import value_procedures


@pytest.mark.task("shapes")
@pytest.mark.public
@pytest.mark.rests_on(value_procedures.values, "answer")
def test_parameters(examination):
    """The count is right."""
    names = not isinstance(examination.mistakes, Nameless)
    {before}
    answer = examination.ask(value_procedures.values, ["simple_cnn_parameters"], name="simple_cnn_parameters")
    {after}
'''


def found_by(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: str,
    before: str = "pass",
    namer: Oracle | None = None,
    kernel: type[Here] = Here,
) -> CheckResult:
    """What a check finds that does something before it asks, and after the answer 7 came."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    (folder / "test_4_1_simple_cnn.py").write_text(CHECK.format(before=before, after=after))
    monkeypatch.setattr(Lab, "folder", folder)
    monkeypatch.delitem(sys.modules, "test_4_1_simple_cnn", raising=False)

    def start() -> Here:
        return kernel({"simple_cnn_parameters": 7})

    context = Context(LAB, tmp_path, live_oracle(), data="digits")
    with start() as first, Respondents(LAB, first, start) as respondents:
        return run_checks(context, respondents, ["shapes"], namer=namer).results[PLACE]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("answer.shape", "AttributeError: 'int' object has no attribute 'shape'"),
        ("{}[answer]", "KeyError: 7"),
        ("raise OSError('cannot identify image file')", "OSError: cannot identify image file"),
        ("__import__('numpy').zeros(2**50)", "MemoryError: Unable to allocate"),
        ("(f := lambda: f())()", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_what_the_grader_trips_over_in_an_answer_costs_the_check_and_is_told_to_the_marker_alone(
    after: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = found_by(tmp_path, monkeypatch, after)
    assert (result.status, result.score, result.message) == ("failed", 0, UNJUDGED)
    assert result.unjudged.startswith(f"while it judged the answer: {words}")
    assert "Error" not in result.message + result.hint


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}['before anything was asked']", "pass"),
        ("pass", "raise OSError(28, 'No space left on device')"),
        ("pass", "import nothing_of_the_kind"),
        ("pass", "examination.oracle.ask('a question that nobody knows')"),
        ("pass", "examination.oracle.definition('nothing')"),
        ("pass", "raise type('OutOfMemoryError', (RuntimeError,), {})('of a GPU')"),
    ],
)
def test_what_is_no_answers_fault_withholds_the_mark(
    before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = found_by(tmp_path, monkeypatch, after, before)
    assert (result.status, result.unjudged) == ("error", "")
    assert result.message.startswith("The grader itself failed here, not your code: ")


class Broken(Here):
    """A process that the grader cannot ask."""

    def ask(self, *_: Any) -> Any:
        raise RuntimeError("the fork server went away")


def test_a_failure_to_ask_withholds_the_mark_also_where_something_was_answered_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found_by(tmp_path, monkeypatch, "pass", kernel=Broken).status == "error"
    again = "examination.respondents._first = None; examination.ask(value_procedures.values, [], name='another')"
    assert found_by(tmp_path, monkeypatch, again).status == "error"


def test_memory_is_the_answers_fault_only_where_the_machine_has_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after in ("raise MemoryError", "raise RuntimeError('DefaultCPUAllocator: can\\'t allocate memory')"):
        assert found_by(tmp_path, monkeypatch, after).status == "failed"
        with monkeypatch.context() as full:
            full.setattr(fault, "MEMORY", 2**60)
            assert found_by(tmp_path, monkeypatch, after).status == "error"


def test_where_a_mistakes_name_is_looked_for_the_points_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = "raise Failed('Wrong.')"
    result = found_by(tmp_path, monkeypatch, f"names and {{}}[answer]\n    {wrong}", namer=live_oracle())
    assert (result.status, result.message) == ("failed", "Wrong.")
    assert result.unjudged.startswith("while it looked for the mistake's name: KeyError: 7")
    result = found_by(tmp_path, monkeypatch, wrong, "names and {}[0]", namer=live_oracle())
    assert (result.status, result.unjudged) == ("error", "")


def unjudged(override: Override | None = None) -> StudentResult:
    check = CheckResult(
        id="parameters",
        status="failed",
        score=0,
        max_score=2,
        public=True,
        message=UNJUDGED,
        unjudged="while it judged the answer: KeyError: 7 (autograder/judge/values.py, line 9, in read)",
        override=override,
    )
    findings = Findings({PLACE: check})
    tasks = findings.task_results(LAB.assignment)
    status, score = settle(tasks)
    return StudentResult(student="ada", status=status, score=score, max_score=2, tasks=tasks)


def test_nobody_overlooks_what_could_not_be_judged_until_they_have_decided() -> None:
    [ada] = flagged([unjudged()], None)
    [flag] = ada.flags
    assert flag.startswith(
        "shapes/parameters (0 of 2 points): the grader failed while it judged the answer: KeyError: 7"
    )
    assert "judge/values.py, line 9" in flag
    assert BEFORE_THEY_COUNT in flag
    assert (ada.status, ada.score) == ("marked", 0)
    assert remarks(ada)[0] == LOOK
    assert Mark(ada).remarks == [f"{LOOK}: shapes/parameters"]
    results = Results(schema=1, course="c", assignment="a", data="digits", sandbox="", device="cpu", students=[ada])
    assert "unjudged" in rows(results, [])[0].kinds
    decided = unjudged(Override(reason="Looked at.", found_score=0, found_status="failed"))
    assert decided.unjudged == []
    assert LOOK not in remarks(decided)


def test_what_could_not_be_judged_is_judged_again_by_the_next_run() -> None:
    [(_, check)] = unjudged().checks
    for unjudged_now, recalled in (("", True), (check.unjudged, False)):
        known = CachedCheck("key", check.model_copy(update={"unjudged": unjudged_now}))
        assert Findings().recall(PLACE, "key", CachedChecks("", {PLACE: known})) is recalled


def test_an_error_of_a_picture_file_is_the_answers_and_one_of_the_disk_is_not() -> None:
    assert fault.is_the_answers(OSError("image file is truncated"))
    assert not fault.is_the_answers(FileNotFoundError(2, "No such file or directory"))
    assert not fault.is_the_answers(KeyboardInterrupt())


def test_what_is_raised_on_the_way_through_what_has_no_answer_is_no_answers_fault() -> None:
    def add() -> None:
        np.zeros(2) + np.zeros(3)

    with pytest.raises(ValueError, match="broadcast") as raised:
        add()
    assert fault.is_the_answers(raised.value)
    with pytest.raises(ValueError, match="broadcast") as raised:
        fault.of_no_answer(add)()
    assert not fault.is_the_answers(raised.value)
