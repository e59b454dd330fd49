"""The bank of known mistakes: wrong variants of the reference, each a small diff and the sentence that a student reads.

One file a mistake, `autograder/labs/<lab>/mistakes/<task>/<id>.yml`:

    sentence: >-                     what happened and where to look; never the solution
      There is no ReLU after the first convolution: look at that line of `forward`.
    loses: {same-function: 5}        points that the reference loses by it, check by check
    replace:                         what changes in the reference's script of the task's notebook
      - old: x = F.relu(self.conv1(x))
        new: x = self.conv1(x)
    weights: {better_cnn.pt: scale 0}   instead, or as well: what has become of a weights file (tests only)

Where a student's answer equals that of a variant, the mistake is known.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # there are hundreds of files: seconds, in plain Python


class BankError(Exception):
    """A mistake's file cannot be used; the message names it."""


class Replacement(BaseModel):
    """A piece of the reference's text, there exactly once, and what stands in its place."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    old: str
    new: str


class Described(BaseModel):
    """A mistake's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sentence: str
    loses: dict[str, float]
    replace: tuple[Replacement, ...] = ()
    weights: dict[str, str] = {}


@dataclass(frozen=True)
class Mistake:
    """One known mistake of a task."""

    task: str
    id: str
    file: Path
    described: Described

    @property
    def sentence(self) -> str:
        """What a student reads, on one line."""
        return " ".join(self.described.sentence.split())

    @property
    def loses(self) -> dict[tuple[str, str], float]:
        """The points that it costs, by task and check."""
        split = {check: check.rpartition("/") for check in self.described.loses}
        return {(split[c][0] or self.task, split[c][2]): points for c, points in self.described.loses.items()}

    def applied(self, script: Path, part: str | None = None) -> str:
        """A part of the reference's script, or all of it, with this mistake in it; raises `BankError`."""
        text = script.read_text(encoding="utf-8") if part is None else part
        for change in self.described.replace:
            if (found := _occurrences(script, change.old)) != 1:
                raise BankError(
                    f"{self.file}: {script.name} holds this {found} times, and must hold it once: {change.old!r}"
                )
            text = text.replace(change.old, change.new)
        return text


Bank = dict[str, dict[str, Mistake]]  # by task and id


def read_bank(folder: Path) -> Bank:
    """All mistakes in `folder`, by task and id; raises `BankError` naming the file that cannot be read."""
    bank: Bank = {}
    for path in sorted(folder.glob("*/*.yml")):
        try:
            described = Described.model_validate(yaml.load(path.read_text(encoding="utf-8"), LOADER))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
            raise BankError(f"{path}: {error}") from error
        bank.setdefault(path.parent.name, {})[path.stem] = Mistake(path.parent.name, path.stem, path, described)
    return bank


class Variant:
    """The definitions of a reference script with mistakes in it; everything else is the reference's own."""

    def __init__(self, script: Path, module: ModuleType, reference: Any, mistakes: Sequence[Mistake]) -> None:
        self._reference = reference
        self._names: dict[str, Any] = {**vars(module), "__name__": f"{module.__name__}_variant"}
        for text, code in _parts(script):
            changed = text
            for mistake in mistakes:
                if any(one.old in text and one.old not in changed for one in mistake.described.replace):
                    raise BankError(f"{mistake.file}: changes what another mistake has changed already")
                changed = mistake.applied(script, changed)
            if changed != text:
                code = compile(changed, str(script), "exec")
            if code is not None:
                exec(code, self._names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._names[name] if name in self._names else getattr(self._reference, name)


@cache
def _parts(script: Path) -> list[tuple[str, CodeType | None]]:
    """The texts of a script's top-level statements, compiled where they define functions and classes."""
    source = script.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    parts: list[tuple[str, CodeType | None]] = []
    for node in ast.parse(source).body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        text = "".join(lines[first - 1 : node.end_lineno])
        defines = isinstance(node, (ast.FunctionDef, ast.ClassDef))
        parts.append((text, compile(text, str(script), "exec") if defines else None))
    return parts


@cache
def _occurrences(script: Path, text: str) -> int:
    return script.read_text(encoding="utf-8").count(text)
