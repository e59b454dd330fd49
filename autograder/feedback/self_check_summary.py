"""A self-check in two sentences: how many points and tasks, and what to do next."""

from __future__ import annotations

from autograder.feedback.self_check import SelfCheck
from autograder.states import TASK_BADGES

NEXT = (
    ("needs fixing", "Next: fix “{}” in {}.ipynb, save, and check again."),
    ("begun", "Next: finish “{}” in {}.ipynb."),
    ("not started", "Next: start “{}” in {}.ipynb."),
)
PLURAL = {"needs fixing": "need fixing", "error": "grader errors"}


def summary(found: SelfCheck) -> str:
    """Points and tasks: "38 of 81 points in the public checks: 6 done, 10 not started."."""
    states: list[str] = [task.state for task in found.tasks]
    counted = []
    for state, badge in TASK_BADGES.items():
        if count := states.count(state):
            counted.append(f"{count} {PLURAL.get(state, badge.word) if count > 1 else badge.word}")
    return f"{found.score:g} of {found.max_score:g} points in the public checks: {', '.join(counted)}."


def next_step(found: SelfCheck) -> str:
    """What to do now."""
    if found.errors:
        task, _ = found.errors[0]
        return f"The grader itself failed on “{task.title}”. That is not your fault: tell your teacher."
    for wanted, sentence in NEXT:
        for task in found.tasks:
            if task.state == wanted:
                return sentence.format(task.title, task.notebook)
    return "Next: hand in. The last cell of the last notebook packs submission.zip. Marking runs more checks."
