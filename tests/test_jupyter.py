"""Is a cell read as Jupyter runs it, with every statement on the student's line? (Fixtures: tests/fixtures/cells.)"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograder.submission.definitions import Definitions
from autograder.submission.jupyter import LeftOut, own_magics, python_of, read_cell, read_script
from autograder.submission.wanted import LoadFailed, Missing

CASES = Path(__file__).parent / "fixtures" / "cells"


def submission(folder: Path, *cells: str, **scripts: str) -> Definitions:
    """A submission whose notebook has these code cells."""
    made = [{"cell_type": "code", "metadata": {}, "source": text} for text in cells]
    notebook = {"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    (folder / "work.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    for name, text in scripts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return Definitions(folder)


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_what_runs_in_jupyter_is_read(case: Path) -> None:
    name = "BetterCNN" if (case / "4_2_better_cnn.ipynb").exists() else "SimpleCNN"
    definitions = Definitions(case)
    assert definitions.problems == []
    assert definitions.load(name)()(torch.rand(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("!pip install a \\\n    b\nx = 1", {3: "x = 1"}),
        ("!echo 'it :(\n!echo '''\nx = 1", {3: "x = 1"}),
        ("x = !ls \\\n  -l\ny = 2", {1: "x = get_ipython().getoutput('ls    -l')", 3: "y = 2"}),
        ("\n\n    x = 1\n    y = 2", {3: "x = 1", 4: "y = 2"}),
        (">>> x = (1 +\n... 2)\n>>> y = 2", {1: "x = 1 + 2", 3: "y = 2"}),
        ("In [3]: x = 1", {1: "x = 1"}),
        ("In [3]: x = 1\n   ...: y = 2", {1: "x = 1", 2: "y = 2"}),
        ("/print 1\n;print a b\n,print a b", {1: "print(1)", 2: "print('a b')", 3: "print('a', 'b')"}),
        ("%%time\nx = !ls\ny = 2", {2: "x = get_ipython().getoutput('ls')", 3: "y = 2"}),
        ("\n%%time\n\n%%capture out\nx = 1", {4: "out = None", 5: "x = 1"}),
        ("%time x = f(1, \\\n  2)\ny = 2", {1: "x = f(1, 2)", 3: "y = 2"}),
        ("x = %time f(1)", {1: "x = f(1)"}),
        ("%prun -l 5 x = 1", {1: "x = 1"}),
        ("time x = 1", {1: "x = 1"}),
        ("pip install -q torch", {1: "get_ipython().run_line_magic('pip', 'install -q torch')"}),
        ("x = 5 \\\n  % 3", {1: "x = 5 % 3"}),
        ("x = '''\n%time\n>>> y'''", {1: "x = '\\n%time\\n>>> y'"}),
        ("if x:\n    !ls \\\n      a\n    y = 1\nz = 1", {1: "if x:", 5: "z = 1"}),
        ("%%writefile net.py\nx = 1", {2: "x = 1"}),
        ("x = __name__", {1: "x = '__main__'"}),
        ("x = 1\r\n!ls\r\ny = 2", {1: "x = 1", 2: "get_ipython().system('ls')", 3: "y = 2"}),
    ],
)
def test_statements_keep_their_lines(cell: str, found: dict[int, str]) -> None:
    _, statements = read_cell(cell)
    lines = {node.lineno: node for node in statements if not _is_call_of_shell(node) or node.lineno in found}
    assert {line: _first_line(node) for line, node in lines.items()} == found


def _is_call_of_shell(node: Any) -> bool:
    return hasattr(node, "value") and "get_ipython" in _first_line(node) and not hasattr(node, "targets")


def _first_line(node: Any) -> str:
    return ast.unparse(node).splitlines()[0]


def test_no_shell_runs_and_what_its_output_is_bound_to_is_an_empty_list(tmp_path: Path) -> None:
    definitions = submission(
        tmp_path,
        "from IPython import get_ipython as shell, get_ipython\nimport IPython",
        "a = !touch ran\nd = {}\nd['k'] = !touch ran\nb: list = !touch ran\nc = %sx touch ran",
        "if True:\n    e = !touch ran\ntry:\n    f = !!touch ran\nexcept AttributeError:\n    f = 1\n",
        "g = IPython.get_ipython().getoutput('touch ran')\nj = shell() is not None and 'colab' not in str(shell())",
        "try:\n    !touch ran\n    h = 1\nexcept AttributeError:\n    h = 2",
        "def i():\n    !touch ran\n    x = !ls\n    return x",
    )
    found = {name: definitions.load(name) for name in ("a", "b", "c", "d", "e", "f", "g", "h", "j")}
    assert found == {"a": [], "b": [], "c": [], "d": {"k": []}, "e": [], "f": [], "g": [], "h": 1, "j": True}
    assert definitions.load("i")() == []
    assert not Path("ran").exists()
    assert definitions.problems == []


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    definitions = submission(
        tmp_path,
        "%%bash\nx=1",
        "%%html\n<b>",
        "%%timeit\nx = 1",
        "%%writefile notes.md\n# Notes",
        "%%nobody-knows\nclass Net:\n    pass",
        "%%time\nx = 1\nx = (",
        net="x = 1\nget_ipython().run_cell_magic('bash', '', 'ls')",
    )
    assert definitions.problems == [
        "work.ipynb, cell 1: left out, it begins with %%bash",
        "work.ipynb, cell 2: left out, it begins with %%html",
        "work.ipynb, cell 3: left out, it begins with %%timeit",
        "work.ipynb, cell 4: left out, it begins with %%writefile",
        "work.ipynb, cell 5: left out, it begins with %%nobody-knows",
        "work.ipynb, cell 6, line 3: a syntax error, the cell was left out ('(' was never closed)",
        "net.py, line 2: left out, it begins with %%bash",
    ]
    with pytest.raises(Missing, match="It may be in a part that could not be read"):
        definitions.load("Net")


def test_a_notebooks_own_cell_magic_runs_its_cell_if_it_makes_use_of_it() -> None:
    registered = """
from IPython.core.magic import *
@register_cell_magic
def plain(line, cell):
    exec(cell)
@register_line_cell_magic("named")
def other(line, cell=None):
    get_ipython().run_cell(cell)
@register_cell_magic
def skip(line, cell):
    return
@magics_class
class Own(Magics):
    @cell_magic
    def method(self, line, cell):
        self.shell.ex(cell)
"""
    given = "!ls\nget_ipython().register_magic_function(other, 'cell', magic_name='given')"
    assert own_magics([registered, given, "%%bash\nregister_cell_magic"]) == {"plain", "named", "method", "given"}


def test_a_body_that_is_no_python_under_the_notebooks_own_magic_is_left_out(tmp_path: Path) -> None:
    own = "@register_cell_magic\ndef sql(line, cell):\n    query(cell)"
    definitions = submission(tmp_path, own, "%%sql\nselect 1", "%%sql\nx = 1")
    assert definitions.problems == ["work.ipynb, cell 2: left out, it begins with %%sql"]
    assert definitions.load("x") == 1


def test_a_script_that_was_exported_from_a_notebook_is_read_like_it() -> None:
    script = (
        "get_ipython().system('ls')\n"
        "get_ipython().run_cell_magic('time', '', 'class A:\\n    x = 1\\ny = 2')\n"
        "get_ipython().run_line_magic('time', 'z = 3')\n"
    )
    statements, left_out = read_script(script)
    assert [(node.lineno, _first_line(node)) for node in statements] == [
        (1, "get_ipython().system('ls')"),
        (2, "class A:"),
        (2, "y = 2"),
        (3, "z = 3"),
    ]
    assert left_out == []


def test_pylab_brings_its_names_and_a_cell_may_wait(tmp_path: Path) -> None:
    definitions = submission(
        tmp_path, "%pylab inline", "x = np.array([1]) + ones(1)", "import asyncio\ny = await asyncio.sleep(0, 3)"
    )
    assert definitions.load("x").tolist() == [2]
    assert definitions.load("y") == 3


def test_a_chain_of_cell_magics_costs_no_more_than_its_length() -> None:
    with pytest.raises(SyntaxError):
        read_cell("%%time\n" * 60 + "x = (")


# --- the same names as in IPython -------------------------------------------------------------------------------------

COMMANDS = (
    *("ls", "echo 'one", 'echo "one', "echo :(", "echo a#b", "echo '''", "echo $HOME {v0}", "ls | grep x", "echo {a"),
    *(
        "nvidia-smi",
        "pip install a==1",
        "echo ]",
        "cat <<< 'x'",
        "echo a \\\n    b",
        "a \\\n b \\\n c",
        "echo 'x \\\n y'",
    ),
    *("ls %s", "echo ?", "echo a?", "cd ..; ls", "echo \\\\", "python -c 'x = !1'", "echo ü…"),
)
LINES = (
    *("%pwd", "%who", "%precision 3", "%pinfo len", "%timeit -n1 -r1 pass", "%time", "%xmode Plain", "%%time?"),
    *("len?", "?len", "len??", "??len", "str.join?", "?", "*int*?", "%time?", "??", "x.y[0]?", "len ?", "print(1)?"),
    *("/print 1", ",print a b", ";print a b", "/print 1 2", ",print", "; print a", "/len [1]"),
    *("# why?", "#!ls", "# %%time", "", "   ", "pass", "'a?'", "print('!')", "1 % 2", "pwd", "ls -l", "cat x", "cd ."),
    *("get_ipython().system('ls')", "from IPython import get_ipython", "!", "!!", "%", "@", "%nomagic", "precision 3"),
    *("import math", "who", "mkdir x", "print 1", "/ print 1", "!ls  # x", "%time  # x", "a = b = !ls", "# x \\"),
)
# {v} is a name that this piece alone binds, {c} a shell command.
PIECES = (
    *("{v} = 3", "{v} = 'a?b'", '{v} = "%time"', "{v} = 5 \\\n  % 3", "{v} = (1 +\n  2)", "{v} = [\n  5\n  % 3,\n]"),
    *(
        "{v} = '''\n%time\n!ls\nx?\n'''",
        "{v} = '''\n>>> x = 1\n... y\n'''",
        "{v} = f'{{1!r}} {{2 % 2}}'",
        "{v}: int = 4",
    ),
    *("{v} = 1 if True else 2  # a?", "import math as {v}", "from math import pi as {v}", "for {v} in [1]: pass"),
    *("print({v} := 1)", "{v} = lambda x=1: x", "{v} = {{}}\n{v}['k'] = !{c}", "{v} = {{}}\n{v}['a'] = %time 1 + 1"),
    *("def {v}():\n    !{c}\n    return 1", "def {v}():\n    x = !{c}\n    return x", "class {v}:\n    x = !{c}"),
    *(
        "class {v}:\n    '''\n    >>> x = 1\n    '''\n\n    def f(self):\n        return 1",
        "@staticmethod\ndef {v}(): pass",
    ),
    *("if True:\n    {v} = !{c}", "try:\n    !{c}\n    {v} = 1\nexcept ValueError:\n    {v} = 2"),
    *(
        "for _i in [1]:\n    %pwd\n    {v} = 1",
        "with open('/dev/null') as _f:\n    {v} = !{c}\n",
        "if True:\n    len?\n    {v} = 1",
    ),
    *(
        "!{c}",
        "!!{c}",
        "{v} = !{c}",
        "{v}: list = !{c}",
        "{v} =!{c}",
        "{v} = %sx {c}",
        "{v} = %time 1 + 1",
        "{v} = ! {c}",
    ),
    *(
        "%time {v} = 3",
        "%time {v} = (1 + \\\n   2)",
        "%prun -q {v} = 1",
        "{v} = %time w{v} = 1",
        "{v} = len?",
        "%sx {c}",
    ),
    *(
        "{v} = get_ipython().getoutput('ls')",
        "get_ipython().run_line_magic('time', '{v} = 1')",
        "{v} = %pwd",
        "{v}=%pwd",
    ),
    *(
        "if True:\n    %time {v} = 1",
        "import asyncio\n{v} = await asyncio.sleep(0, 1)",
        "time {v} = 3",
        "%time {v} = !{c}",
    ),
    *(
        "{v} = 1; !ls",
        "{v} = '\\\n%time'",
        "{v} = r'\\'",
        "{v} = (\n# ?\n1)",
        "{v} = 7;",
        "{v} = \\\n  !{c}",
        "{v} = \\\n %pwd",
    ),
    *(
        "del [{v} := 1][0]",
        "async def {v}():\n    return 1",
        "{v} = '%d' % 3",
        "{v} = 3 %2",
        "{v} = [i for i in (1, 2)]",
    ),
)
ABOVE = (
    *("", "", "", "", "%%time\n", "%%time\n%%capture w\n", "%%capture w\n", "%%capture --no-stderr w\n", "%%prun -q\n"),
    *("\n\n", "  \n\n%%time\n", "%%html\n", "%%timeit -n1 -r1\n", "%%latex\n", "%%time \n\n", "%%capture\n", "# x\n"),
)


def _typed(cell: str, first: str, more: str) -> str:
    """A cell as it is copied from a session, with its prompts."""
    lines = cell.split("\n")
    return "\n".join([first + lines[0], *(f"{more}{line}" for line in lines[1:])])


def _doctest(cell: str) -> str:
    """The same from Python's own shell, which prompts for more only within a statement."""
    return re.sub(
        r"^(?=.)", lambda start: "... " if cell[start.start()] in " )]}'" else ">>> ", cell, flags=re.MULTILINE
    )


LAYOUTS = (
    *(lambda cell: cell, lambda cell: cell, lambda cell: cell + "\n", lambda cell: cell.replace("\n", "\r\n")),
    *(lambda cell: re.sub(r"^(?=.)", "    ", cell, flags=re.MULTILINE), lambda cell: f"\n \n{cell}\n\n"),
    *(lambda cell: _typed(cell, "In [3]: ", "   ...: "), lambda cell: _typed(cell, "    ", "\t"), _doctest),
    *(lambda cell: re.sub(r"^(?=.)", "  ", _doctest(cell), flags=re.MULTILINE), lambda cell: "  " + cell),
)


@st.composite
def cells(draw: Any) -> str:
    pieces = []
    for number in range(draw(st.integers(1, 5))):
        piece = draw(st.sampled_from(PIECES)) if draw(st.integers(0, 2)) else None
        if piece is None:
            pieces.append(draw(st.sampled_from(LINES)))
        else:
            pieces.append(piece.format(v=f"v{number}", c=draw(st.sampled_from(COMMANDS))))
    cell = draw(st.sampled_from(ABOVE)) + "\n".join(pieces)
    return draw(st.sampled_from(LAYOUTS))(cell)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> InteractiveShell:
    """IPython's shell, in which no command runs."""
    config = Config()
    config.HistoryManager.enabled = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        made = InteractiveShell(config=config, user_module=types.ModuleType("notebook"))
    made.system = lambda *arguments, **options: None
    made.getoutput = lambda *arguments, **options: []
    made.set_hook("show_in_pager", lambda *arguments: None)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("submission")


def in_ipython(shell: InteractiveShell, cell: str) -> tuple[dict[str, Any], BaseException | None]:
    """What a cell defines in IPython, and the syntax error that it has."""
    before = dict(shell.user_ns)
    inner: list[BaseException | None] = []  # of a cell within a cell, under `%%capture`
    shell.showsyntaxerror = shell.showtraceback = lambda *arguments, **options: inner.append(sys.exc_info()[1])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        result = shell.run_cell(cell.replace("\r\n", "\n"), store_history=False, silent=True)
    found = {name: value for name, value in shell.user_ns.items() if name not in before and not name.startswith("_")}
    shell.user_ns.clear()
    shell.user_ns.update(before)
    errors = [error for error in (*inner, result.error_before_exec, result.error_in_exec) if error is not None]
    assume(all(isinstance(error, SyntaxError) for error in errors))
    assume("await" not in cell or not re.search(r"%%(time|prun)", cell))  # they run it and don't wait
    error = next(iter(errors), None)
    if cell.rstrip().endswith(";"):  # then `%%capture w` keeps nothing
        assume("%%capture" not in cell)
    gone = error or "%%timeit" in cell  # what a magic within that leaves behind is no matter
    return {} if gone else found, error


def compare(shell: InteractiveShell, cell: str, folder: Path) -> None:
    expected, error = in_ipython(shell, cell)
    definitions = submission(folder, cell)
    (unit,) = definitions.units
    found = {}
    for node, bound in zip((one.node for one in unit.statements), unit.binds, strict=True):
        for name in {name for name in bound if not name.startswith("_") and name not in found}:
            with contextlib.suppress(Missing, LoadFailed, NotImplementedError):
                found[name] = None if isinstance(node, (ast.Import, ast.ImportFrom)) else definitions.load(name)
    assert set(found) - {"get_ipython"} == set(expected) - {"get_ipython"}
    for name, value in expected.items():
        # Newer IPythons take prompts out of strings as well; here strings stay as they were written.
        shown = found[name] if ">>>" in str(found[name]) else value
        if type(value) in (int, str, list, dict) and value != os.getcwd():
            assert (name, found[name]) == (name, shown)
    if error is not None or re.search(r"%%(html|timeit|latex)", cell):
        assert definitions.problems
    else:
        assert definitions.problems == []
    lines = re.split(r"\r?\n", cell)
    for name in set(found) & {f"v{number}" for number in range(9)}:
        node = next(unit.statements[i].node for i, bound in enumerate(unit.binds) if name in bound)
        where = next(number for number, line in enumerate(lines, start=1) if re.search(rf"\b{name}\b", line))
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        assert first <= where <= (node.end_lineno or 0), (name, where, first)


FRAGMENTS = (
    *("%", "%%", "!", "!!", "?", "??", "\\\n", "\n", "\n    ", " ", "x", " = ", "(", ")", "[", "]", "{", "}", "'", '"'),
    *("'''", "#", ">>> ", "... ", "/", ",", ";", "In [1]: ", "   ...: ", "def f():\n ", ":", "\t", "\f", "\u2028", "é"),
    *(
        "1",
        "%time ",
        "x = %sx ",
        "x = !ls ",
        "if x:\n  ",
        "f'{x!r}'",
        "await ",
        "x?\n",
        "%%time\n",
        "pip x",
        "ls ",
        "\n",
    ),
)


@settings(max_examples=500)
@given(text=st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_any_text_becomes_what_ipython_makes_of_it_and_keeps_its_lines(text: str) -> None:
    try:
        theirs = TransformerManager().transform_cell(text)
    except SyntaxError:
        theirs = text
    try:
        python = python_of(text)
    except LeftOut:
        assert "run_cell_magic" in theirs
        return
    assert python.count("\n") - text.count("\n") in ((0,) if text.endswith("\n") or python == text else (0, 1))
    if not re.search(r"run_cell_magic|[\f\u2028]", theirs + text) and "run_line_magic" not in python:
        assert _dumped(python) in (_dumped(theirs), _dumped(text) or _dumped(theirs))


def _dumped(text: str) -> str | None:
    with contextlib.suppress(SyntaxError):
        return ast.dump(ast.parse(text))
    return None


@settings(max_examples=300)
@given(cell=cells())
def test_a_cell_defines_what_it_defines_in_ipython(shell: InteractiveShell, folder: Path, cell: str) -> None:
    compare(shell, cell, folder)


@pytest.mark.slow
@settings(max_examples=10_000)
@given(cell=cells())
def test_ten_thousand_cells_define_what_they_define_in_ipython(
    shell: InteractiveShell, folder: Path, cell: str
) -> None:
    compare(shell, cell, folder)
