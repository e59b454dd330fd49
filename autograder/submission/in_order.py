"""In which order does a statement read and bind names? Reads the parsed code and runs nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from autograder.submission.held_values import named_in_namespace


class InOrder(ast.NodeVisitor):
    """Follows a statement in the order in which it runs: what is read before the statement itself has bound it?"""

    def __init__(self) -> None:
        self.reads: set[str] = set()
        """Names whose older value the statement may see."""
        self.binds: set[str] = set()
        """Names that it may bind or delete."""
        self.bound: set[str] = set()
        """Names that are bound by now, whichever way the statement has gone."""
        self.local: list[set[str]] = []
        """The names of comprehensions and class bodies around."""
        self.in_class: list[bool] = []

    def generic_visit(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            for part in value if isinstance(value, list) else (value,):
                if isinstance(part, ast.AST) and part._fields and not isinstance(part, ast.Constant):
                    self.visit(part)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self._read(node.id)
            if isinstance(node.ctx, ast.Del):
                self._unbind(node.id)

    def _read(self, name: str) -> None:
        if name not in self.bound and not any(name in names for names in self.local):
            self.reads.add(name)

    def _bind(self, name: str) -> None:
        if self.local:
            self.local[-1].add(name)
        else:
            self.binds.add(name)
            self.bound.add(name)

    def _unbind(self, name: str) -> None:
        if self.local:
            self.local[-1].discard(name)
        else:
            self.binds.add(name)
            self.bound.discard(name)

    def _all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def _either(self, *ways: Iterable[ast.AST | None]) -> None:
        """Of several ways one is gone: bound is what each of them binds."""
        before, ends = (set(self.bound), [set(names) for names in self.local]), []
        for way in ways:
            self.bound, self.local[:] = set(before[0]), [set(names) for names in before[1]]
            self._all(way)
            ends.append((self.bound, [set(names) for names in self.local]))
        self.bound = set.intersection(*(bound for bound, _ in ends))
        self.local[:] = [set.intersection(*names) for names in zip(*(local for _, local in ends), strict=True)]

    def visit_Assign(self, node: ast.Assign) -> None:
        self._all([node.value, *node.targets])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self._all([node.value, node.target])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._read(node.target.id)
        self._all([node.value, node.target])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        if self.local and not self.in_class[-1]:  # a comprehension's walrus binds outside it
            self.binds.add(node.target.id)
        else:
            self.visit(node.target)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if (name := named_in_namespace(node)) is not None:
            (self._bind if isinstance(node.ctx, ast.Store) else self._read)(name)
            if isinstance(node.ctx, ast.Del):
                self._unbind(name)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        given = node.args
        annotated = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        annotations = [part.annotation for part in annotated if part is not None]
        self._all([*node.decorator_list, *given.defaults, *given.kw_defaults, *annotations, node.returns])
        self._bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._all([*node.args.defaults, *node.args.kw_defaults])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._all([*node.decorator_list, *node.bases, *node.keywords])
        self._scope(True, node.body)
        declared = {name for part in node.body if isinstance(part, ast.Global) for name in part.names}
        self.binds |= declared
        self.reads |= declared
        self._bind(node.name)

    def _scope(self, is_class: bool, nodes: Iterable[ast.AST]) -> None:
        self.local.append(set())
        self.in_class.append(is_class)
        self._all(nodes)
        self.local.pop()
        self.in_class.pop()

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        parts: list[ast.AST] = [first.target, *first.ifs]
        for other in others:
            parts += [other.iter, other.target, *other.ifs]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._scope(False, parts)

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._either(node.values[1:], [])

    def visit_Compare(self, node: ast.Compare) -> None:
        self._all([node.left, node.comparators[0]])
        self._either(node.comparators[1:], [])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._either([node.body], [node.orelse])

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._either(node.body, node.orelse)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._either([node.target, *node.body], [], node.orelse)

    visit_AsyncFor = visit_For

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._either(node.body, [], node.orelse)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self._all([item.context_expr, item.optional_vars])
        self._either(node.body, [])  # what raises may be suppressed

    visit_AsyncWith = visit_With

    def visit_Try(self, node: ast.Try) -> None:
        handled = [[handler] for handler in node.handlers]
        deleted = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Del)}
        deleted |= {handler.name for handler in node.handlers if handler.name}
        before = self.bound - deleted
        self._either([*node.body, *node.orelse])
        after, self.bound = self.bound, before
        self._either([], *handled)
        self.bound &= after
        self._all(node.finalbody)

    visit_TryStar = visit_Try

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._all([node.type])
        if node.name:
            self._bind(node.name)
        self._all(node.body)
        if node.name:
            self._unbind(node.name)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self._either([], *([case] for case in node.cases))

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.generic_visit(node)
        if node.name:
            self._bind(node.name)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self._bind(node.rest)
