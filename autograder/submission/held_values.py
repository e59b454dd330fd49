"""Whose values does an expression give, hold or change? By names, read off the parsed code; nothing runs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

CHANGES = {
    *("append", "extend", "insert", "update", "add", "setdefault", "pop", "remove", "clear", "sort", "reverse"),
    *("discard", "popitem", "appendleft", "extendleft", "popleft", "rotate", "load_state_dict", "add_module"),
    *("difference_update", "intersection_update", "symmetric_difference_update", "__setitem__", "__setattr__"),
}
CHANGES_FIRST = {"setattr", "delattr", "next"}  # functions that change their first argument
# Functions and methods whose results hold what they were given, or parts of it.
PASS_ON = {
    "enumerate",
    "zip",
    "reversed",
    "iter",
    "list",
    "tuple",
    "dict",
    "sorted",
    "next",
    "map",
    "filter",
    "getattr",
}
PASS_ON |= {"min", "max", "vars", "partial", "SimpleNamespace", "items", "values", "get", "copy", "setdefault", "pop"}
PASS_ON |= {"parameters", "named_parameters", "modules", "named_modules", "children", "named_children", "state_dict"}
NAMESPACES = {"globals", "locals", "vars"}


def named_in_namespace(node: ast.AST) -> str | None:
    """The `x` of `globals()["x"]`."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        return None
    call = node.value
    if not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Name):
        return None
    return node.slice.value if call.func.id in NAMESPACES and isinstance(node.slice.value, str) else None


def base_of(node: ast.expr) -> str | None:
    """The name that an expression such as `net.layers[0].add(…)` begins with."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def held_by(value: ast.AST) -> set[str]:
    """The names whose values an expression gives, holds or is part of; "f()" is what a call of `f` returns."""
    if isinstance(value, ast.Name):
        return {value.id}
    if isinstance(value, ast.Call):
        func = value.func
        passes_on = (func.id if isinstance(func, ast.Name) else getattr(func, "attr", "")) in PASS_ON
        found = {f"{func.id}()"} if isinstance(func, ast.Name) and not passes_on else set()
        if passes_on:
            inside = [*arguments(value), *([func.value] if isinstance(func, ast.Attribute) else [])]
            found |= set().union(*map(held_by, inside))
        return found
    if isinstance(value, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return set().union(held_by(value.elt), *(held_by(part.iter) for part in value.generators))
    if isinstance(value, ast.DictComp):
        return set().union(held_by(value.value), *(held_by(part.iter) for part in value.generators))
    if isinstance(value, (ast.Attribute, ast.Subscript, ast.Starred, ast.Await, ast.NamedExpr)):
        return held_by(value.value)
    if isinstance(value, (ast.Tuple, ast.List, ast.Set)):
        return set().union(*map(held_by, value.elts))
    if isinstance(value, ast.Dict):
        return set().union(*map(held_by, value.values))
    if isinstance(value, ast.BoolOp):
        return set().union(*map(held_by, value.values))
    return held_by(value.body) | held_by(value.orelse) if isinstance(value, ast.IfExp) else set()


def changed_by(node: ast.AST, imported: set[str]) -> Iterator[str]:
    """The names whose values one node (without those in it) changes in place."""
    found: list[ast.expr] = []
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        if named_in_namespace(node) is None:
            found.append(node)
    elif isinstance(node, ast.AugAssign):
        found.append(node.target)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, node.func.value
            of_library = (base_of(owner) or "") in imported
            in_place = name.endswith("_") and not name.endswith("__")
            if in_place and of_library:  # torch.nn.init.zeros_(weight)
                found += node.args[:1]
            elif (name in CHANGES or in_place) and not (of_library and isinstance(owner, ast.Name)):
                found.append(owner)
                if isinstance(owner, ast.Name) and owner.id in ("list", "dict", "set"):  # list.append(sizes, 5)
                    found += node.args[:1]
        elif isinstance(node.func, ast.Name) and (node.func.id in CHANGES_FIRST or node.func.id.endswith("_")):
            found += node.args[:1]
    for changed in found:
        if (base := base_of(changed)) is not None:
            yield base


def note_other_names(node: ast.AST, known: dict[str, set[str]]) -> None:
    """Notes which names may from now on stand for the values of others, or hold them."""
    targets: list[ast.AST] = []
    values: list[ast.AST] = []
    if isinstance(node, ast.Assign):
        targets, values = [*node.targets], [node.value]
        if isinstance(node.value, ast.Tuple) and all(
            isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == len(node.value.elts) for target in targets
        ):
            for target in node.targets:
                for one, value in zip(getattr(target, "elts", []), node.value.elts, strict=True):
                    _note_pair([one], held_by(value), known)
            return
    elif (isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None) or (
        isinstance(node, ast.AugAssign) and isinstance(node.value, (ast.List, ast.Tuple))
    ):
        targets, values = [node.target], [node.value]
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        targets, values = [node.target], [node.iter]
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        context = node.context_expr
        targets = [node.optional_vars]
        values = [context, *(arguments(context) if isinstance(context, ast.Call) else [])]
    elif isinstance(node, ast.Match):
        _note_captures(node, known)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            targets, values = [node.func.value], [*arguments(node)]
        elif isinstance(node.func, ast.Name) and node.func.id in CHANGES_FIRST:
            targets, values = [*node.args[:1]], [*node.args[1:]]
    if targets:
        _note_pair(targets, set().union(*map(held_by, values)), known)


def _note_captures(node: ast.Match, known: dict[str, set[str]]) -> None:
    for part in ast.walk(node):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(part, ast.pattern) and isinstance(name, str):
            known.setdefault(name, set()).update(held_by(node.subject))


def _note_pair(targets: Iterable[ast.AST], held: set[str], known: dict[str, set[str]]) -> None:
    if not held:
        return
    for target in targets:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if isinstance(part, (ast.Tuple, ast.List)):
                _note_pair([part], held, known)
            elif (
                name := named_in_namespace(part) or (base_of(part) if isinstance(part, ast.expr) else None)
            ) is not None:
                known.setdefault(name, set()).update(held - {name})


def arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def closure(names: Iterable[str], steps: dict[str, set[str]]) -> set[str]:
    """The names, and all that can be reached from them."""
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += steps.get(name, ())
    return found


def turned_round(steps: dict[str, set[str]]) -> dict[str, set[str]]:
    back: dict[str, set[str]] = {}
    for name, others in steps.items():
        for other in others:
            back.setdefault(other, set()).add(name)
    return back
