"""Small changes to the reference's solutions: what the mutation score is made of.

Operators, constants, comparisons and booleans are changed by Cosmic Ray's operators; statements, keyword arguments and
context managers are taken away by our own. Only text between `### BEGIN SOLUTION` and `### END SOLUTION` is
changed, and no docstring, comment or type annotation.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators import binary_operator_replacement as binary
from cosmic_ray.operators import boolean_replacer, number_replacer, zero_iteration_for_loop
from cosmic_ray.operators import comparison_operator_replacement as comparison
from cosmic_ray.operators import unary_operator_replacement as unary

# One or two others for each operator, of the kind that a slip makes: all eleven would be the same finding eleven times.
SLIPS = {
    "Add": ("Sub", "Mul"),
    "Sub": ("Add", "Div"),
    "Mul": ("Add", "Div", "Pow"),
    "Div": ("Mul", "FloorDiv"),
    "FloorDiv": ("Div", "Mul"),
    "Mod": ("FloorDiv", "Mul"),
    "Pow": ("Mul",),
    "BitOr": ("BitAnd",),
    "BitAnd": ("BitOr",),
}
KINDS = {
    "operator": [
        *(getattr(binary, f"ReplaceBinaryOperator_{old}_{new}") for old, news in SLIPS.items() for new in news),
        *unary.operators(),
    ],
    "constant": [number_replacer.NumberReplacer],
    "comparison": list(comparison.operators()),
    "boolean": [
        boolean_replacer.AddNot,
        boolean_replacer.ReplaceTrueWithFalse,
        boolean_replacer.ReplaceFalseWithTrue,
        boolean_replacer.ReplaceAndWithOr,
        boolean_replacer.ReplaceOrWithAnd,
    ],
    "loop": [zero_iteration_for_loop.ZeroIterationForLoop],
}
DEFINES = (ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Mutation:
    """One change to a top-level statement: its kind, its line in the script, the statement before and after."""

    definition: str  # the name that the statement defines
    kind: str
    line: int
    before: str
    after: str

    @property
    def old(self) -> str:
        """The line that is changed; where there are more, the first of them and an ellipsis."""
        return self._changed("-")

    @property
    def new(self) -> str:
        """What it becomes."""
        return self._changed("+")

    def _changed(self, sign: str) -> str:
        lines = difflib.ndiff(self.before.splitlines(), self.after.splitlines())
        first, *more = [tidy(line[2:]) for line in lines if line[0] == sign] or [""]
        return f"{first} …" if more else first


def tidy(line: str) -> str:
    """A line of code without what does not count: its indent, its comment, and spaces beside spaces and brackets."""
    code = line.strip().split("  # ")[0]
    code = re.sub(r"(?<=[(\[{]) |(?<=\w=) ", "", re.sub(r"\s+", " ", code))
    return re.sub(r"([(\[,] ?)- (?=\d)", r"\1-", code)


def solution_lines(text: str) -> set[int]:
    """The numbers of the lines that stand in solution regions; those of commented cells and of text do not count."""
    inside, found = False, set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() in ("### BEGIN SOLUTION", "### END SOLUTION"):
            inside = "BEGIN" in line
        elif inside:
            found.add(number)
    return found


def names_used(text: str) -> dict[str, set[str]]:
    """The names that each top-level definition of a script uses."""
    return {
        name: {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        for statement, name in definitions(ast.parse(text))
    }


def definitions(tree: ast.Module) -> Iterator[tuple[Any, str]]:
    """The functions, classes and plain assignments at a script's top level, with the name that each defines."""
    for statement in tree.body:
        if isinstance(statement, DEFINES):
            yield statement, statement.name
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            yield statement, statement.targets[0].id


def mutations_of(script: Path, left_out: frozenset[str] = frozenset()) -> Iterator[Mutation]:
    """All changes to the solutions of a script, each once, in its order; those of the names `left_out` are not made."""
    text = script.read_text(encoding="utf-8")
    allowed, lines = solution_lines(text), text.splitlines(keepends=True)
    for statement, name in definitions(ast.parse(text)):
        first = min([statement.lineno, *(one.lineno for one in getattr(statement, "decorator_list", []))])
        here = {line - first + 1 for line in allowed if first <= line <= statement.end_lineno}
        if not here or name in left_out:
            continue
        before = "".join(lines[first - 1 : statement.end_lineno])
        seen = {ast.dump(ast.parse(before))}
        for kind, line, after in sorted(_changes(before, here), key=lambda one: one[1]):
            try:
                meaning = ast.dump(ast.parse(after))
            except SyntaxError:
                continue  # no program
            if meaning not in seen:
                seen.add(meaning)
                yield Mutation(name, kind, first + line - 1, before, after)


def _changes(text: str, allowed: set[int]) -> Iterator[tuple[str, int, str]]:
    """Kind, line and changed text."""
    nodes = list(ast_nodes(parso.parse(text)))
    for kind, operators in KINDS.items():
        for operator in operators:
            yield from ((kind, line, after) for line, after in _by_operator(text, nodes, allowed, operator))
    (whole,) = ast.parse(text).body
    for node in ast.walk(whole):
        if not hasattr(node, "lineno") or not {node.lineno, node.end_lineno} <= allowed:
            continue
        deletable = isinstance(node, ast.stmt) and not isinstance(node, (*DEFINES, ast.Pass)) and node is not whole
        if deletable and not _is_docstring(node):
            yield "deleted statement", node.lineno, _replaced(text, node, "pass")
        if isinstance(node, ast.keyword) and node.arg is not None:
            yield "deleted argument", node.lineno, _without_argument(text, node)
        if isinstance(node, ast.With):
            for item in node.items:
                others = [one for one in node.items if one is not item]
                yield "deleted context", node.lineno, _without_context(text, node, item, others)


def _by_operator(text: str, nodes: list[Any], allowed: set[int], operator: Any) -> Iterator[tuple[int, str]]:
    """The line and the changed text for each place where an operator of Cosmic Ray can be applied."""
    one, occurrence = operator(), 0
    for node in nodes:
        for (line, _), _ in one.mutation_positions(node):
            if line in allowed and not _is_annotation(node):
                after = mutate_code(text, operator(), occurrence)
                if after is not None:
                    yield line, after
            occurrence += 1


def _is_annotation(node: Any) -> bool:
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in ("tfpdef", "annassign"):
            return True
        if parent.type in ("funcdef", "lambdef") and getattr(parent, "annotation", None) is child:
            return True
        child, parent = parent, parent.parent
    return False


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _split(text: str, node: Any) -> tuple[str, str]:
    """What stands before and after a node. (Python counts columns in bytes.)"""
    lines = text.encode().splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return text.encode()[:start].decode(), text.encode()[end:].decode()


def _replaced(text: str, node: ast.stmt, new: str) -> str:
    before, after = _split(text, node)
    return before + new + after


def _without_argument(text: str, node: ast.keyword) -> str:
    before, after = _split(text, node)
    if re.match(r"\s*,", after):
        return before + re.sub(r"^\s*,\s*", "", after)
    return re.sub(r",\s*$", "", before) + after


def _without_context(text: str, node: ast.With, item: ast.withitem, others: list[ast.withitem]) -> str:
    """The `with` without one of its managers; as it is, where that one's value has a name that would be missing."""
    if item.optional_vars is not None:
        return text
    head = f"with {', '.join(map(ast.unparse, others))}:" if others else "if True:"
    lines = text.splitlines(keepends=True)
    body = node.body[0].lineno - 1
    return "".join([*lines[: node.lineno - 1], " " * node.col_offset + head + "\n", *lines[body:]])
