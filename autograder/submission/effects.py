"""What a top-level statement reads, binds and changes of its module's names. Reads the parsed code and runs nothing.

What a call does is known of the file's own functions, classes and methods, and of what changes a value by its name,
such as `append` or `zero_`. Not followed: `exec`, and what a library does with a function or an object given to it.
"""

from __future__ import annotations

import ast
import contextlib
import symtable
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from autograder.submission.held_values import arguments, changed_by, closure, held_by, note_other_names, turned_round
from autograder.submission.in_order import InOrder

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
AT_ONCE = {"listcomp", "setcomp", "dictcomp"}  # scopes of what is computed where it stands
LookedUp = dict[ast.AST, tuple[set[str], set[str]]]  # what `_looked_up` says of each function
SET_UP_FOR_LATER = (*FUNCTIONS, ast.Lambda)
PLAIN = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
MAY_CHANGE = (ast.Attribute, ast.Subscript, ast.AugAssign, ast.Call)
LIBRARIES = sys.stdlib_module_names | {
    *("torch", "torchvision", "torchbearer", "numpy", "matplotlib", "PIL", "scipy", "sklearn", "skimage", "cv2"),
    *("imageio", "pandas", "seaborn", "tqdm", "IPython", "autograder"),
}
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


def _of_libraries(nodes: Sequence[ast.stmt], found: Sequence[Effects]) -> set[str]:
    """The names that stand for a library or a part of one and for nothing else.

    Only a statement that names one changes it: what else has been computed with it holds no part of it.
    """
    names: set[str] = set()
    others: set[str] = set()
    for node, effects in zip(nodes, found, strict=True):
        modules = {}
        if isinstance(node, ast.Import):
            modules = {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = {alias.asname or alias.name: node.module or "" for alias in node.names}
        ours = {name for name, module in modules.items() if module.partition(".")[0] in LIBRARIES}
        names |= ours
        others |= effects.binds - ours
    return names - others


def _by_itself(node: ast.stmt, parts: list[ast.AST], imported: set[str], looked_up: LookedUp) -> Effects:
    effects = Effects()
    try:
        order = InOrder()
        order.visit(node)
        effects.reads, effects.binds = order.reads, order.binds
        effects.surely = order.bound & effects.binds
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
        self.libraries = _of_libraries(nodes, found)
        self.other_names: dict[str, set[str]] = {}
        """For each name, those whose values, or parts of them, it may have; without libraries."""

    def follow(self) -> None:
        for node, parts, effects in self.statements:
            with contextlib.suppress(RecursionError):
                self._learn(node, parts, effects)
        for held in self.other_names.values():
            held -= self.libraries
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
                note_other_names(part, self.other_names)
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
            note_other_names(part, other_names)
            if isinstance(part, MAY_CHANGE):
                changed.update(changed_by(part, self.imported))
            if isinstance(part, ast.Call):
                calls.append(part)
        changed = changed | (closure(changed, other_names) - self.libraries)
        own = method and bool(names) and names[0] in changed
        passed_on = closure(names, turned_round(other_names)) | set(names)
        gives = [call for call in calls if any(held_by(value) & passed_on for value in arguments(call))]
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
                    named |= set().union(*(held_by(value) for value in arguments(call)))
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
