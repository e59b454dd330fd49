"""Is a cell read as Jupyter runs it, with every statement on the student's line? (Fixtures: tests/fixtures/cells.)"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from autograder.submission.definitions import Definitions
from autograder.submission.jupyter import LeftOut, own_magics, python_of, read_cell, read_script
from autograder.submission.wanted import Missing

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
        ("time?  ", {}),
        ("%%time x = 1", {1: "x = 1"}),
        ("%%prun -q x = 1\ny = 2", {1: "x = 1", 2: "y = 2"}),
        ("%%heat -r 3\nx = 1", {2: "x = 1"}),
        ("!ls\n\fx = 1\n\f\ny = 2", {2: "x = 1", 4: "y = 2"}),
        ("pip install -q torch", {1: "get_ipython().run_line_magic('pip', 'install -q torch')"}),
        ("x = 5 \\\n  % 3", {1: "x = 5 % 3"}),
        ("x = '''\n%time\n>>> y'''", {1: "x = '\\n%time\\ny'"}),
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


@pytest.mark.parametrize(
    "cell", ["x = '''\n  \n'''", "  x = '''a\n \n  b'''\n  !ls", "if 1:\n    x = '''a\n      \n    b'''\n  \ny = 1"]
)
def test_lines_of_blanks_in_a_string_are_those_of_the_ipython_that_is_installed(cell: str) -> None:
    """IPython 9 empties them, and IPython 8 does not."""
    assert _dumped(python_of(cell)) == _dumped(TransformerManager().transform_cell(cell))


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
        "%%nobody-knows\nclass Net {\n}",
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
    with pytest.raises(Missing, match=r"work\.ipynb, cell 5 begins with %%nobody-knows, .*: it holds `class Net`\."):
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
    assert own_magics([registered, given, "%%bash\nregister_cell_magic"]) == {
        **dict.fromkeys(("plain", "named", "method", "given"), True),
        "skip": False,
    }


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


# --- the same text as IPython makes -----------------------------------------------------------------------------------

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


@settings(max_examples=500, derandomize=True)
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
    if not re.search(r"[\f\u2028]", text):  # where IPython ends a line, too
        assert python.count("\n") - text.count("\n") in ((0,) if text.endswith("\n") or python == text else (0, 1))
    if "run_cell_magic" not in theirs and "run_line_magic" not in python:
        assert _dumped(python) in (_dumped(theirs), _dumped(text) or _dumped(theirs))


def _dumped(text: str) -> str | None:
    with contextlib.suppress(SyntaxError):
        return ast.dump(ast.parse(text))
    return None
