"""Finds what a submission defines, and runs just as much of it as a definition needs.

How a statement is chosen. A name that a check asks for is a *root*. Every top-level statement that binds a root runs
(class, function, assignment, import), and so, again and again, does what the chosen statements use: of a name that a
statement reads while it runs, the statements above it that may have given the name the value that it has there; of a
name that a function looks up when it is called, all statements that bind it. Statements that change a chosen value run
too: `Net.forward = forward`, `sizes.append(5)`, `sizes[0] = 5`, a loop or the call of a function that does
so (`effects.py`). So do calls that set a library up, such as `torch.serialization.add_safe_globals([…])`: statements
that call an imported module's function on nothing but literals and imported names. What nobody needs stays unrun: the
cell that trains, the plot, the loop that prints. A name that the file does not bind is looked for in the submission's
other files.

The order is the file's own, whatever is asked for first: a statement that runs after one that stands below it sees the
names as they are at its own place, and gives none a value that stands further down. If something below has changed in
place what it reads, the file begins anew.
"""

from __future__ import annotations
import __future__

import ast
import bisect
import builtins
import contextlib
import linecache
import os
import re
import sys
import types
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.submission.effects import Effects, effects_of
from autograder.submission.held_values import base_of
from autograder.submission.jupyter import Shell
from autograder.submission.names import listed
from autograder.submission.source import Aside, CodeFile, Statement, find_code, originals, read_code, texts
from autograder.submission.wanted import VARIABLE, LoadFailed, Missing, likeness, meant, only_raises

ABSENT: Any = object()  # the value of a name that is not bound


@dataclass
class Unit:
    """One notebook or script: its statements, what they bind and use, and the module they run in."""

    file: CodeFile
    effects: list[Effects] = field(default_factory=list)
    sets_up: set[int] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    raised: set[int] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    """Why a name could not be defined."""
    waits: dict[str, str] = field(default_factory=dict)
    """What is missing, for those of the names in `failed` that need another definition."""
    values: dict[str, dict[int, Any]] = field(default_factory=dict)
    """What each name was bound to by each statement that has run."""
    running: bool = False
    surroundings: Surroundings | None = None
    module: types.ModuleType = field(init=False)

    def __post_init__(self) -> None:
        self.begin()
        self.effects = effects_of([statement.node for statement in self.statements])
        self.binders = _indices(effects.binds for effects in self.effects)
        self.changers = _indices(effects.changes for effects in self.effects)
        imports = [isinstance(statement.node, (ast.Import, ast.ImportFrom)) for statement in self.statements]
        imported = set().union(*(one.binds for one, does in zip(self.effects, imports, strict=True) if does))
        for index, statement in enumerate(self.statements):
            called = getattr(getattr(statement.node, "value", None), "func", None)
            plain_call = isinstance(statement.node, ast.Expr) and isinstance(called, ast.Attribute)
            if plain_call and self.effects[index].uses - set(dir(builtins)) <= imported:
                self.sets_up.add(index)

    def begin(self) -> None:
        """Makes an empty module; nothing has run."""
        # Where pickle and dataclasses look a class's module up, they find it by this name.
        self.module = types.ModuleType("submitted_" + re.sub(r"\W", "_", self.name))
        sys.modules[self.module.__name__] = self.module
        for known in (self.done, self.raised, self.failed, self.waits, self.values):
            known.clear()
        self.surroundings = None
        # What Jupyter adds.
        self.module.__dict__["display"] = lambda *values, **options: None
        shell = Shell()
        self.module.__dict__["get_ipython"] = lambda: shell

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def stem(self) -> str:
        return self.file.stem

    @property
    def statements(self) -> list[Statement]:
        return self.file.statements

    @property
    def future_flags(self) -> int:
        """The compiler flags of the file's `from __future__ import …`."""
        flags = 0
        for statement in self.statements:
            if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
                for alias in statement.node.names:
                    flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
        return flags

    def defines(self, name: str) -> bool:
        return name in self.binders

    def needed(self, roots: Iterable[str], without: Collection[str] = ()) -> tuple[list[int], set[str]]:
        """The statements that `roots` need, in the file's order, and the names that this file does not bind.

        What names in `without` need does not count.
        """
        open_names: list[tuple[str, int | None]] = [(name, None) for name in roots]
        seen: set[tuple[str, int | None]] = set()
        chosen: set[int] = set()
        while open_names:
            name, place = open_names.pop()
            if (name, place) in seen or (name, None) in seen or name in without:
                continue
            seen.add((name, place))
            for index in self._values_of(name, place):
                if index not in chosen:
                    chosen.add(index)
                    open_names += [(read, index) for read in sorted(self.effects[index].reads)]
                    open_names += [(used, None) for used in sorted(self.effects[index].later)]
        starred = set(self.binders.get("*", ()))
        if chosen:
            chosen |= starred
            for index in self.sets_up:
                chosen.add(index)
                for name in self.effects[index].uses:  # the imports
                    chosen |= set(self.binders.get(name, ()))
        elsewhere = set() if starred else {name for name, _ in seen if not self.defines(name)}
        return sorted(chosen), {name for name in elsewhere if not hasattr(builtins, name)}

    def _values_of(self, name: str, place: int | None) -> list[int]:
        """The statements that make up the values that a name can have at a place; None is for any place."""
        bound = self._bound_at(name, place)
        changed = [
            index
            for index in self.changers.get(name, ())
            if place is None
            or name in self.effects[index].by_another_name
            or set(bound) & set(above := self._bound_at(name, index))
            or not (bound or above)
        ]
        return bound + changed

    def _bound_at(self, name: str, place: int | None) -> list[int]:
        """The statements that can have bound the value that a name has at a place; those below if none stands above."""
        binders = self.binders.get(name, [])
        if place is None:
            return binders
        found = []
        for index in reversed(binders[: bisect.bisect_left(binders, place)]):
            found.append(index)
            if name in self.effects[index].surely and index not in self.raised:
                break
        return found or binders

    def bound_below(self, name: str, index: int) -> str:
        """Where a name is bound that no statement above binds; empty if one does, or none at all."""
        first = self.binders.get(name, [index])[0]
        return self.statements[first].place if first > index else ""

    def too_late(self, chosen: Iterable[int]) -> bool:
        """Whether one of the statements reads what a statement further down has already changed in place."""
        last = max(self.done, default=-1)
        for index in chosen:
            if index > last or index in self.done:
                continue
            below = [self.effects[other].changes for other in self.done if other > index]
            if below and self._seen_by(index) & set().union(*below):
                return True
        return False

    def _seen_by(self, index: int) -> set[str]:
        """The names whose values a statement can look at, be it by the functions that it calls."""
        node = self.statements[index].node
        seen: set[str] = set()
        calls = any(isinstance(part, ast.Call) for part in ast.walk(node)) or getattr(node, "decorator_list", [])
        open_names = list(self.effects[index].reads)
        while open_names:
            name = open_names.pop()
            if name not in seen:
                seen.add(name)
                if calls:
                    open_names += [used for other in self.binders.get(name, ()) for used in self.effects[other].uses]
        return seen

    @contextlib.contextmanager
    def at_its_place(self, index: int) -> Iterator[None]:
        """Lets a statement see the names as they are where it stands, and keeps what stands further down."""
        names = self.module.__dict__
        below = [name for name, values in self.values.items() if max(values) > index]
        kept = {name: names.get(name, ABSENT) for name in below}
        for name in below:
            above = [other for other in self.values[name] if other < index]
            _set(names, name, self.values[name][max(above)] if above else ABSENT)
        before = dict(names)
        try:
            yield
        finally:
            touched = {
                name for name in before.keys() | names.keys() if before.get(name, self) is not names.get(name, self)
            }
            for name in touched | (self.effects[index].binds & (before.keys() | names.keys())):
                values = self.values.setdefault(name, {-1: before.get(name, ABSENT)})
                values[index] = names.get(name, ABSENT)
            for name, value in kept.items():
                _set(names, name, value)


def _indices(found: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """For each name, the statements that have it."""
    indices: dict[str, list[int]] = {}
    for index, names in enumerate(found):
        for name in names:
            indices.setdefault(name, []).append(index)
    return indices


def _set(names: dict[str, Any], name: str, value: Any) -> None:
    if value is ABSENT:
        names.pop(name, None)
    else:
        names[name] = value


@dataclass
class Surroundings:
    """What of a process a notebook can change for all its cells: each file has its own, as in a kernel of its own."""

    folder: str
    gradients: bool = True
    dtype: Any = None

    @classmethod
    def now(cls) -> Surroundings:
        torch = sys.modules.get("torch")
        folder = os.getcwd()
        return cls(folder, torch.is_grad_enabled(), torch.get_default_dtype()) if torch else cls(folder)

    def restore(self) -> None:
        with contextlib.suppress(OSError):
            os.chdir(self.folder)
        torch = sys.modules.get("torch")
        if torch is not None and self.dtype is not None:
            torch.set_grad_enabled(self.gradients)
            torch.set_default_dtype(self.dtype)


lender: Definitions | None = None  # whose `borrow` lends: the definitions that this process has loaded from last


class Definitions:
    """The definitions of one submission, found by name and run on demand.

    Runs student code in this process: to be used in a student process, or on the student's own machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._outside = Surroundings.now()
        read = [read_code(*found) for found in find_code(self.folder)]
        handed_in = [source for source, *_ in read]
        there = {source.name for source in handed_in}
        written = [source for _, *scripts in read for source in scripts if source.name not in there]
        self.units = [Unit(source) for source in (*handed_in, *written)]

    @cached_property
    def _texts(self) -> list[Aside]:
        return texts(self.folder)

    @property
    def problems(self) -> list[str]:
        """A sentence for each cell or file that could not be read, or that is not as it should be."""
        return [words for unit in self.units for words in (*unit.file.problems, *unit.file.remarks)]

    @property
    def lost(self) -> list[str]:
        """A sentence for each file of which nothing could be read."""
        return [unit.file.lost for unit in self.units if unit.file.lost]

    def where(self, name: str, notebook: str = "") -> list[Unit]:
        """The files that define `name`, the one that counts first: the task's own notebook, notebooks, scripts."""
        found = [unit for unit in self.units if unit.defines(name) and not self._only_borrowed(unit, name)]
        # A definition that somebody wrote counts before a stub that nobody touched.
        return sorted(found, key=lambda unit: (_is_stub(unit, name), not _is_named(unit.stem, notebook)))

    def _only_borrowed(self, unit: Unit, name: str) -> bool:
        """Whether the file binds `name` just by importing it or by `name = borrow("name")`.

        `from net import Net as name` is a definition where `net.py` was handed in.
        """
        for index in unit.binders.get(name, ()):
            node = unit.statements[index].node
            value = getattr(node, "value", None)
            borrowed = (
                any(isinstance(part, ast.Call) and base_of(part.func) == "borrow" for part in ast.walk(value))
                if isinstance(value, ast.expr)
                else False
            )
            renamed = any(alias.asname == name != alias.name for _, alias in self.handed_in(node))
            if renamed or not (borrowed or isinstance(node, (ast.Import, ast.ImportFrom))):
                return False
        return True

    def handed_in(self, node: ast.stmt) -> list[tuple[Unit, ast.alias]]:
        """What a statement imports from scripts of the submission, each with its script."""
        if isinstance(node, ast.Import):
            return [(unit, alias) for alias in node.names for unit in self._scripts(alias.name)]
        if not isinstance(node, ast.ImportFrom):
            return []
        scripts = self._scripts(node.module or "")
        return [
            (unit, alias) for unit in scripts for alias in node.names if alias.name == "*" or unit.defines(alias.name)
        ]

    def _scripts(self, module: str) -> list[Unit]:
        stem = module.rpartition(".")[2].casefold()
        return [unit for unit in self.units if unit.file.is_script and unit.stem.casefold() == stem]

    def elsewhere(self, name: str, misplaced: bool = False) -> str:
        """Sentences that point at what defines `name` but does not run, such as a Markdown cell; empty for none.

        With `misplaced`, only at what would run if it stood elsewhere.
        """
        asides = [aside for unit in self.units for aside in unit.file.asides]
        found = [words for aside in asides if aside.misplaced >= misplaced and (words := aside.holding(name))]
        found = found or [words for aside in self._texts if (words := aside.holding(name))]
        return "\n".join(found[:2])

    def notes(self, name: str, notebook: str = "") -> list[str]:
        """What a student should know of where `name` was found."""
        found = self.where(name, notebook)
        if not found:
            return []
        notes = []
        first = found[0]
        twice = [
            first.statements[i]
            for i in first.binders[name]
            if isinstance(first.statements[i].node, (ast.FunctionDef, ast.ClassDef))
        ]
        if len(twice) > 1:
            notes.append(
                f"`{name}` is defined {len(twice)} times in {first.name}; the last one counts ({twice[-1].place})."
            )
        others = [unit.name for unit in found[1:] if not _is_stub(unit, name)]
        if others:
            notes.append(f"`{name}` is also defined in {listed(others, 2)}; the one in {first.name} counts.")
        return notes

    def rivals(self, name: str, notebook: str) -> list[tuple[str, str]]:
        """Files that may be other versions of the task's notebook, by their names, and define `name` otherwise.

        Each comes with the file whose definition counts: `4_6_branches_v2.ipynb`, `4_6_branches.ipynb`. The notebook
        itself is one of them where it has the untouched stub and another version counts.
        """
        found = self.where(name, notebook)
        versions = [unit for unit in found if notebook.casefold() in unit.stem.casefold()]
        instead = found[:1] == versions[:1] and not any(_is_named(unit.stem, notebook) for unit in found[:1])
        return [
            (unit.name, found[0].name)
            for unit in versions
            if _written(unit, name) != _written(found[0], name)
            and (not _is_stub(unit, name) or (instead and _is_named(unit.stem, notebook)))
        ]

    def untouched(self, name: str, notebook: str = "") -> bool:
        """Whether nobody has written anything for `name`: all that defines it is the stub."""
        found = self.where(name, notebook)
        return bool(found) and _is_stub(found[0], name)

    def overwritten(self, name: str, notebook: str = "") -> str:
        """Where an untouched stub stands below what somebody has written, as a sentence; else empty."""
        for unit in self.where(name, notebook)[:1]:
            found = unit.binders[name]
            if any(not _is_stub(unit, name, upto=index) for index in found[:-1]):
                place = unit.statements[found[-1]].place
                return (
                    f"`{name}` is defined {len(found)} times in {unit.name}; the last one counts, and that is the"
                    f" untouched stub ({place})."
                )
        return ""

    def near(self, name: str, without: Collection[str] = ()) -> str:
        """A question about a definition whose name is like `name`, where there is one; those in `without` are others'.

        Names are alike where the same letters stand in the same order; variables need to be more so.
        """
        places: dict[str, str] = {}
        for unit in self.units:
            for statement, effects in zip(unit.statements, unit.effects, strict=True):
                node, bound = statement.node, effects.binds
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) or (
                    isinstance(node, (ast.Assign, ast.AnnAssign))
                    and any(likeness(name, one) > VARIABLE for one in bound)
                ):
                    places |= {one: statement.cell.place for one in bound if one not in without}
        return meant(name, places)

    def load(self, name: str, notebook: str = "") -> Any:
        """The object that the submission calls `name`; raises `Missing`, `LoadFailed`, or what its stub raises."""
        global lender
        lender = self
        found = self.where(name, notebook)
        if not found:
            perhaps = self.elsewhere(name)
            if not perhaps and (unread := self.lost or [p for unit in self.units for p in unit.file.problems]):
                perhaps = f"It may be in a part that could not be read: {unread[0]}"
            raise Missing(f"`{name}` is not defined in any notebook or script.\n{perhaps}".rstrip())
        unit = found[0]
        self._run(unit, [name], set())
        if not hasattr(unit.module, name):
            if name in unit.waits:
                raise Missing(unit.waits[name])
            if name in unit.failed:
                raise LoadFailed(unit.failed[name])
            raise NotImplementedError(f"`{name}` is not filled in yet.")
        if unit.surroundings is not None:  # what this file has set up holds while its definition is used
            unit.surroundings.restore()
        return getattr(unit.module, name)

    def leave(self) -> None:
        """Undoes what the submission's files have set up for themselves."""
        self._outside.restore()

    def failure(self, name: str) -> str:
        """Why `name` could not be defined, from whichever file was to define it; empty if nothing is known."""
        return _first([unit.failed for unit in self.units], name)

    def _run(self, unit: Unit, roots: Iterable[str], under_way: set[tuple[str, str]]) -> None:
        unit.roots.update(roots)
        if not unit.running and unit.too_late(unit.needed(roots)[0]):
            for other in self.units:  # what has been borrowed from this file, too
                if not other.running:
                    other.begin()
            roots = unit.roots
        was_running, unit.running = unit.running, True
        try:
            while self._run_on(unit, roots, under_way):
                pass
        finally:
            unit.running = was_running

    def _run_on(self, unit: Unit, roots: Iterable[str], under_way: set[tuple[str, str]]) -> bool:
        """Runs what `roots` need up to the first statement that raises, which binds nothing; is there one?"""
        chosen, elsewhere = unit.needed(roots)
        for name in sorted(elsewhere):
            self._fetch(unit, name, under_way)
        unit.module.__dict__["__file__"] = str(self.folder / unit.name)
        for index in chosen:
            if index in unit.done:
                continue
            unit.done.add(index)
            with unit.at_its_place(index):
                self._execute(unit, index)
                self._import_handed_in(unit, index, under_way)
            if index in unit.raised:
                return True
        return False

    def _fetch(self, unit: Unit, name: str, under_way: set[tuple[str, str]]) -> None:
        """Gets a name that a file does not bind from another one."""
        if (unit.name, name) in under_way or hasattr(unit.module, name):
            return
        under_way.add((unit.name, name))
        for other in self.where(name):
            if other is not unit:
                self._run(other, [name], under_way)
                if hasattr(other.module, name):
                    setattr(unit.module, name, getattr(other.module, name))
                    break

    def _import_handed_in(self, unit: Unit, index: int, under_way: set[tuple[str, str]]) -> None:
        """Takes what an import could not find from a script of the submission."""
        for other, alias in self.handed_in(unit.statements[index].node):
            bound = alias.asname or alias.name
            if bound in unit.failed and other is not unit:  # a script in another folder, say
                whole = bound == "*" or isinstance(unit.statements[index].node, ast.Import)
                names = sorted(other.binders) if whole else [alias.name]
                self._run(other, names, under_way)
                if bound == "*":
                    public = [name for name in names if name[:1] != "_" and hasattr(other.module, name)]
                    vars(unit.module).update({name: getattr(other.module, name) for name in public})
                elif whole:
                    setattr(unit.module, bound, other.module)
                elif hasattr(other.module, alias.name):
                    setattr(unit.module, bound, getattr(other.module, alias.name))
                else:
                    continue
                del unit.failed[bound]
                unit.waits.pop(bound, None)

    def _execute(self, unit: Unit, index: int) -> None:
        statement = unit.statements[index]
        cell = statement.cell
        linecache.cache[cell.place] = (len(cell.python), None, cell.python.splitlines(keepends=True), cell.place)
        before = Surroundings.now()
        (unit.surroundings or self._outside).restore()
        try:
            module = ast.Module([statement.node], [])
            flags = unit.future_flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # as in a notebook
            code = compile(module, cell.place, "exec", flags=flags, dont_inherit=True)
            awaited = eval(code, unit.module.__dict__)
            if awaited is not None:
                import asyncio

                asyncio.run(awaited)
        except NotImplementedError:
            unit.raised.add(index)  # a stub that nobody touched: the name stays unbound
        except BaseException as error:  # sys.exit() in a cell ends the cell, not the submission
            detail, waits = f"{type(error).__name__}: {_text(error)}", ""
            if isinstance(error, Missing):
                waits = _text(error)
            elif isinstance(error, NameError) and error.name:
                if reason := self.failure(error.name):  # it is a name that could not be defined itself
                    detail, waits = reason, _first([unit.waits for unit in self.units], error.name)
                elif place := unit.bound_below(error.name, index):
                    detail += f". `{error.name}` is defined further down ({place}); cells run from top to bottom"
            unit.raised.add(index)
            for name in unit.effects[index].binds or unit.effects[index].changes:
                unit.failed[name] = f"`{name}` could not be defined: {statement.place} raised {detail}"
                if waits:
                    unit.waits[name] = waits
        finally:
            unit.surroundings = Surroundings.now()
            before.restore()


def _is_named(stem: str, notebook: str) -> bool:
    """Whether a file is called like a notebook, or like a copy of it."""
    return notebook.casefold() in {name.casefold() for name in originals(stem)}


def _written(unit: Unit, name: str) -> list[str]:
    """The statements of a file that bind `name`, without comments and the like."""
    return [ast.dump(unit.statements[index].node) for index in unit.binders.get(name, ())]


def _first(reasons: list[dict[str, str]], name: str) -> str:
    return next((each[name] for each in reasons if name in each), "")


def _text(error: BaseException, limit: int = 500) -> str:
    try:
        return str(error)[:limit]
    except Exception:
        return "(its message cannot be shown)"


def _is_stub(unit: Unit, name: str, upto: int | None = None) -> bool:
    """Whether the last definition of `name` in the file, up to the statement `upto`, is the released stub."""
    for index in reversed(range(len(unit.statements) if upto is None else upto + 1)):
        if name in unit.effects[index].changes and isinstance(unit.statements[index].node, ast.Assign):
            return False  # something is put into it later: somebody has written that
        if name in unit.effects[index].binds:
            node = unit.statements[index].node
            if isinstance(node, ast.ClassDef):
                methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
                return any(only_raises(part) for part in methods if part.name in ("__init__", "forward"))
            if isinstance(node, ast.FunctionDef):
                return only_raises(node)
            value = getattr(node, "value", None)
            return isinstance(value, ast.Constant) and value.value in (None, Ellipsis)
    return False
