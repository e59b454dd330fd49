"""Adds entries to the text of `course.yml`, line by line, so that comments and layout are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from autograder.course import CourseError


class CourseFile:
    """The text of `course.yml`, which the methods change; they do not write the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")

    def add_task(self, lab: str, entry: list[str], notebook: str, points: float) -> None:
        """Adds a task after the last one of its notebook, or of all, and adds `points` to the assignment's points.

        `entry` has the task's lines; the first is its `id:`. Raises `CourseError`.
        """
        tasks = self._node("assignments", lab, "tasks")
        if not isinstance(tasks, yaml.SequenceNode) or tasks.flow_style:
            raise CourseError(f"{self._at(tasks)}: `tasks` must be a list with a hyphen before each task")
        same = [task for task in tasks.value if _value(task, "notebook") == notebook]
        dash = " " * tasks.start_mark.column
        lines = [f"{dash}- {entry[0]}", *(f"{dash}  {line}" for line in entry[1:])]
        self._insert(_last_line(same[-1] if same else tasks), lines)
        self._raise_points(lab, points)  # last, since `points` may be below the tasks

    def add_lab(self, lab: str, entry: list[str]) -> None:
        """Adds an assignment after the others. Raises `CourseError`."""
        labs = self._node("assignments")
        if not isinstance(labs, yaml.MappingNode) or labs.flow_style:
            raise CourseError(
                f"{self._at(labs)}: `assignments` must have each assignment on its own lines, without braces"
            )
        inside = " " * labs.start_mark.column
        lines = ["", f"{inside}{lab}:", *(f"{inside}  {line}".rstrip() for line in entry)]
        self._insert(_last_line(labs), lines)

    def _node(self, *keys: str) -> yaml.Node:
        node: Any = yaml.compose(self.text, Loader=yaml.SafeLoader)
        for key in keys:
            node = next((value for name, value in node.value if name.value == key), None)
            if node is None:
                raise CourseError(f"{self.path}: the key `{'.'.join(keys)}` is missing")
        return node

    def _insert(self, after: int, lines: list[str]) -> None:
        """Inserts `lines` below the line number `after` (from 0)."""
        there = self.text.splitlines(keepends=True)
        if not there[after].endswith("\n"):
            there[after] += "\n"
        end = "\r\n" if there[after].endswith("\r\n") else "\n"
        there[after + 1 : after + 1] = [line + end for line in lines]
        self.text = "".join(there)

    def _raise_points(self, lab: str, points: float) -> None:
        node = self._node("assignments", lab, "points")
        new = f"{float(node.value) + points:g}"
        before, after = self.text[: node.start_mark.index], self.text[node.end_mark.index :]
        wider = len(new) - len(str(node.value))
        comment = re.match(r" +(?=#)", after)
        if comment and 0 < wider < len(comment.group()):
            after = after[wider:]  # the comment stays in its column
        self.text = before + new + after

    def _at(self, node: yaml.Node) -> str:
        return f"{self.path}, line {node.start_mark.line + 1}"


def _value(node: yaml.Node, key: str) -> str | None:
    assert isinstance(node, yaml.MappingNode)
    return next((str(value.value) for name, value in node.value if name.value == key), None)


def _last_line(node: yaml.Node) -> int:
    """The number (from 0) of the last line with content of `node`. (Its end mark may be further down.)"""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    mark = node.end_mark
    return mark.line - (1 if mark.column == 0 and mark.line > node.start_mark.line else 0)
