"""What a top-level statement reads, binds and changes of its module's names. Reads the parsed code and runs nothing.

What a call does is known of the file's own functions, classes and methods, and of what changes a value by its name,
such as `append` or `zero_`. Not followed: `exec`, and what a library does with a function or an object given to it.
"""

from __future__ import annotations

import ast
import contextlib
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

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
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
AT_ONCE = {"listcomp", "setcomp", "dictcomp"}  # scopes of what is computed where it stands
LookedUp = dict[ast.AST, tuple[set[str], set[str]]]  # what `_looked_up` says of each function
SET_UP_FOR_LATER = (*FUNCTIONS, ast.Lambda)
PLAIN = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
MAY_CHANGE = (ast.Attribute, ast.Subscript, ast.AugAssign, ast.Call)
MAKERS = {"__init__", "__new__", "__post_init__", "__init_subclass__"}


@dataclass
class Effects:
    """What one statement does to the module's names."""

    binds: set[str] = field(default_factory=set)
    """Names that it may bind or delete."""
    surely: set[str] = field(default_factory=set)
    """Those of them that it binds in any case, so that nothing below it sees an older value."""
    reads: set[str] = field(default_factory=set)
    """Names whose older value it may see while it runs."""
    later: set[str] = field(default_factory=set)
    """Names that its functions look up whenever they are called."""
    changes: set[str] = field(default_factory=set)
    """Names whose values it changes in place."""
    by_another_name: set[str] = field(default_factory=set)
    """Those of them that it may change by the name of something else, which is the same value or holds it."""

    @property
    def uses(self) -> set[str]:
        return self.reads | self.later


@dataclass
class _Function:
    """What a call of one of the file's own functions does."""

    changes: set[str] = field(default_factory=set)  # of the module
    binds: set[str] = field(default_factory=set)  # of the module
    own: bool = False  # whether it changes the object whose method it is
    arguments: bool = False  # whether it changes what it is given
    calls: set[str] = field(default_factory=set)  # names that it mentions, which it may call
    gives: list[ast.Call] = field(default_factory=list)  # calls in it, with arguments of its own


def effects_of(nodes: Sequence[ast.stmt]) -> list[Effects]:
    """For each of a file's statements, what it does to the module's names."""
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for node in nodes
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    looked_up: LookedUp = {}
    parts = [list(_nodes(node, into_functions=False)) for node in nodes]
    found = [_by_itself(node, inside, imported, looked_up) for node, inside in zip(nodes, parts, strict=True)]
    _Calls(nodes, parts, found, imported, looked_up).follow()
    return found


def _by_itself(node: ast.stmt, parts: list[ast.AST], imported: set[str], looked_up: LookedUp) -> Effects:
    effects = Effects()
    try:
        reader = _InOrder(effects)
        reader.visit(node)
        effects.surely = reader.bound & effects.binds
        for part in parts:
            if isinstance(part, (*FUNCTIONS, ast.Lambda, ast.GeneratorExp)):
                looked_up[part] = _looked_up(part)
                effects.later |= looked_up[part][0]
            elif isinstance(part, MAY_CHANGE):
                effects.changes.update(changed_by(part, imported))
    except (RecursionError, MemoryError):
        return Effects()
    if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
        effects.binds, effects.surely = {"*"}, set()
    return effects


def _looked_up(node: ast.AST) -> tuple[set[str], set[str]]:
    """The module's names that a function, lambda or generator looks up, and those that it binds (`global`)."""
    later: set[str] = set()
    bound: set[str] = set()
    try:
        open_tables = [(symtable.symtable(ast.unparse(node), "<statement>", "exec"), False)]
    except (SyntaxError, ValueError):
        return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}, set()
    while open_tables:
        table, within = open_tables.pop()
        within |= table.get_type() == "function" and table.get_name() not in AT_ONCE
        open_tables += [(inner, within) for inner in table.get_children()]
        if within:
            for symbol in table.get_symbols():
                if symbol.is_global():
                    later.add(symbol.get_name())
                    if symbol.is_declared_global() and symbol.is_assigned():
                        bound.add(symbol.get_name())
    return later, bound


class _InOrder(ast.NodeVisitor):
    """Follows a statement in the order in which it runs: what is read before the statement itself has bound it?"""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
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
            self.effects.reads.add(name)

    def _bind(self, name: str) -> None:
        if self.local:
            self.local[-1].add(name)
        else:
            self.effects.binds.add(name)
            self.bound.add(name)

    def _unbind(self, name: str) -> None:
        if self.local:
            self.local[-1].discard(name)
        else:
            self.effects.binds.add(name)
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
            self.effects.binds.add(node.target.id)
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
        self.effects.binds |= declared
        self.effects.reads |= declared
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


class _Calls:
    """Adds what the file's own functions do to the effects of the statements that call them."""

    def __init__(
        self,
        nodes: Sequence[ast.stmt],
        parts: Sequence[list[ast.AST]],
        found: Sequence[Effects],
        imported: set[str],
        looked_up: LookedUp,
    ) -> None:
        self.statements = list(zip(nodes, parts, found, strict=True))
        self.imported, self.looked_up = imported, looked_up
        self.functions: dict[str, _Function] = {}
        self.methods: dict[str, _Function] = {}
        self.classes: set[str] = set()
        self.other_names: dict[str, set[str]] = {}
        """For each name, those whose values, or parts of them, it may have."""

    def follow(self) -> None:
        for node, parts, effects in self.statements:
            with contextlib.suppress(RecursionError):
                self._learn(node, parts, effects)
        self._pass_arguments_on()
        for node, parts, effects in self.statements:
            with contextlib.suppress(RecursionError):
                self._add(node, parts, effects)

    def _learn(self, node: ast.stmt, parts: list[ast.AST], effects: Effects) -> None:
        for part in parts:
            if isinstance(part, FUNCTIONS):
                pass
            elif isinstance(part, ast.ClassDef):
                self._learn_class(part)
            elif isinstance(part, ast.Lambda):
                for name in effects.binds:
                    self._note(self.functions, name, self._function(part))
            else:
                _note_other_names(part, self.other_names)
        for part in _functions_outside_classes(node):
            made = self._function(part)
            made.calls |= effects.reads
            self._note(self.functions, part.name, made)
            for inner in _nodes(part):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    given = held_by(inner.value) & effects.later
                    self.other_names.setdefault(f"{part.name}()", set()).update(given)

    def _learn_class(self, node: ast.ClassDef) -> None:
        self.classes.add(node.name)
        for part in node.body:
            if isinstance(part, FUNCTIONS):
                made = self._function(part, method=True)
                self._note(self.methods, part.name, made)
                if part.name in MAKERS:
                    self._note(self.functions, node.name, made)
        for base in node.bases:
            if isinstance(base, ast.Name):
                self._note(self.functions, node.name, _Function(calls={base.id}))

    @staticmethod
    def _note(known: dict[str, _Function], name: str, made: _Function) -> None:
        one = known.setdefault(name, _Function())
        known[name] = _Function(
            one.changes | made.changes,
            one.binds | made.binds,
            one.own or made.own,
            one.arguments or made.arguments,
            one.calls | made.calls,
            one.gives + made.gives,
        )

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, method: bool = False) -> _Function:
        later, bound = self.looked_up.get(node, (set(), set()))
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        given += [part for part in (node.args.vararg, node.args.kwarg) if part is not None]
        names = [part.arg for part in given]
        other_names: dict[str, set[str]] = {}
        changed: set[str] = set()
        calls = []
        for part in _nodes(node):
            _note_other_names(part, other_names)
            if isinstance(part, MAY_CHANGE):
                changed.update(changed_by(part, self.imported))
            if isinstance(part, ast.Call):
                calls.append(part)
        changed = closure(changed, other_names)
        own = method and bool(names) and names[0] in changed
        passed_on = closure(names, _turned_round(other_names)) | set(names)
        gives = [call for call in calls if any(held_by(value) & passed_on for value in _arguments(call))]
        return _Function(
            changed & later, bound, own, bool(changed & set(names[method:])), later | _attributes(calls), gives
        )

    def _pass_arguments_on(self) -> None:
        """A function changes what it is given, too, if it gives that to a function that does."""
        again = True
        while again:
            again = False
            for one in (*self.functions.values(), *self.methods.values()):
                if not one.arguments and any(
                    other.arguments for call in one.gives if (other := self._called(call)) is not None
                ):
                    one.arguments = again = True

    def _called(self, call: ast.Call) -> _Function | None:
        if isinstance(call.func, ast.Attribute):
            return self.methods.get(call.func.attr)
        return self.functions.get(call.func.id) if isinstance(call.func, ast.Name) else None

    def _add(self, node: ast.stmt, parts: list[ast.AST], effects: Effects) -> None:
        if not (self.functions or self.methods or self.other_names):
            return
        calls = [part for part in parts if isinstance(part, ast.Call)]
        named: set[str] = set()
        for call in calls:
            other = self._called(call)
            if other is not None and other.own and isinstance(call.func, ast.Attribute):
                named |= held_by(call.func.value)
            for one in (other, *(self.functions.get(name) for name in self._stand_for(call.func))):
                if one is not None and one.arguments:
                    named |= set().union(*(held_by(value) for value in _arguments(call)))
        named = {name.removesuffix("()") for name in named}
        effects.changes |= named
        if calls or getattr(node, "decorator_list", []):
            defines = isinstance(node, (*FUNCTIONS, ast.ClassDef))
            looked_at = effects.reads if defines else effects.uses
            constructed = {call.func.id for call in calls if isinstance(call.func, ast.Name)}
            mentioned = {
                name.removesuffix("()") for name in closure(looked_at | effects.binds, self.other_names)
            } & set(self.functions)
            mentioned = {name for name in mentioned if name not in self.classes or name in constructed}
            if defines:
                mentioned -= effects.binds
            changes, binds = self._of_calling(mentioned | _attributes(calls))
            effects.changes |= changes
            effects.binds |= binds
        by_another_name = {name for name in closure(effects.changes, self.other_names) if not name.endswith("()")}
        effects.by_another_name |= by_another_name - effects.changes
        effects.changes |= by_another_name

    def _stand_for(self, func: ast.expr) -> set[str]:
        return closure([func.id], self.other_names) if isinstance(func, ast.Name) else set()

    def _of_calling(self, names: Iterable[str]) -> tuple[set[str], set[str]]:
        """What calls of these functions and methods (".name") change and bind of the module's names."""
        changes: set[str] = set()
        binds: set[str] = set()
        seen: set[str] = set()
        open_names = list(names)
        while open_names:
            name = open_names.pop()
            if name in seen:
                continue
            seen.add(name)
            one = self.methods.get(name[1:]) if name[:1] == "." else self.functions.get(name)
            if one is not None:
                changes |= one.changes
                binds |= one.binds
                open_names += one.calls
            open_names += [other.removesuffix("()") for other in self.other_names.get(name, ())]
        return closure(changes, self.other_names), binds


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


def _turned_round(steps: dict[str, set[str]]) -> dict[str, set[str]]:
    back: dict[str, set[str]] = {}
    for name, others in steps.items():
        for other in others:
            back.setdefault(other, set()).add(name)
    return back


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
            inside = [*_arguments(value), *([func.value] if isinstance(func, ast.Attribute) else [])]
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


def _note_other_names(node: ast.AST, known: dict[str, set[str]]) -> None:
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
        values = [context, *(_arguments(context) if isinstance(context, ast.Call) else [])]
    elif isinstance(node, ast.Match):
        _note_captures(node, known)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            targets, values = [node.func.value], [*_arguments(node)]
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


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _attributes(calls: Iterable[ast.Call]) -> set[str]:
    """The methods that are called, each as ".name"."""
    return {f".{call.func.attr}" for call in calls if isinstance(call.func, ast.Attribute)}


def _nodes(node: ast.AST, into_functions: bool = True) -> Iterator[ast.AST]:
    """The nodes of a statement but names and constants; without `into_functions`, those of what runs when it does."""
    open_nodes = [node]
    while open_nodes:
        part = open_nodes.pop()
        yield part
        if into_functions or not isinstance(part, SET_UP_FOR_LATER):
            inside = [getattr(part, name, None) for name in part._fields]
        else:
            inside = [getattr(part, "decorator_list", None), part.args.defaults, part.args.kw_defaults]
        for value in inside:
            if isinstance(value, list):
                open_nodes += [one for one in value if isinstance(one, ast.AST) and not isinstance(one, PLAIN)]
            elif isinstance(value, ast.AST) and not isinstance(value, PLAIN):
                open_nodes.append(value)


def _functions_outside_classes(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    open_nodes = [node]
    while open_nodes:
        part = open_nodes.pop()
        if isinstance(part, FUNCTIONS):
            yield part
        elif (isinstance(part, ast.stmt) and not isinstance(part, ast.ClassDef)) or isinstance(
            part, (ast.ExceptHandler, ast.match_case)
        ):
            open_nodes += ast.iter_child_nodes(part)
