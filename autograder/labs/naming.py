"""The second pass: after all checks, gives those that lost points the name and the sentence of the known mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from autograder.judge.oracle import Oracle
from autograder.judge.verdict import Verdict
from autograder.labs.context import Context
from autograder.labs.examination import Examination
from autograder.labs.findings import Findings, Place
from autograder.labs.respondents import Respondents
from autograder.results import CheckResult


@dataclass(frozen=True)
class ToName:
    """A check that lost points for a reason that may be a known mistake."""

    place: Place
    hidden: bool
    check: Callable[..., Any]


def name_mistakes(
    to_name: Iterable[ToName], context: Context, findings: Findings, respondents: Respondents, namer: Oracle
) -> None:
    """Runs each check again with the inputs for which `namer` knows what every known mistake answers.

    Decides on a name and a sentence, and on no point. A failure of the grader here withholds the mark all the same.
    """
    named = replace(context, oracle=namer)
    for lost in to_name:
        task, check = lost.place
        examination = Examination(named, findings, respondents, task, check, lost.hidden, namer)
        result = findings.results[lost.place]
        try:
            lost.check(examination)
        except Verdict as verdict:
            if verdict.diagnosis:
                findings.results[lost.place] = _with_name(result, verdict)
                findings.sentences[lost.place] = verdict.sentence
        except Exception as error:
            words = f"The grader itself failed here, not your code: {type(error).__name__}: {str(error)[:500]}"
            findings.results[lost.place] = result.model_copy(update={"status": "error", "score": 0, "message": words})


def _with_name(result: CheckResult, verdict: Verdict) -> CheckResult:
    return result.model_copy(update={"message": verdict.said, "hint": verdict.hint, "diagnosis": verdict.diagnosis})
