"""Code without what has no effect, in one way of writing it: to compare it with others' code. Runs nothing."""

from __future__ import annotations

import ast
from typing import Any

LONGEST = 4000  # characters of a statement without a block; a longer one is data
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)  # what stands behind them never runs
BLOCKS = ("body", "orelse", "finalbody")


def effective(statement: ast.stmt) -> str:
    """A statement without comments, docstrings, annotations, and what does nothing; empty if nothing is left."""
    try:
        module = ast.Module([_copied(statement)], [])
        return ast.unparse(ast.fix_missing_locations(_Cleaner().visit(module)))
    except (RecursionError, MemoryError, ValueError):
        return ""


def _copied(part: Any) -> Any:
    """A copy of a part of a tree, several times as fast as `copy.deepcopy`."""
    if isinstance(part, list):
        return [_copied(one) for one in part]
    if not isinstance(part, ast.AST) or not part._fields:
        return part
    made = type(part)(*[_copied(getattr(part, name, None)) for name in part._fields])
    if isinstance(part, ast.stmt):
        made.lineno = part.lineno  # type: ignore[attr-defined]
    return made


class _Cleaner(ast.NodeTransformer):
    """Takes out of every block the statements without effect, and folds conditions that are constants."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, FUNCTIONS):
            _without_dead_stores(node)
        super().generic_visit(node)
        for block in BLOCKS:
            statements = getattr(node, block, None)
            if isinstance(statements, list):
                kept = _kept(statements)
                needs_one = block == "body" and not isinstance(node, ast.Module)
                setattr(node, block, kept or [ast.Pass()] if needs_one else kept)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        plain = ast.Assign([node.target], node.value) if node.value is not None else ast.Pass()
        return self.generic_visit(ast.copy_location(plain, node))

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        truth = _truth(node.test)
        return node if truth is None else node.body if truth else node.orelse

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        idle = isinstance(node.op, ast.And)  # `True and x` is x, and so is `False or x`
        while len(node.values) > 1 and _truth(node.values[0]) is idle:
            del node.values[0]
        return node if len(node.values) > 1 else node.values[0]

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, (ast.List, ast.Tuple)) and isinstance(node.slice, ast.Constant):
            index, several = node.slice.value, node.value.elts
            if isinstance(index, int) and index < len(several):
                return several[index]
        return node


def _kept(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a block that do something, with those of branches that are always taken."""
    kept: list[ast.stmt] = []
    for statement in statements:
        if isinstance(statement, ast.If) and (truth := _truth(statement.test)) is not None:
            kept += _kept(statement.body if truth else statement.orelse)
        elif isinstance(statement, ast.While) and _truth(statement.test) is False:
            kept += _kept(statement.orelse)
        elif isinstance(statement, ast.Try) and not statement.handlers and not statement.finalbody:
            kept += _kept(statement.body)
        elif not _idle(statement):
            kept.append(statement)
        if kept and isinstance(kept[-1], LEAVES):
            break
    return kept


def _idle(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Pass, ast.Assert)):
        return True
    if isinstance(statement, ast.Expr):
        return _pure(statement.value)
    if isinstance(statement, ast.Assign):
        same = [ast.unparse(target) == ast.unparse(statement.value) for target in statement.targets]
        if all(same) and _pure(statement.value):
            return True
    return not hasattr(statement, "body") and len(ast.unparse(statement)) > LONGEST


def _pure(value: ast.expr) -> bool:
    """Whether computing a value does nothing else."""
    acts = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
    return not any(isinstance(node, acts) for node in ast.walk(value))


def _without_dead_stores(function: ast.AST) -> None:
    """Turns assignments to names that the function never reads into `pass`."""
    nodes = list(ast.walk(function))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)}
    read |= {name for node in nodes if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            continue
        for block in BLOCKS:
            found = getattr(node, block, None)
            statements: list[ast.stmt] = found if isinstance(found, list) else []
            for index, one in enumerate(statements):
                if not isinstance(one, ast.Assign) or not _pure(one.value):
                    continue
                if all(isinstance(target, ast.Name) and target.id not in read for target in one.targets):
                    statements[index] = ast.Pass()


def _truth(test: ast.expr) -> bool | None:
    """Whether a condition that is made of constants holds; None for any other."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        truth = _truth(test.operand)
        return None if truth is None else not truth
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Constant) and len(test.ops) == 1:
        right = test.comparators[0]
        if isinstance(right, ast.Constant) and isinstance(test.ops[0], (ast.Eq, ast.NotEq)):
            return (test.left.value == right.value) is isinstance(test.ops[0], ast.Eq)
    return None
