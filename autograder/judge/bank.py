"""The bank of known mistakes: wrong variants of the reference, each a small diff and the sentence that a student reads.

One page a task, `autograder/labs/<lab>/mistakes/<task>.yml`:

    loses: {same-function: 5}         # points lost, check by check, where nothing below says otherwise
    mistakes:
      dropout-always-on:              # the mistake's id
        sentence: >-                  # what happened and where to look; never the solution
          Dropout is never switched off: look at how `forward` tells it which mode the network is in.
        loses: {dropout: 3}
        replace:                      # what changes in the reference's script of the task's notebook
          - old: x = F.dropout(x, 0.2, training=self.training)    # stands in the script exactly once
            new: x = F.dropout(x, 0.2)
    vary:
      - old: F.relu(self.conv1(x))    # one piece of the script, wrong in several ways
        sentence: >-                  # for all of them that have none of their own; each fills the gap
          The network behaves as if an activation other than ReLU came after the convolution: {values}.
        variants:
          sigmoid-after-conv: {values: all values lie between 0 and 1, new: torch.sigmoid(self.conv1(x))}
          tanh-after-conv: {values: all values lie between -1 and 1, new: torch.tanh(self.conv1(x))}

The points of a check in another task are under `<task>/<check>`. Where a student's answer equals that of a variant, the
mistake is known.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from pydantic import ConfigDict, Field

from autograder.course import CourseError, Identifier, Lines, Strict, read_mapping, validated


class BankError(Exception):
    """A page of mistakes cannot be used; the message names the file, the line and the mistake."""


Loses = dict[str, float]  # points by check


class Replacement(Strict):
    """A piece of the reference's text, there exactly once, and what stands in its place."""

    old: str
    new: str


class Entry(Strict):
    """One mistake."""

    sentence: str
    loses: Loses | None = None
    replace: tuple[Replacement, ...] = Field(min_length=1)


class Variation(Strict):
    """One way in which a varied piece of text is wrong; keys that are not known here fill gaps in the sentence."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, str]
    new: str
    sentence: str | None = None
    loses: Loses | None = None


class Varied(Strict):
    """A piece of the reference's text that is wrong in several ways, by the mistakes' ids."""

    old: str
    sentence: str | None = None
    loses: Loses | None = None
    variants: dict[Identifier, Variation] = Field(min_length=1)


class Page(Strict):
    """All known mistakes of a task."""

    loses: Loses | None = None
    mistakes: dict[Identifier, Entry] = Field(default_factory=dict)
    vary: tuple[Varied, ...] = ()


@dataclass(frozen=True)
class Mistake:
    """One known mistake of a task."""

    task: str
    id: str
    file: Path
    line: int  # of its id in the file
    sentence: str  # what a student reads, on one line
    loses: dict[tuple[str, str], float]  # the points that it costs, by task and check
    replace: tuple[Replacement, ...]

    @property
    def place(self) -> str:
        """Where its entry is, for messages: file, line and id."""
        return f"{self.file}, line {self.line}, {self.id}"

    def applied(self, script: Path, part: str | None = None) -> str:
        """A part of the reference's script, or all of it, with this mistake in it; raises `BankError`."""
        text = script.read_text(encoding="utf-8") if part is None else part
        for change in self.replace:
            if (found := _occurrences(script, change.old)) != 1:
                raise BankError(
                    f"{self.place}: {script.name} holds this {found} times, and must hold it once: {change.old!r}"
                )
            text = text.replace(change.old, change.new)
        return text


class Bank(Mapping[str, dict[str, Mistake]]):
    """All mistakes in a folder, by task and id, both sorted; a task's page is read when it is asked for.

    Raises `BankError` with the line that is wrong.
    """

    def __init__(self, folder: Path) -> None:
        self._pages = {path.stem: path for path in sorted(folder.glob("*.yml"))}
        self._read: dict[str, dict[str, Mistake]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._pages)

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, task: str) -> dict[str, Mistake]:
        if task in self._read:
            return self._read[task]
        path = self._pages[task]
        try:
            value, lines = read_mapping(path, "a mapping with the keys `mistakes` and `vary`")
            page = validated(Page, value, path, lines)
        except CourseError as error:
            raise BankError(str(error)) from error
        known: dict[str, Mistake] = {}
        for mistake in _mistakes(path, page, lines):
            if (first := known.setdefault(mistake.id, mistake)) is not mistake:
                raise BankError(f"{mistake.place}: line {first.line} already has a mistake with this id")
        # An id goes before the one that it begins with: `average-pooling-after-conv1` says more than `average-pooling`.
        self._read[task] = {name: known[name] for name in sorted(known, key="{}.".format)}
        return self._read[task]


def _mistakes(path: Path, page: Page, lines: Lines) -> Iterator[Mistake]:
    """The mistakes on a page, in its order."""
    for name, entry in page.mistakes.items():
        line = lines["mistakes", name]
        yield _mistake(path, name, line, entry.sentence, {}, entry.loses or page.loses, entry.replace)
    for number, varied in enumerate(page.vary):
        for name, one in varied.variants.items():
            line = lines["vary", number, "variants", name]
            sentence, gaps = one.sentence or varied.sentence or "", one.__pydantic_extra__
            change = Replacement(old=varied.old, new=one.new)
            yield _mistake(path, name, line, sentence, gaps, one.loses or varied.loses or page.loses, (change,))


def _mistake(
    path: Path,
    name: str,
    line: int,
    sentence: str,
    gaps: Mapping[str, str],
    loses: Loses | None,
    replace: tuple[Replacement, ...],
) -> Mistake:
    """One mistake, with the gaps in its sentence filled."""
    place = f"{path}, line {line}, {name}"
    if not loses:
        raise BankError(f"{place}: `loses` is missing, here and for the whole page")
    if not sentence:
        raise BankError(f"{place}: `sentence` is missing, here and for its group")
    if gaps.keys() != (there := {gap for _, gap, _, _ in string.Formatter().parse(sentence) if gap is not None}):
        raise BankError(f"{place}: its sentence has gaps for {_listed(there)}, but the entry gives {_listed(gaps)}")
    by_check = {}
    for check, points in loses.items():
        task, _, name_of_check = check.rpartition("/")
        by_check[task or path.stem, name_of_check] = points
    return Mistake(path.stem, name, path, line, " ".join(sentence.format_map(gaps).split()), by_check, replace)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"


class Variant:
    """The definitions of a reference script with mistakes in it; everything else is the reference's own."""

    def __init__(self, script: Path, module: ModuleType, reference: Any, mistakes: Sequence[Mistake]) -> None:
        self._reference = reference
        self._names: dict[str, Any] = {**vars(module), "__name__": f"{module.__name__}_variant"}
        for text, code in _parts(script):
            changed = text
            for mistake in mistakes:
                if any(one.old in text and one.old not in changed for one in mistake.replace):
                    raise BankError(f"{mistake.place}: changes what another mistake has changed already")
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
