"""What the checks of one submission found: a result for each check, the pictures for its pages, what was measured."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from autograder.course import Assignment
from autograder.results import CheckResult, OwnDigit, TaskResult

PICTURE_PIXELS = 4_000_000
SAME, SAME_MISTAKE = "Same as above.", "This is the same mistake as above."
Place = tuple[str, str]  # task and check


@dataclass
class CachedCheck:
    """A check's result in an earlier run, and the key of everything that it depended on."""

    key: str
    result: CheckResult
    digits: list[OwnDigit] = field(default_factory=list)
    sentence: str = ""
    """The known mistake's, with which the result's message ends."""


Checks = dict[Place, CachedCheck]


@dataclass
class CachedChecks:
    """What an earlier run found of a submission, check by check, and its notes on definitions."""

    shared: str  # the digest of what all its checks depend on
    checks: Checks = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Findings:
    """What was found so far, in the order in which the checks ran."""

    results: dict[Place, CheckResult] = field(default_factory=dict)
    keys: dict[Place, str] = field(default_factory=dict)
    """What each result depends on."""
    sentences: dict[Place, str] = field(default_factory=dict)
    """The known mistake's sentence with which a result's message ends."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    measured: dict[Place, float] = field(default_factory=dict)
    """Accuracies, for the marker."""
    fingerprints: dict[Place, str] = field(default_factory=dict)
    """What identifies the weights that a check has read."""
    digits: dict[Place, list[OwnDigit]] = field(default_factory=dict)
    """The student's own pictures that a check put on their page."""

    def recall(self, place: Place, key: str, cached: CachedChecks) -> bool:
        """Takes the result of the check at `place` from an earlier run, if `key` says that nothing has changed."""
        self.keys[place] = key
        found = cached.checks.get(place)
        if found is None or found.key != key or found.result.status == "error" or found.result.unjudged:
            return False
        self.results[place] = found.result
        self.digits[place] = list(found.digits)
        self.sentences[place] = found.sentence
        return True

    def to_cache(self) -> Checks:
        """What a later run can recall."""
        return {
            place: CachedCheck(key, self.results[place], self.digits.get(place, []), self.sentences.get(place, ""))
            for place, key in self.keys.items()
        }

    def keep_picture(self, name: str, content: Any) -> None:
        """Keeps a picture for the feedback page, if it is a PNG of sensible size; else does nothing."""
        from PIL import Image

        try:
            with Image.open(io.BytesIO(content.tobytes()), formats=["PNG"]) as image:
                if image.width * image.height > PICTURE_PIXELS:
                    return
                clean = io.BytesIO()
                image.convert("RGB").save(clean, "PNG")
        except Exception:  # whatever a student's bytes do to the decoder, the mark does not depend on it
            return
        self.pictures[name] = clean.getvalue()

    def task_results(self, assignment: Assignment) -> list[TaskResult]:
        """The results by task, in the order of `course.yml`; what was said before in a task is not said again."""
        tasks = []
        for task in assignment.tasks:
            checks = self._said_once(task.id, task.checks)
            if checks:
                tasks.append(
                    TaskResult(
                        id=task.id,
                        title=task.title,
                        notebook=task.notebook,
                        score=sum(map(attrgetter("score"), checks)),
                        max_score=sum(map(attrgetter("max_score"), checks)),
                        checks=checks,
                        extra=task.extra,
                    )
                )
        return tasks

    def _said_once(self, task: str, checks: Iterable[str]) -> list[CheckResult]:
        """The results of a task's checks in the order of the page, each without what is said above it.

        Public ones may stand on a page without the hidden ones.
        """
        said: list[CheckResult] = []
        above: dict[bool, tuple[set[str], set[str | None]]] = {True: (set(), set()), False: (set(), set())}
        for check in checks:
            place = (task, check)
            if place not in self.results:
                continue
            result = self.results[place]
            messages, diagnoses = above[result.public]
            message, hint = result.message, result.hint
            if result.status in ("failed", "partial"):
                sentence = self.sentences.get(place)
                if message in messages:
                    message, hint = SAME, ""
                elif sentence and result.diagnosis in diagnoses:
                    message = message.removesuffix(sentence) + SAME_MISTAKE
                    if message in messages:
                        message, hint = SAME, ""
            for messages, diagnoses in above.values() if result.public else [above[False]]:
                messages.add(message)
                diagnoses.add(result.diagnosis)
            said.append(result.model_copy(update={"message": message, "hint": hint}, deep=True))
        return said
