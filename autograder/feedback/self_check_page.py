"""A self-check as one HTML file that needs nothing else: the page that a push leaves behind.

It runs no script and loads nothing.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from markupsafe import Markup

from autograder.feedback.rendering import content_policy, environment
from autograder.feedback.self_check import SelfCheck
from autograder.feedback.self_check_summary import next_step, summary
from autograder.results import TaskResult
from autograder.states import TASK_BADGES, Badge

PICTURES_LIMIT = 8 * 2**20  # bytes of all pictures together


@dataclass
class EmbeddedFigure:
    """A student's figure, and the check that it was drawn for."""

    title: str
    address: Markup
    """The picture itself, as a `data:` address."""


@dataclass
class TaskSection:
    """A task on the page."""

    task: TaskResult
    badge: Badge
    pictures: list[EmbeddedFigure] = field(default_factory=list)

    @property
    def shown(self) -> bool:
        """Whether there is more to show than the task's line in the table."""
        return self.task.state not in ("done", "not started") or bool(self.pictures)


def self_check_page(found: SelfCheck) -> str:
    """The whole page."""
    room = PICTURES_LIMIT
    sections = []
    for task in found.tasks:
        section = TaskSection(task, TASK_BADGES[task.state])
        for check in task.checks:
            for name in check.pictures:
                content = found.pictures.get(name, b"")
                if content and len(content) <= room:
                    room -= len(content)
                    data = base64.b64encode(content).decode()
                    section.pictures.append(EmbeddedFigure(check.title, Markup(f"data:image/png;base64,{data}")))
        sections.append(section)
    page = environment().get_template("self_check.html.j2")
    return page.render(
        policy=content_policy(),
        title=found.title,
        summary=summary(found),
        next_step=next_step(found),
        sections=sections,
        problems=found.problems,
    )
