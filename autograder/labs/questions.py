"""The unit of judging: a question that is asked of definitions, and the aspects of what they answer.

A question is a *procedure* (what a student process does with a student's definitions) with inputs from a seed. Asked
of the reference it gives the right answer, of a known mistake that mistake's, of a student's the one to judge. What
passes, what is said of what does not, which known mistake it is, and what the students' key holds: all is read off its
aspects.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autograder.judge.compare import raised_text
from autograder.judge.fault import of_no_answer
from autograder.judge.oracle import Answers, Oracle, ReferenceQuestion
from autograder.judge.verdict import Failed, Verdict, together
from autograder.labs.examination import Examination

Ask = Callable[[str], Answers]  # an oracle's
Given = dict[str, Any]
REFERENCE = object()  # the right value is what the reference answers
ANY = "*"  # counts for every check that asks the question


@dataclass(frozen=True)
class Aspect:
    """One thing about an answer: how it is read, what is right, what is said where it is not.

    An aspect that has a `check` counts for it: where it differs from what is right, the check loses its points, or the
    share `worth` of them. One without a check only names mistakes. `read` works on answers of untrusted processes: on
    plain data alone. It raises `Failed` where there is no such thing, or where it has found out itself what is wrong.
    """

    name: str
    read: Callable[[Any, Given], Any] | None = None
    """The value of the aspect, from the answer and from what was given; None: what has its name in the answer."""
    check: str = ""
    right: Any = REFERENCE
    """The right value, or a function that works it out from what was given."""
    right_in: str = ""
    """The aspect in which the reference's answer has the right value, where that is another."""
    alike: Callable[[Any, Any], bool] = lambda got, want: bool(got == want)
    """Whether a value passes for the right one."""
    say: str | Callable[[Any, Any], str] = "{want} was expected, but {got} came back."
    hint: str | Callable[[Any, Any], str] = ""
    worth: float = 1.0
    names: bool = False
    """Whether its value, the same on every machine, tells mistakes apart, as that of one without a check does."""
    sure: tuple[str, ...] = ()
    """The aspects in which it is enough to agree with a mistake to be named after it, where none agrees in all."""
    mistake: str = ""
    """The known mistake that differing in this aspect is, where no other is found."""

    def of(self, answer: Any, given: Given) -> Any:
        """Its value; raises `Failed`."""
        return answer[self.name] if self.read is None else self.read(answer, given)

    def wanted(self, given: Given, answered: Callable[[], Answers]) -> Any:
        """The right value."""
        if self.right is REFERENCE:
            return answered()[self.right_in or self.name]
        return self.right(given) if callable(self.right) else self.right

    @of_no_answer
    def wanted_of_ours(self, given: Given, answered: Callable[[], Answers]) -> Any:
        """The same where all that was given is the grader's own."""
        return self.wanted(given, answered)


@dataclass(frozen=True)
class Question:
    """A procedure's question: what it uses of a submission, what it is given, and the aspects of its answer."""

    id: str
    task: str
    procedure: Callable[..., Any]
    uses: tuple[str, ...]
    given: Callable[[Ask, int], Given]
    """What the procedure is given, from an oracle's answers and a seed."""
    aspects: tuple[Aspect, ...] = ()
    public: bool = True
    """Whether the students' key may answer it."""
    prefix: str = ""
    """What every message begins with."""
    instead: Given | None = None
    """Asked once more with this where it differs: what is another task's fault costs nothing."""
    afresh: bool = False
    """Whether a process is asked that has answered nothing before."""
    unsent: tuple[str, ...] = ()
    """What of the inputs only the aspects need: the process that is asked must do without."""
    draws: bool = False
    """Whether the answer has a picture for the feedback page, where one is asked for."""
    own: Callable[[Examination], Given] | None = None
    """What a submission is given, where that depends on the submission."""
    named_by: Callable[[Examination, Any], str | None] | None = None
    """Finds the known mistake from an answer, where that takes more than aspects that agree."""

    def inputs(self, examination: Examination, **instead: Any) -> Given:
        """What the procedure is given for this examination's seed, some of it `instead`."""
        if self.own is not None:
            return {**self.own(examination), **instead}
        return {**self._given(examination.oracle), **instead}

    @of_no_answer
    def _given(self, oracle: Oracle) -> Given:
        return self.given(oracle.ask, oracle.seed)

    def ask(self, examination: Examination, **instead: Any) -> Any:
        """The submission's answer; raises a `Verdict`, with the name of a mistake that is known to raise the same."""
        return self._ask(examination, self.inputs(examination, **instead))

    def _ask(self, examination: Examination, given: Given) -> Any:
        whom = examination.ask_afresh if self.afresh else examination.ask
        drawn = {"picture": True} if self.draws else {}
        sent = {name: value for name, value in given.items() if name not in self.unsent}
        try:
            return whom(self.procedure, self.uses, **sent, **drawn)
        except Failed as failed:
            mistake = failed.raised and self._alike(examination, raised=failed.raised)
            failed = replace(failed, message=self.prefix + failed.message)
            raise examination.verdict(failed.message, mistake, failed.hint) if mistake else failed from None

    def verdict(self, examination: Examination, **instead: Any) -> Verdict | None:
        """The verdict of the examination's check on the first aspect that differs, or on all slips; None where there
        is none."""
        given = self.inputs(examination, **instead)
        answer = self._ask(examination, given)
        verdict = self._verdict(examination, answer, given)
        if self.draws and (verdict is None or not instead):
            examination.findings.keep_picture(f"{examination.task}-{examination.check}", answer.get("picture"))
        return verdict

    def _verdict(self, examination: Examination, answer: Any, given: Given) -> Verdict | None:
        slips: list[Verdict] = []
        for aspect in self.aspects:
            if aspect.check not in (examination.check, ANY):
                continue
            try:
                got = aspect.of(answer, given)
            except Failed as failed:
                return self.named(examination, answer, failed, aspect, given)
            wanted = aspect.wanted if self.own is not None else aspect.wanted_of_ours
            want = wanted(given, lambda: examination.oracle.ask(self.id))
            if not aspect.alike(got, want):
                facts, hint = self.prefix + _said(aspect.say, got, want), _said(aspect.hint, got, want)
                mistake = self.name(examination, answer, aspect, given)
                verdict = examination.verdict(facts, mistake, hint, 1 - aspect.worth)
                if not verdict.fraction:
                    return verdict
                slips.append(verdict)
        return together(slips) if slips else None

    def named(
        self,
        examination: Examination,
        answer: Any,
        failed: Failed,
        aspect: Aspect | None = None,
        given: Given | None = None,
    ) -> Verdict:
        """The same verdict with the name of the known mistake that answers so, or of the one that it says it is."""
        mistake = self.name(examination, answer, aspect, given) or failed.diagnosis
        return examination.verdict(self.prefix + failed.message, mistake, failed.hint)

    def name(
        self, examination: Examination, answer: Any, aspect: Aspect | None = None, given: Given | None = None
    ) -> str | None:
        """The known mistake that answers as this submission does: in all aspects, or in those that are `sure`."""
        otherwise = aspect.mistake if aspect is not None and examination.sentence(aspect.mistake) else None
        try:
            if self.named_by is not None:
                return self.named_by(examination, answer) or otherwise
            seen = self.seen(answer, self.inputs(examination) if given is None else given)
        except Failed:  # nothing of it can be compared
            return otherwise
        mistake = self._alike(examination, **seen)
        if mistake is None and aspect is not None and aspect.sure:
            mistake = self._alike(examination, **{key: seen[key] for key in aspect.sure if key in seen})
        return mistake or otherwise

    def _alike(self, examination: Examination, **seen: Any) -> str | None:
        """The known mistake that answers in the same way, as far as `seen` tells; None if there is none."""
        if not seen:
            return None
        return examination.likeliest(
            [
                mistake
                for mistake, wrong in examination.mistakes.wrong(self.id)
                if all(key in wrong and _alike(np.asarray(value), wrong[key]) for key, value in seen.items())
            ]
        )

    def seen(self, answer: Any, given: Given) -> Answers:
        """What of an answer tells mistakes apart, by aspect; an aspect that the answer does not have is left out."""
        found = {}
        for aspect in self.aspects:
            value = aspect.of(answer, given) if aspect.names or not aspect.check else None
            if value is not None:
                found[aspect.name] = np.asarray(value)
        return found

    def reference_questions(self, others: Mapping[str, ReferenceQuestion]) -> dict[str, ReferenceQuestion]:
        """The same for definitions in this process, by its name; what it is given may come from `others`' answers."""
        return {self.id: ReferenceQuestion(self.task, partial(_answer_here, self, others), public=self.public)}


def of_each(names: Iterable[Any], **reads: Callable[[Any], Any]) -> tuple[Aspect, ...]:
    """What of each answer in a list tells mistakes apart; nothing of one that is missing."""

    def of(number: int, read: Callable[[Any], Any]) -> Callable[[Any, Given], Any]:
        return lambda answers, given: read(answers[number]) if number < len(answers) else None

    each = enumerate(names)
    return tuple(Aspect(f"{part} {name}", of(number, read)) for number, name in each for part, read in reads.items())


class Declared(Protocol):
    """What a check file lists under `ASKED`: questions, networks, short answers, pictures."""

    def reference_questions(self, others: Mapping[str, ReferenceQuestion]) -> dict[str, ReferenceQuestion]:
        """What the oracle can be asked because of it, by name."""


def judge(examination: Examination, *questions: Question) -> None:
    """Raises the verdict on the first of the questions whose answer differs in an aspect that counts for the check.

    Where that leaves some of the points, the questions after it may take more of them.
    """
    slips: list[Verdict] = []
    for question in questions:
        verdict = question.verdict(examination)
        if verdict is None or _is_another_task_s(question, examination):
            continue
        if not verdict.fraction:
            raise verdict
        if not any(verdict.message.endswith(slip.message) for slip in slips):  # the same slip costs once
            slips.append(verdict)
    if slips:
        raise together(slips)


def _is_another_task_s(question: Question, examination: Examination) -> bool:
    """Whether nothing differs where another definition stands in for the student's."""
    if question.instead is None:
        return False
    try:
        return question.verdict(examination, **question.instead) is None
    except Failed:
        return False


def _said(words: str | Callable[[Any, Any], str], got: Any, want: Any) -> str:
    return words(got, want) if callable(words) else words.format(got=got, want=want)


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


# --- definitions in this process --------------------------------------------------------------------------------------


def _answer_here(question: Question, others: Mapping[str, ReferenceQuestion], definitions: Any, seed: int) -> Answers:
    """What of the procedure's answer on trusted definitions tells mistakes apart."""
    import torch

    from autograder.sandbox.student import describe, quiet

    with tempfile.TemporaryDirectory() as folder, quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # what draws random numbers answers the same each time
        try:
            given = question.given(lambda other: others[other].answer(definitions, seed), seed)
            answer = question.procedure(_Here(definitions, Path(folder)), **given)
        except BaseException as error:
            return {"raised": np.array(raised_text(describe(error)))}
    return question.seen(answer, given)


class _Here:
    """Definitions of our own, for a procedure."""

    device = "cpu"

    def __init__(self, definitions: Any, scratch: Path) -> None:
        self._definitions = definitions
        self.scratch = scratch

    def get(self, wanted: str) -> Any:
        return getattr(self._definitions, wanted)
