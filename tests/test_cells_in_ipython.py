"""Does a cell define for us what it defines in IPython? Generated cells are run there, and read here.

The cells are made of every construct of IPython's `inputtransformer2`, nested and combined. No shell command runs, and
line magics do nothing, apart from those that run Python.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from IPython import version_info
from IPython.core.alias import Alias
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograder.submission.definitions import Definitions
from autograder.submission.wanted import LoadFailed, Missing

REGISTERED = """
from IPython.core.magic import register_cell_magic
@register_cell_magic
def own(line, cell):
    get_ipython().run_cell(cell)
@register_cell_magic
def skip(line, cell):
    return None
"""
RUN_PYTHON = {"time", "prun", "capture", "sx", "system", "!"}  # magics that are left as they are


class Cell(NamedTuple):
    """The text of a cell, and the names of the constructs in it."""

    text: str
    constructs: set[str]


# --- what cells are made of -------------------------------------------------------------------------------------------

SHELL = (
    *("ls", "echo 'one", 'echo "one', "echo :(", "echo a#b", "echo '' '", 'echo """', "echo $HOME {x0}", "ls | grep x"),
    *("echo {a", "pip install a==1", "echo ]", "cat <<< 'x'", "ls %s", "echo ?", "echo a?", "cd ..; ls", "echo \\\\ "),
    *("python -c 'x = !1'", "echo ü…", "echo %time", ">>> x", "ls  # list", "echo 'a' \"b\" `c`", "a && b || c &"),
    *("echo \\", "f() { x; }", "echo =", "cat > x.txt", "echo \f a", "echo TRIPLE", "echo 'TRIPLE'"),
)
CONTINUED = ("echo a \\\n    b", "a \\\n b \\\n c", "echo 'x \\\n y'", "echo '\\\n'", "a#b \\\n c", "a \\\n\\\n b")
MAGICS = (
    *("pwd", "who", "precision 3", "matplotlib inline", "load_ext autoreload", "timeit -n1 -r1 pass", "env A=1"),
    *("config InlineBackend.figure_format = 'retina'", "pip install x", "cd ..", "time", "time 1 + 1", "sx ls", "pwd?"),
    *("run x.py", "autoreload 2", "lsmagic", "nobody knows", "time pass", "prun -q pass", "reset_selective -f zz"),
    *("system ls", "timeit x = (", "debug 1", "macro a 1-2", "who a \\\n b", "load x.py", "time  1"),
)
HELP = (
    *("len?", "len??", "?len", "??len", "?", "??", "str.join?", "*int*?", "str.*?", "%time?", "%%time?", "%%time??"),
    *("x[0]?", "x[-1].y?", "len  ?", "??str.join", "? len", "?%time", "len?  # why", "print(len)?", "a.b.c??", "?str"),
    *("(len)?", "x = len?", "len?;", "?len # ?"),
)
CALLS = (
    *(
        "/print 1",
        ",print a b",
        ";print a b",
        "/print 1 2",
        ",print",
        "; print a",
        "/len [1]",
        "/ print 1",
        ",print 'a'",
    ),
    *("/print 1 \\\n  2", ";print a \\\n b", ",str.join a b"),
)
COMMENTS = (
    *("# why?", "#!ls", "# %%time", "# x \\", "   # >>> x", "", "  ", "\f", "# In [1]: x", "'a?'", "'!ls'", "..."),
    *("# ?\n", "# >>> !ls", "#", "''", '"""x?"""', "TRIPLE!ls TRIPLE"),
)
STRINGS = (
    *(
        "'a?b'",
        '"%time"',
        "'!ls'",
        "TRIPLE\n%time\n!ls\nx?\nTRIPLE",
        "TRIPLE\n>>> x = 1\n... y\nTRIPLE",
        "TRIPLE\n   \nTRIPLE",
    ),
    *("f'{1!r} {2 % 2}'", "r'\\'", "b'!'", "fTRIPLE\n!{1}\nTRIPLE", "'/print'", "('a'\n '?')", '"""\n%%time\n"""'),
    *(
        "TRIPLEIn [1]: x\n   ...: yTRIPLE",
        "'%d' % 3",
        "'a' if 1 else '?'",
        "'# ?'",
        "'\\\\'",
        "'a\u2028b'",
        "f'{1:>3}?'",
    ),
    *(
        "TRIPLE\n  In [2]: x\nTRIPLE",
        "'\\\n%time'",
        "'a' \\\n  '?'",
        "u'%'",
        "TRIPLE\\\n!ls\\\nTRIPLE",
        "TRIPLE\n?\n\nTRIPLE",
    ),
)
NUMBERS = (
    *(
        "3",
        "5 \\\n  % 3",
        "(1 +\n  2)",
        "[\n  5\n  % 3,\n]",
        "3 %2",
        "(\n# ?\n1)",
        "{\n'a': 1\n}",
        "7;",
        "1 != 2",
        "[1][0]",
    ),
    *("not 1", "-1", "(lambda x=1: x)()", "[i for i in (1, 2)]", "1 if True else 2  # a?", "4 / 2", "4 // 2", "1,"),
    *("await __import__('asyncio').sleep(0, 1)", "(\n\n1\n)", "[j async for j in __anext()]", "1 # \\", "...", "None"),
    *("1, 2", "0x1F", "1_0", "(\n1,\n2\n)", "[1, 2][\n0]", "dict(a=1)", "2 ** 3", "{**{}}", "(1\n% 2)", "(\n1 / 2\n)"),
)
STRINGS, SHELL, COMMENTS = (
    tuple(one.replace("TRIPLE", "'''") for one in texts) for texts in (STRINGS, SHELL, COMMENTS)
)
LINES = {"magic": [f"%{one}" for one in MAGICS], "help": HELP, "call": CALLS, "comment": COMMENTS}


class Maker:
    """Draws a cell; each name that it binds is bound once."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self.draw = draw
        self.constructs: set[str] = set()
        self.names = 0

    def pick(self, options: Any) -> Any:
        return self.draw(st.sampled_from(tuple(options)))

    def used(self, construct: str) -> None:
        self.constructs.add(construct)

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def command(self) -> str:
        continued = self.draw(st.integers(0, 3)) == 0
        if continued:
            self.used("continued by a backslash")
        return self.pick(CONTINUED if continued else SHELL)

    def value(self) -> str:
        kind = self.pick(("string", "number", "shell", "magic", "shell", "magic", "number"))
        if kind == "string":
            self.used("special text in a string")
            return self.pick(STRINGS)
        if kind == "number":
            return self.pick(NUMBERS)
        self.used(f"{kind} assigned")
        gap = self.pick(("", "", "", " ", "\\\n  "))
        if kind == "shell":
            return f"{gap}!{self.command()}"
        inner = self.pick(("1 + 1", f"{self.name()} = 1", "'a  b'", "!ls", "len('?')", "(1 + \\\n   2)"))
        return gap + self.pick((f"%time {inner}", f"%{self.pick(MAGICS)}", f"%sx {self.command()}", "%who \\\n  a"))

    def statement(self, depth: int, function: bool = False) -> str:
        """A statement with its lines, indented by nothing."""
        kind = self.pick(("assign", "assign", "assign", "line", "shell", "runs", "plain", "block", "define", "define"))
        if kind in ("block", "define") and depth > 2:
            kind = "assign"
        if kind == "runs" and (depth or function):
            kind = "line"  # within a function or a class, what `%time` binds depends on the version of Python
        return str(getattr(self, f"_{kind}")(depth, function))

    def _assign(self, depth: int, function: bool) -> str:
        name = self.name()
        target = self.pick(("{}", "{}", "{}", "{}: object", "{}['k']", "{}.a", "{}[0]", "{}, *_", "({})", "{}['=']"))
        if target != "{}":
            self.used(f"assigned to {target.format('x')}")
        before = ""
        if "[" in target:
            before = f"{name} = {{}}\n"
        elif "." in target:
            before = f"{name} = __import__('types').SimpleNamespace()\n"
        equals = self.pick((" = ", " = ", "=", " =", " = ", "= "))
        return f"{before}{target.format(name)}{equals}{self.value()}"

    def _line(self, depth: int, function: bool) -> str:
        kind = self.pick(LINES)
        self.used(kind)
        return self.pick(LINES[kind])

    def _shell(self, depth: int, function: bool) -> str:
        escape = self.pick(("!", "!", "!!", "! ", "!!  "))
        self.used(f"line of {escape.strip()}")
        return escape + self.command()

    def _runs(self, depth: int, function: bool) -> str:
        self.used("a line magic that runs Python")
        return self._named(
            *("%time {} = 3", "%time {} = (1 + \\\n   2)", "%prun -q {} = 1", "%time {} = !ls", "%time {} = %time 1"),
            *("get_ipython().run_line_magic('time', '{} = 1')", "%time import math as {}", "%prun -q -l 5 {} = 2"),
            *("{} = get_ipython().getoutput('ls')", "%time {} = 1; {} = 2", "%time {} = 'a  b'", "%time  {}: int = 3"),
        )

    def _plain(self, depth: int, function: bool) -> str:
        return self._named(
            *("import math as {}", "from math import pi as {}", "for {} in [1]: pass", "print({} := 1)", "pass", "len"),
            *("{} = 1; {} = 2", "with open('/dev/null') as {}: {} = 1", "{} = [\n1,\n# !\n2]", "if True: {} = 1"),
            *(
                "{} = 1 ; pass",
                "async def {}(): return 1",
                "{}: int = 4",
                "{} = {} = 1",
                "{} = 6\n/print 6",
                "{} = 1; ",
            ),
            *("lambda: 1", "{} = lambda: 1", "class {}: a = 1", "def {}(x='?'): return x", "del [{} := 1][0]"),
        )

    def _named(self, *patterns: str) -> str:
        """One of the patterns, with a name of its own wherever it binds one."""
        return re.sub(r"\{\}", lambda _: self.name(), self.pick(patterns))

    def _block(self, depth: int, function: bool) -> str:
        opening, closing = self.pick(
            (
                *(("if True:", ""), ("for _i in [1]:", ""), ("while True:", "    break\n"), ("for _ in 'a':", "")),
                *(("with __import__('contextlib').nullcontext():", ""), ("if False:\n    pass\nelse:  # ?", "")),
                *(("try:", "except ValueError:\n    !ls\n"), ("if True:  # !", "else:\n    len?\n")),
                *(("match 1:\n    case 1 if (  # %\n        True):", ""), ("try:", "finally:\n    pass\n")),
            )
        )
        self.used("in a block")
        body = self._indented(depth, function, "        " if "match" in opening else "")
        return f"{opening}\n{body}{closing}".rstrip("\n")

    def _define(self, depth: int, function: bool) -> str:
        name = self.name()
        inner = self.pick(("def", "class"))
        self.used(f"in a {'function' if inner == 'def' else 'class'}")
        above = self.pick(("", "", "@(lambda f: f)\n", "@staticmethod\n" if inner == "def" else ""))
        doc = self.pick(("", "", "    TRIPLEx?\n    >>> !ls\n    %time\n    TRIPLE\n")).replace("TRIPLE", '"""')
        body = self._indented(depth, inner == "def" or function)
        end = "    return 1\n" if inner == "def" and self.draw(st.booleans()) else ""
        return f"{above}{inner} {name}{'()' if inner == 'def' else ''}:\n{doc}{body}{end}".rstrip("\n")

    def _indented(self, depth: int, function: bool, indent: str = "") -> str:
        indent = indent or self.pick(("    ", "    ", "  ", "\t"))
        if indent.strip(" "):
            self.used("tabs")
        lines = [self.statement(depth + 1, function) for _ in range(self.draw(st.integers(1, 3)))]
        lines.append("pass")
        return "".join(f"{_inside(line, indent)}\n" for line in lines)

    def body(self) -> str:
        return "\n".join(self.statement(0) for _ in range(self.draw(st.integers(1, 4))))

    def single(self) -> str:
        """A cell of one line, in which magics need no `%`."""
        self.used("automagic")
        return self._named(
            *("pwd", "ls -l", "cat x", "cd .", "pip install -q x", "who", "precision 3", "mkdir x", "print 1", "cd"),
            *("time {} = 3", "sx ls", "pip = 3", "ls", "{} = 1  # pwd", "pip, x = 1, 2", "time?", "time pass"),
            *("matplotlib inline", "load_ext x", "conda install x=1", "prun -q pass", "time {} = !ls", "run x.py"),
        )

    def cell(self) -> str:
        text = self.single() if self.draw(st.integers(0, 9)) == 0 else self.body()
        for _ in range(self.draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
            text = self._under_a_magic(text)
        return self._laid_out(text)

    def _under_a_magic(self, text: str) -> str:
        waits = "await" in text or "async" in text  # which `%%time` and `%%prun` do not
        magic = self.pick(
            (
                *("%%capture", "%%capture w", "%%capture --no-stderr w", "%%own", "%%own x", "%%skip", "%%html"),
                *("%%timeit -n1 -r1", "%%bash", "%%latex", "%%javascript", "%%script false", "%%writefile x.md", "%%!"),
                *(() if waits else ("%%time", "%%time ", "%%prun -q", "%%time x = 1", "%%time\n", "%%prun -q -l 3")),
                *(() if waits else ("%%time --no-raise-error", "%%time", "%%prun -q")),
                *("%%time?\n", "%%", "%%python"),
            )
        )
        self.used(f"under {magic.split()[0]}")
        return f"{magic}\n{text}"

    def _laid_out(self, text: str) -> str:
        layout = self.pick(LAYOUTS)
        if layout not in ("as it is", "with a newline"):
            self.used(layout)
        return LAYOUTS[layout](text)


def _inside(lines: str, indent: str) -> str:
    """Lines within a block; what a string or a bracket holds may stay at the left."""
    return re.sub(r"^(?=.)", lambda _: indent, lines, flags=re.MULTILINE)


def _typed(cell: str, first: str, more: str) -> str:
    """A cell as it is copied from a session, with its prompts."""
    lines = cell.split("\n")
    return "\n".join([first + lines[0], *(f"{more}{line}" for line in lines[1:])])


def _doctest(cell: str) -> str:
    """The same from Python's own shell, which prompts for more only within a statement."""
    return re.sub(r"^(?=.)", lambda at: "... " if cell[at.start()] in " )]}'\t" else ">>> ", cell, flags=re.MULTILINE)


LAYOUTS: dict[str, Callable[[str], str]] = {
    "as it is": lambda cell: cell,
    "with a newline": lambda cell: cell + "\n",
    "CRLF": lambda cell: cell.replace("\n", "\r\n"),
    "indented": lambda cell: _inside(cell, "    "),
    "indented by a tab": lambda cell: _inside(cell, "\t"),
    "first line indented": lambda cell: f"  {cell}",
    "empty lines above": lambda cell: f"\n \n\t\n{cell}\n\n",
    "form feeds": lambda cell: "\f" + cell.replace("\n", "\n\f\n", 1),
    "IPython's prompts": lambda cell: _typed(cell, "In [3]: ", "   ...: "),
    "IPython's vi prompts": lambda cell: _typed(cell, "[ins] In [3]: ", "        ...: "),
    "prompts from the second line on": lambda cell: _typed(cell, "", "   ...: "),
    "Python's prompts": _doctest,
    "Python's prompts, indented": lambda cell: _inside(_doctest(cell), "  "),
    "spaces at the ends": lambda cell: re.sub(r"(?<!\\)$", "  ", cell, flags=re.MULTILINE),
}
CONSTRUCTS = {
    *LINES,
    *set(LAYOUTS) - {"as it is", "with a newline"},
    *("line of !", "line of !!", "shell assigned", "magic assigned", "special text in a string", "automagic"),
    *("continued by a backslash", "a line magic that runs Python", "in a block", "in a function", "in a class", "tabs"),
    *(f"assigned to {target}" for target in ("x: object", "x['k']", "x.a", "x[0]", "x, *_", "(x)", "x['=']")),
    *(
        f"under %%{magic}"
        for magic in ("time", "capture", "prun", "own", "skip", "html", "timeit", "bash", "writefile", "!")
    ),
}


@st.composite
def cells(draw: Any) -> Cell:
    maker = Maker(draw)
    text = maker.cell()
    assume(text.strip())  # a notebook without a cell is told in words of its own
    # IPython 9 refuses a second `%%time` below the first, as we do; IPython 8 runs it.
    assume(text.count("%%time") < 2 or version_info[0] > 8)
    return Cell(text, maker.constructs)


# --- running them, and reading them -----------------------------------------------------------------------------------


async def _two() -> Any:
    for number in (1, 2):
        yield number


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> InteractiveShell:
    """IPython's shell, in which no command runs and line magics do nothing."""
    config = Config()
    config.HistoryManager.enabled = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        made = InteractiveShell(config=config, user_module=types.ModuleType("notebook"))
    made.system = lambda *arguments, **options: None
    made.getoutput = lambda *arguments, **options: []
    made.show_usage = lambda: None
    run_line_magic = made.run_line_magic

    def lenient(name: str, *arguments: Any, **_: Any) -> Any:
        """Magics that nobody knows, for which IPython raises, do nothing, as if an extension had brought them."""
        return run_line_magic(name, *arguments, _stack_depth=2) if made.find_line_magic(name) else None

    made.run_line_magic = lenient
    for known in made.magics_manager.magics.values():
        for name in set(known) - RUN_PYTHON:
            if not isinstance(known[name], Alias):
                known[name] = lambda *arguments: None
    made.magics_manager.magics["cell"]["own"] = lambda line, cell: made.run_cell(cell)
    made.magics_manager.magics["cell"]["skip"] = lambda line, cell: None
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("submission")


class InIPython(NamedTuple):
    """What became of a cell in IPython."""

    values: dict[str, Any]
    parsed: bool  # all of it was Python
    finished: bool  # and ran to its end


def in_ipython(shell: InteractiveShell, text: str) -> InIPython:
    shell.user_ns["__anext"] = _two
    before = dict(shell.user_ns)
    outcomes: list[Any] = []  # of a cell within a cell, under `%%capture`, too
    run_cell = InteractiveShell.run_cell

    def noted(*arguments: Any, **options: Any) -> Any:
        outcomes.append(run_cell(shell, *arguments, **{**options, "store_history": False, "silent": True}))
        return outcomes[-1]

    shell.run_cell = noted
    shell.showsyntaxerror = shell.showtraceback = lambda *arguments, **options: None
    shell.ast_node_interactivity = "none"
    shell.run_cell(text.replace("\r\n", "\n"))
    values = {name: shape(value) for name, value in shell.user_ns.items() if name not in before and name[0] != "_"}
    shell.user_ns.clear()
    shell.user_ns.update(before)
    parsed = not any(
        one.error_before_exec is not None or isinstance(one.error_in_exec, SyntaxError) for one in outcomes
    )
    finished = all(one.success for one in outcomes) and "--no-raise-error" not in text  # which hides what failed
    return InIPython(values, parsed, finished)


def as_read(folder: Path, text: str) -> tuple[Definitions, dict[str, Any]]:
    cells = [REGISTERED, text] if "%%own" in text or "%%skip" in text else [text]
    made = [{"cell_type": "code", "metadata": {}, "source": source} for source in cells]
    notebook = {"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    (folder / "work.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    definitions = Definitions(folder)
    (unit,) = definitions.units
    unit.module.__dict__["__anext"] = _two
    names = {name for name in unit.binders if name[0] != "_"}
    if len(cells) > 1:
        names -= {"register_cell_magic", "own", "skip"}
    found = {}
    for name in sorted(names):
        with contextlib.suppress(LoadFailed, NotImplementedError, Missing):
            definitions._run(unit, [name], set())  # imports, too, which no task asks for
            if hasattr(unit.module, name):
                found[name] = shape(getattr(unit.module, name))
    return definitions, found


def shape(value: Any) -> Any:
    """What of a value can be compared between two runs: functions are called, classes are looked into."""
    if isinstance(value, types.FunctionType):
        if "function" in (value.__code__.co_name, ""):
            return "function"
        try:
            return "function", shape(value())
        except Exception as error:
            return "function", type(error).__name__
    if isinstance(value, type):
        return "class", {name: shape(part) for name, part in vars(value).items() if name[:1] == "v"}, value.__doc__
    if isinstance(value, types.SimpleNamespace):
        return {name: shape(part) for name, part in vars(value).items()}
    if isinstance(value, (dict, list, tuple, int, float, str, bytes, type(None), type(...))):
        return repr(value)
    return type(value).__name__


def compare(shell: InteractiveShell, cell: Cell, folder: Path) -> bool:
    """Fails where a cell defines something else for us than in IPython; returns whether it ran to its end there."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        theirs = in_ipython(shell, cell.text)
        definitions, ours = as_read(folder, cell.text)
    for values in (theirs.values, ours):
        values.pop("w", None)  # of `%%capture`, whose output nobody has here
    if theirs.finished:
        assert ours == theirs.values
    elif theirs.parsed:  # what a statement that failed keeps from running is read all the same
        assert {name: ours.get(name) for name in theirs.values} == theirs.values
    else:
        assert definitions.problems, ours
    apart = re.search(r"%%(html|timeit|bash|latex|javascript|script|writefile|skip|python|!)", cell.text)
    if theirs.finished and not apart:
        assert definitions.problems == []
    (unit,) = definitions.units
    lines = re.split(r"\r?\n", cell.text)
    for name in set(ours) - {"pip", "x"}:
        statement = unit.statements[unit.binders[name][0]]
        where = next(number for number, line in enumerate(lines, start=1) if re.search(rf"\b{name}\b", line))
        first = min([statement.node.lineno, *(one.lineno for one in getattr(statement.node, "decorator_list", []))])
        assert first <= where <= (statement.node.end_lineno or 0), (name, where, first)
    return theirs.finished


def compare_many(shell: InteractiveShell, folder: Path, count: int) -> Counter[str]:
    """Compares so many cells; returns in how many that ran to their end each construct was."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(cell=cells())
    def same(cell: Cell) -> None:
        if compare(shell, cell, folder):
            seen.update(cell.constructs)

    same()
    return seen


def test_a_cell_defines_what_it_defines_in_ipython(shell: InteractiveShell, folder: Path) -> None:
    compare_many(shell, folder, 300)


@pytest.mark.slow
def test_ten_thousand_cells_define_what_they_define_in_ipython(shell: InteractiveShell, folder: Path) -> None:
    seen = compare_many(shell, folder, 10_000)
    assert {construct: seen[construct] for construct in CONSTRUCTS if seen[construct] < 20} == {}
