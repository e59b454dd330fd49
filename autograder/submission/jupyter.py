"""What Jupyter makes of a cell: plain Python, with every statement on the line where the student wrote it.

When it runs, `Shell` stands in for IPython: magics and shell lines do nothing.

IPython's own transformer reads magics, shell lines, help, autocall and prompts. It keeps no line numbers, so its steps
are taken one at a time, and each line that a step removes comes back as a blank one. A cell that is Python as it stands
is taken as it stands, which costs no import of IPython.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

# Cell magics that run their body in the notebook's own namespace.
TRANSPARENT = {"time", "capture", "prun", "debug"}
# Those that do something else with it: another language, another process, a file, a function of their own.
APART = {
    *("!", "HTML", "R", "SVG", "bash", "bigquery", "cmd", "code_wrap", "file", "html", "javascript", "js", "latex"),
    *("markdown", "perl", "powershell", "pypy", "python", "python2", "python3", "ruby", "script", "sh", "shell", "sql"),
    *("svg", "sx", "system", "timeit", "writefile"),
}
# Decorators by which a notebook makes a function its own cell magic.
REGISTERS = {"register_cell_magic", "register_line_cell_magic", "cell_magic", "line_cell_magic"}
PYLAB = """\
import numpy, matplotlib
from matplotlib import pylab, mlab, pyplot
np = numpy
plt = pyplot
from matplotlib.pylab import *
from numpy import *
"""
# The special syntax that may be Python too: `In [1]: x = 2` annotates, and IPython takes prompts out of strings.
PROMPT = re.compile(r"^\s*(?:>>>|\.{3,}:|(?:\[(?:nav|ins)\] )?In \[\d+\]: )", re.MULTILINE)
NO_MAGICS: Mapping[str, bool] = MappingProxyType({})
LONGEST_MAGIC = 40  # characters of a magic's name in a sentence


class LeftOut(Exception):
    """The cell begins with a cell magic whose body defines nothing in the notebook; its text is that magic."""


class Shell:
    """Stands in for the notebook's shell: it runs no command, and answers with nothing."""

    def getoutput(self, *arguments: Any, **options: Any) -> list[str]:
        """The lines that a shell command printed: none."""
        return []

    def run_line_magic(self, name: str, *arguments: Any, **options: Any) -> list[str] | None:
        """Nothing, or the lines that a command printed where the magic is a shell command."""
        return [] if name in ("sx", "system") else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **options: None


def read_cell(text: str, own: Mapping[str, bool] = NO_MAGICS) -> tuple[str, list[ast.stmt]]:
    """A cell as Python with the same number of lines, and the statements that a kernel runs for it.

    `own` are the cell magics that the notebook registers itself (`own_magics`). What `%time`, `%prun` and `%pylab` run
    is among the statements. Raises `LeftOut`, and what `ast.parse` raises.
    """
    python = python_of(text, own)
    return python, _InKernel(own, notebook=True).statements(ast.parse(python).body)


def read_script(text: str) -> tuple[list[ast.stmt], list[tuple[int, str]]]:
    """A script's statements, and line and name of each cell magic whose body is left out.

    A notebook that was exported as a script calls the shell: `get_ipython().run_cell_magic("time", "", …)`. Raises what
    `ast.parse` raises.
    """
    kernel = _InKernel(own_magics([text]), notebook=False)
    return kernel.statements(ast.parse(text).body), kernel.left_out


def own_magics(cells: Sequence[str]) -> dict[str, bool]:
    """The cell magics that a notebook registers itself, and whether their functions make use of the cell's text."""
    functions: dict[str, ast.FunctionDef] = {}
    given: list[tuple[str, str]] = []  # name of a magic, of its function
    for text in cells:
        if "cell_magic" not in text and "register_magic_function" not in text:
            continue
        try:
            tree = ast.parse(python_of(text))
        except (LeftOut, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = node
                for decorator in node.decorator_list:
                    named = decorator.args if isinstance(decorator, ast.Call) else []
                    if _last_name(decorator) in REGISTERS:
                        given.append((_text(named[0]) if named else node.name, node.name))
            elif isinstance(node, ast.Call) and _last_name(node) == "register_magic_function" and node.args:
                name = next((one.value for one in node.keywords if one.arg == "magic_name"), None)
                name = name or (node.args[2] if len(node.args) > 2 else None)
                function = _last_name(node.args[0])
                given.append((_text(name) if name else function, function))
    return {magic: _uses_cell(functions[function]) for magic, function in given if function in functions}


def unknown_magic(text: str, own: Mapping[str, bool] = NO_MAGICS) -> str:
    """The first cell magic that neither IPython nor the notebook knows, such as "%%heat"; empty for none."""
    for line in text.splitlines():
        if line.strip() and (not line.startswith("%%") or re.match(r"%%\w+\?", line)):
            break
        magic = line.rstrip().partition(" ")[0]
        if magic and magic[2:] not in {*TRANSPARENT, *APART, *own}:
            return magic[:LONGEST_MAGIC]
    return ""


def script_written_by(text: str) -> tuple[str, str] | None:
    """Name and text of the script that a cell writes with `%%writefile`, its lines where they are in the cell."""
    found = re.match(r"(\s*)%%(?:write)?file[ \t]+(?:-a[ \t]+|--append[ \t]+)?([^\n]+\.py)[\"']?[ \t]*\n", text)
    if found is None:
        return None
    return found[2].strip("\"' "), "\n" * found[0].count("\n") + text[found.end() :]


def python_of(text: str, own: Mapping[str, bool] = NO_MAGICS) -> str:
    """A cell as plain Python with the same number of lines; what Jupyter can't run either stays as it is.

    Raises `LeftOut`, and `ValueError` for null characters.
    """
    text = re.sub(r"\r\n?", "\n", text)  # as Jupyter's editor does
    written = _is_python(text)
    if written and not PROMPT.search(text):
        dedented = textwrap.dedent(text)
        # Lines of blanks become empty, also in strings: there, whether they do is for the IPython that is installed.
        if dedented == text or ast.dump(ast.parse(dedented)) == ast.dump(ast.parse(text)):
            return dedented
    python = _transformed(text, own)
    if _is_python(python):
        return python
    command = _automagic(python)
    return _transformed(command, own) if command else text if written else python


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _transformed(text: str, own: Mapping[str, bool]) -> str:
    """What IPython's transformer makes of a cell, with blank lines for those that it removes."""
    from IPython.core.inputtransformer2 import TRANSFORM_LOOP_LIMIT, TransformerManager

    manager = TransformerManager()
    text = text if text.endswith("\n") else f"{text}\n"
    lines = text.splitlines(keepends=True)
    for cleanup in manager.cleanup_transforms:
        lines = cleanup(lines)
    above = "\n" * (text.count("\n") - _newlines(lines))
    if lines and lines[0].startswith("%%") and not re.match(r"%%\w+\?", lines[0]):
        return above + _cell_magic(lines[0], "".join(lines[1:]), own)
    for _ in range(TRANSFORM_LOOP_LIMIT):
        try:
            changed, after = manager.do_one_token_transform(lines)
        except Exception:  # a tokenizer's, of what is no Python: the parser says it better
            break
        if not changed:
            break
        at = next((i for i, (line, other) in enumerate(zip(lines, after, strict=False)) if line != other), 0)
        after[at + 1 : at + 1] = ["\n"] * (_newlines(lines) - _newlines(after))
        lines = after
    return above + "".join(lines)


def _newlines(lines: Sequence[str]) -> int:
    """How many lines Python counts: IPython's own end at a form feed, too."""
    return sum(line.count("\n") for line in lines)


def _cell_magic(first: str, body: str, own: Mapping[str, bool]) -> str:
    """What a cell magic runs in the notebook's namespace, below a line for the magic itself."""
    name, _, line = first[2:].rstrip().partition(" ")
    if name in ("writefile", "file") and line.strip().strip("\"'").endswith(".py"):
        return f"\n{body}"  # a script, which the notebook imports from
    statement = _without_options(line).strip() if name in ("time", "prun") else ""
    makes_use = own.get(name, name not in APART)  # a `%%skip` of the notebook's own does not
    if not makes_use or (name == "time" and statement and body):  # the latter is refused
        raise LeftOut(f"%%{name}"[:LONGEST_MAGIC])
    python = python_of(f"{statement}\n{body}" if statement else body, own)
    if name not in TRANSPARENT and not (_is_python if name in own else _binds)(python):
        raise LeftOut(f"%%{name}"[:LONGEST_MAGIC])
    if statement:
        return python
    variable = line.split()[-1] if name == "capture" and line else ""
    return f"{variable} = None\n{python}" if variable.isidentifier() else f"\n{python}"


def _binds(python: str) -> bool:
    """Whether a text is Python that gives something a name: `ls` and `a - b` are Python, too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.alias)
    return _is_python(python) and any(
        isinstance(node, kinds) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        for node in ast.walk(ast.parse(python))
    )


def _automagic(python: str) -> str:
    """A cell of one line that begins with the name of a magic or a shell command, as the magic it means; else empty."""
    line = python.lstrip("\n")
    first = re.match(r"(\w+)(?![\w.*])[ \t]*(?![ \t=,])", line)
    if first is None or len(line.splitlines()) > 1:
        return ""
    from IPython.core import magics
    from IPython.core.alias import default_aliases

    known = {alias for alias, _ in default_aliases()}
    for name in dir(magics):
        registered = getattr(getattr(magics, name), "magics", None)  # of a class
        known |= set(registered.get("line", ())) if isinstance(registered, dict) else set()
    return f"{python[: -len(line)]}%{first[1]} {line[first.end() :]}" if first[1] in known else ""


class _InKernel(ast.NodeTransformer):
    """Replaces what a kernel knows and a module does not."""

    def __init__(self, own: Mapping[str, bool], notebook: bool) -> None:
        self._own = own
        self._notebook = notebook
        self.left_out: list[tuple[int, str]] = []

    def statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [part for node in body for part in _flat(self.visit(node))]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if self._notebook and node.id == "__name__" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant("__main__"), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr == "get_ipython" and isinstance(node.value, ast.Name) and node.value.id == "IPython":
            return ast.copy_location(ast.Name("get_ipython", ast.Load()), node)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        """`get_ipython` is there already: the real one would answer that no kernel runs."""
        if node.module not in ("IPython", "IPython.core.getipython"):
            return node
        shells = [alias for alias in node.names if alias.name == "get_ipython"]
        if not shells:
            return node
        others = [alias for alias in node.names if alias not in shells]
        made: list[ast.stmt] = [
            ast.Assign([ast.Name(alias.asname, ast.Store())], ast.Name("get_ipython", ast.Load()))
            for alias in shells
            if alias.asname and alias.asname != "get_ipython"
        ]
        if others:
            made.append(ast.ImportFrom(node.module, others, node.level))
        return [_at(one, node) for one in made or [ast.Pass()]]

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        return self._run_by(node.value) or self.generic_visit(node)  # type: ignore[return-value]

    def visit_Assign(self, node: ast.Assign | ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        """`y = %time f(x)` has the value of the statement's last expression."""
        ran = self._run_by(node.value)
        if ran is None:
            return self.generic_visit(node)  # type: ignore[return-value]
        last = ran.pop() if isinstance(ran[-1], ast.Expr) else None
        node.value = last.value if isinstance(last, ast.Expr) else _at(ast.Constant(None), node)
        return [*ran, node]

    visit_AnnAssign = visit_Assign

    def _run_by(self, node: ast.expr | None) -> list[ast.stmt] | None:
        """The statements that a magic runs in the notebook's namespace; None where `node` is no such call."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.keywords:
            return None
        shell = node.func.value
        texts = [_text(argument) for argument in node.args]
        if not isinstance(shell, ast.Call) or _last_name(shell) != "get_ipython" or not texts:
            return None
        try:
            if node.func.attr == "run_cell_magic" and len(texts) == 3:
                python = _cell_magic(f"%%{texts[0]} {texts[1]}", texts[2], self._own)
            elif node.func.attr == "run_line_magic" and texts[0] == "pylab":
                python = PYLAB
            elif node.func.attr == "run_line_magic" and texts[0] in ("time", "prun") and len(texts) == 2:
                python = python_of(_without_options(texts[1]))
            else:
                return None
            body = ast.parse(python).body
        except LeftOut as error:
            self.left_out.append((node.lineno, str(error)))
            return None
        except (SyntaxError, ValueError):
            return None
        return [_at(part, node) for part in self.statements(body)] or [_at(ast.Pass(), node)]


def _without_options(line: str) -> str:
    return re.sub(r"^\s*(?:(?:--no-raise-error|-[lsTD]\s*\S+|-[rq]+)(?:\s+|$))*", "", line)


def _at(node: Any, place: ast.AST) -> Any:
    """`node` with all its parts on the line of `place`."""
    line = getattr(place, "lineno", 1)
    for part in ast.walk(node):
        if "lineno" in part._attributes:
            vars(part).update(lineno=line, end_lineno=line, col_offset=0, end_col_offset=0)
    return node


def _flat(made: ast.AST | list[ast.stmt] | None) -> Iterator[Any]:
    if made is not None:
        yield from made if isinstance(made, list) else [made]


def _last_name(node: ast.AST) -> str:
    """`c` of `a.b.c` and of `a.b.c(…)`; empty for anything else."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.AST) -> str:
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else ""


def _uses_cell(function: ast.FunctionDef) -> bool:
    """Whether a magic's function uses its last argument: a `%%skip` does not."""
    if not function.args.args:
        return False
    cell = function.args.args[-1].arg
    return any(isinstance(part, ast.Name) and part.id == cell for part in ast.walk(function))
