"""What every lab's checks ask with: a procedure's question, and which known mistake answers it in the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.judge.oracle import Answers
from autograder.judge.verdict import Failed, Partial
from autograder.labs.examination import Examination

Ask = Callable[[str], Answers]  # an oracle's


@dataclass(frozen=True)
class Asked:
    """A procedure's question: what it uses of a submission, what it is given, and what of its answer tells mistakes.

    `seen` works on answers of untrusted processes: it looks at plain data alone.
    """

    question: str
    task: str
    procedure: str
    uses: tuple[str, ...]
    given: Callable[[Ask, int], dict[str, Any]]  # from an oracle's answers and a seed
    aspects: Callable[[Any, dict[str, Any]], Answers]
    public: bool = True

    def arguments(self, seed: int, ask: Ask) -> dict[str, Any]:
        """What the procedure is given."""
        return self.given(ask, seed)

    def seen(self, answer: Any, given: dict[str, Any]) -> Answers:
        """What of an answer to what was given tells mistakes."""
        return self.aspects(answer, given)


def ask(examination: Examination, asked: Asked, afresh: bool = False, **instead: Any) -> Any:
    """The procedure's answer, with some arguments given `instead`; a mistake that is known to raise is named.

    `afresh` asks a process that has answered nothing before, where there is more than the student's own kernel.
    """
    oracle = examination.oracle
    whom = examination.ask_afresh if afresh else examination.ask
    try:
        return whom(asked.procedure, asked.uses, **{**asked.arguments(oracle.seed, oracle.ask), **instead})
    except Failed as failed:
        raise renamed(examination, failed, asked.question) from None


def recognised(examination: Examination, question: str, **seen: Any) -> str | None:
    """The known mistake that answers `question` in the same way, as far as `seen` tells; None if there is none."""
    return choice(
        examination,
        [
            name
            for name, wrong in examination.mistakes.wrong(question)
            if all(key in wrong and _alike(np.asarray(value), wrong[key]) for key, value in seen.items())
        ],
    )


def named(examination: Examination, asked: Asked, answer: Any, *aspects: str, **instead: Any) -> str | None:
    """The known mistake that answers `asked` as this submission does, in all aspects or in the given ones."""
    oracle = examination.oracle
    seen = asked.seen(answer, {**asked.arguments(oracle.seed, oracle.ask), **instead})
    return recognised(examination, asked.question, **{key: seen[key] for key in aspects or seen if key in seen})


def choice(examination: Examination, names: list[str]) -> str | None:
    """Of mistakes that give the same answer here, the one that agrees best with what earlier checks found."""
    earlier = dict(examination.findings.before(examination.place))
    lost = {check for check, result in earlier.items() if result.status != "passed"} | {examination.check}
    seen = {*earlier, examination.check}

    def disagreement(name: str) -> int:
        return len((examination.mistakes.loses(examination.task, name) & seen) ^ lost)

    return min(names, key=disagreement, default=None)


def mistake(examination: Examination, facts: str, name: str | None, hint: str = "") -> Failed:
    """The verdict on a known mistake: the facts, and the sentence for it; on an unknown one, the facts and the hint."""
    if name is None:
        return Failed(facts, hint=hint)
    return Failed(facts, diagnosis=name, sentence=examination.mistakes.mistake(examination.task, name))


def half(examination: Examination, facts: str, name: str) -> Partial:
    """Half of the points, for what is the mistake `name` where that is known."""
    if known(examination, name) is None:
        return Partial(0.5, facts, nameable=True)
    return Partial(0.5, facts, diagnosis=name, sentence=examination.mistakes.mistake(examination.task, name))


def known(examination: Examination, name: str) -> str | None:
    """`name` if the bank holds such a mistake of the current task, else None."""
    try:
        examination.mistakes.mistake(examination.task, name)
    except KeyError:
        return None
    return name


def renamed(examination: Examination, failed: Failed, *questions: str) -> Failed:
    """The verdict on what a student's code raised, with a known mistake's name if that raises the same.

    `questions` are those whose wrong answers may hold what was raised.
    """
    if failed.raised:
        for question in questions:
            if name := recognised(examination, question, raised=failed.raised):
                return mistake(examination, failed.message, name)
    return failed


def _alike(value: np.ndarray, wrong: np.ndarray) -> bool:
    if value.shape != wrong.shape or (value.dtype.kind in "US") != (wrong.dtype.kind in "US"):
        return False
    if value.dtype.kind in "US":
        return bool((value == wrong).all())
    return bool(np.allclose(value.astype(np.float64), wrong.astype(np.float64), rtol=2e-3, atol=2e-3, equal_nan=True))


def sketch(values: Any) -> np.ndarray:
    """A few numbers (…, 4) for each of some arrays (count, …): mean, spread, and where in it the values lie."""
    flat = np.asarray(values, np.float64).reshape(len(values), -1)
    place = np.linspace(-1, 1, flat.shape[1]) if flat.shape[1] else np.zeros(0)
    parts = [flat.mean(1), flat.std(1), (flat * place).mean(1), (flat * np.cos(9 * place)).mean(1)]
    return np.round(np.stack(parts, 1), 3) + 0.0
