"""Finds in a submission's text what honest work has no use for: the grader's own parts, frames, code held as text.

For a marker to look at; no mark depends on it. Reads the parsed code and runs nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from autograder.submission.definitions import Definitions, Unit

FOUND_LIMIT = 10  # findings of one submission
LONG_TEXT = 2000  # characters
GRADER, TEXT, PACKAGE = "grader", "text", "package"  # what is reached for

GRADERS = ("labs", "sandbox", "judge", "submission", "grading", "manifest", "storage")  # of the package
WATCHED = {
    **dict.fromkeys((f"autograder.{name}" for name in GRADERS), GRADER),
    **dict.fromkeys(("sys.modules", "sys._getframe", "sys.settrace", "sys.setprofile", "ctypes"), GRADER),
    **dict.fromkeys(("gc.get_objects", "gc.get_referrers", "gc.get_referents"), GRADER),
    **dict.fromkeys(("inspect.currentframe", "inspect.stack"), GRADER),
    **dict.fromkeys(("marshal.loads", "runpy.run_path", "types.FunctionType", "types.CodeType"), TEXT),
    **dict.fromkeys(("autograder.training.recipes.fit", "autograder.training.recipes.accuracy"), PACKAGE),
}
# Where nothing else has such a name, whatever stands before the dot.
ATTRIBUTES = {
    "_getframe",
    "_current_frames",
    "get_referrers",
    "get_referents",
    "currentframe",
    "settrace",
    "setprofile",
}
ATTRIBUTES |= {
    "__code__",
    "__globals__",
    "__builtins__",
    "__subclasses__",
    "f_back",
    "f_locals",
    "f_globals",
    "tb_frame",
}
GRADERS_NAME = re.compile(rf"autograder\.(?:{'|'.join(GRADERS)})(?:\.[\w.:]*)?")
IMPORTERS = ("__import__", "importlib.import_module")
RUNNERS = ("exec", "eval", "compile")

Finding = tuple[str, str, str]  # its kind, what is named, and where


def reaches(definitions: Definitions, tasks: Sequence[dict[str, Any]]) -> list[Finding]:
    """What the submission reaches for, each once for a cell, at most `FOUND_LIMIT`.

    The package's own training counts only in what the definitions of `tasks` are made of.
    """
    found: dict[Finding, None] = {}
    for unit in definitions.units:
        names = [name for task in tasks for name in task["definitions"] if unit.defines(name)]
        own = _own(unit, names)
        reader = _Reader(unit)
        for index, statement in enumerate(unit.statements):
            for kind, what in reader.read(statement.node):
                if kind != PACKAGE or index in own:
                    found[kind, what[:100], statement.cell.place] = None
                if len(found) == FOUND_LIMIT:
                    return list(found)
    return list(found)


def _own(unit: Unit, names: Collection[str]) -> set[int]:
    """The statements that define `names`, and the functions and classes that those use."""
    defines = (ast.FunctionDef, ast.ClassDef)
    chosen, _ = unit.needed(names)
    return {
        index
        for index in chosen
        if isinstance(unit.statements[index].node, defines)
        or (
            unit.effects[index].binds & set(names)
            and not isinstance(unit.statements[index].node, (ast.Import, ast.ImportFrom))
        )
    }


class _Reader:
    """Reads a file's statements, knowing what its imports call things."""

    def __init__(self, unit: Unit) -> None:
        self.called: dict[str, str] = {}
        """Names in this file, and the dotted names of what they were imported as."""
        self.bound: set[str] = set()
        for statement in unit.statements:
            for node in ast.walk(statement.node):
                if isinstance(node, ast.Import):
                    self.called |= {one.asname: one.name for one in node.names if one.asname}
                    self.called |= {first: first for one in node.names if (first := one.name.partition(".")[0])}
                elif isinstance(node, ast.ImportFrom):
                    self.called |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
                    if any(one.name == "*" for one in node.names):
                        inside = [name for name in WATCHED if name.rpartition(".")[0] == node.module]
                        self.called |= {name.rpartition(".")[2]: name for name in inside}
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    self.bound.add(node.id)
                elif isinstance(node, ast.arg):
                    self.bound.add(node.arg)
                elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    self.bound.add(node.name)

    def read(self, statement: ast.stmt) -> Iterator[tuple[str, str]]:
        """The kind and the name of each thing that a statement reaches for."""
        idle: set[int] = set()  # texts that stand by themselves, and those of magics
        for node in ast.walk(statement):
            if isinstance(node, ast.Expr):
                idle.add(id(node.value))
            elif isinstance(node, ast.Call):
                if self._dotted(node.func).startswith("get_ipython"):
                    idle |= {id(argument) for argument in node.args}
                yield from self._call(node)
            elif isinstance(node, ast.Import):
                for one in node.names:
                    yield from _watched(one.name)
            elif isinstance(node, ast.ImportFrom):
                for one in node.names:
                    yield from ((kind, what) for kind, what in _watched(f"{node.module}.{one.name}") if kind != PACKAGE)
            elif isinstance(node, (ast.Attribute, ast.Name)):
                yield from self._name(node)
            elif isinstance(node, ast.Constant) and id(node) not in idle:
                yield from _constant(node.value)

    def _call(self, node: ast.Call) -> Iterator[tuple[str, str]]:
        name = self._dotted(node.func)
        if name in IMPORTERS and node.args:
            first = node.args[0]
            if not isinstance(first, ast.Constant):
                yield TEXT, name
            elif isinstance(first.value, str):
                yield from _watched(first.value)

    def _name(self, node: ast.Attribute | ast.Name) -> Iterator[tuple[str, str]]:
        name = self._dotted(node)
        last = name.rpartition(".")[2]
        if name in WATCHED:
            yield WATCHED[name], name
        elif last in ATTRIBUTES:
            yield GRADER, name.strip(".")
        elif name in ("exec", "builtins.exec", "builtins.eval", "builtins.compile"):
            yield TEXT, last
        elif name in RUNNERS and name not in self.bound:
            yield TEXT, name

    def _dotted(self, node: ast.expr) -> str:
        """`numpy.random` of `np.random`; what is no name before the first dot is left out."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            parts.append(self.called.get(node.id, node.id))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            parts.append(f"{node.func.id}()")
        else:
            parts.append("")
        return ".".join(reversed(parts))


def _watched(name: str) -> Iterator[tuple[str, str]]:
    """An imported name, if it or what it is a part of is watched."""
    for watched, kind in WATCHED.items():
        if name == watched or name.startswith(f"{watched}."):
            yield kind, name


def _constant(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, (str, bytes)) and len(value) > LONG_TEXT:
        yield TEXT, f"a text of {len(value):,} characters"
    elif isinstance(value, str) and (value in ATTRIBUTES or GRADERS_NAME.fullmatch(value)):
        yield GRADER, value
