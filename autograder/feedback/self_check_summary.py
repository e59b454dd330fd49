"""A self-check in two sentences: how many points and tasks, and what to do next."""

from __future__ import annotations

from autograder.feedback.self_check import SelfCheck
from autograder.states import BEGUN, GRADER_ERROR, NEEDS_FIXING, NOT_STARTED, TASK_BADGES, task_badge

NEXT = (
    (NEEDS_FIXING, "Next: fix “{}” in {}.ipynb, save, and check again."),
    (BEGUN, "Next: finish “{}” in {}.ipynb."),
    (NOT_STARTED, "Next: start “{}” in {}.ipynb."),
)
PLURAL = {NEEDS_FIXING: "need fixing", GRADER_ERROR: "grader errors"}


def summary(found: SelfCheck) -> str:
    """Points and tasks: "38 of 81 points in the public checks: 6 done, 10 not started."."""
    badges = [task_badge(task) for task in found.tasks]
    words = {badge: PLURAL.get(badge, badge.word) if badges.count(badge) > 1 else badge.word for badge in TASK_BADGES}
    counted = ", ".join(f"{badges.count(badge)} {word}" for badge, word in words.items() if badge in badges)
    return f"{found.score:g} of {found.max_score:g} points in the public checks: {counted}."


def next_step(found: SelfCheck) -> str:
    """What to do now."""
    if found.errors:
        task, _ = found.errors[0]
        return f"The grader itself failed on “{task.title}”. That is not your fault: tell your teacher."
    for wanted, sentence in NEXT:
        for task in found.tasks:
            if task_badge(task) == wanted:
                return sentence.format(task.title, task.notebook)
    return "Next: hand in. The last cell of the last notebook packs submission.zip. Marking runs more checks."
