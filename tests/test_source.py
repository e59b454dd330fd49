"""Is every notebook and script read that can be, and is it said in plain words what is wrong with the others?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.course import Limits
from autograder.labs.kinds import network_procedures
from autograder.sandbox.client import ForkServer, StudentProcess
from autograder.submission.definitions import Definitions
from autograder.submission.excerpt import code_of
from autograder.submission.source import read_statements

CODE = {"cell_type": "code", "source": "x = 1"}
OLD: dict[str, Any] = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["A"]},
                {
                    "cell_type": "code",
                    "input": ["x = 1\n", "y = 2"],
                    "language": "python",
                    "outputs": [],
                    "metadata": {},
                },
            ],
            "metadata": {},
        }
    ],
}
WHOLE = json.dumps({"cells": [CODE, {**CODE, "source": "y = 2"}], "nbformat": 4}, indent=1)


def written(path: Path, data: bytes | str | dict[str, Any]) -> Path:
    text = json.dumps(data) if isinstance(data, dict) else data
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (WHOLE[: WHOLE.rindex(" ]")], "is cut off (line 10)"),
        (WHOLE[: WHOLE.index("y = 2") + 2], "is cut off (line 9)"),
        ("<!DOCTYPE html>\n<html>", "is a web page, not a notebook"),
        ("\n<html>", "is a web page, not a notebook"),
        (WHOLE.replace(' "nb', '<<<<<<< HEAD\n "nb'), "has merge conflict markers (line 12)"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1", "is a git-lfs pointer, not the notebook itself"),
        (b"PK\x03\x04\xff", "is a zip archive, not a notebook"),
        ("import torch\n", "is not a notebook"),
        ("[1]", "is not a notebook"),
        ('{"a": 1}', "is not a notebook: it has no list of cells"),
        ('{"cells": 3}', "is not a notebook: it has no list of cells"),
        (WHOLE.replace(",\n", ";\n", 1), "is damaged (line 4: Expecting ',' delimiter)"),
        (b'{"cells":\n["\xe9"]}', "is not UTF-8 text (line 2): save it as UTF-8"),
        ("[" * 99_999, "is damaged: lists within lists without end"),
    ],
)
def test_what_is_wrong_with_a_notebook_is_said_in_plain_words(tmp_path: Path, data: str, problem: str) -> None:
    path = written(tmp_path / "n.ipynb", data)
    assert read_statements(path, "a/n.ipynb") == ([], [f"a/n.ipynb {problem}"])


@pytest.mark.parametrize(
    "data",
    [
        {"cells": [{"cell_type": "markdown", "source": "A"}, {**CODE, "source": ["x = 1\n", "y = 2"]}]},
        {"cells": [5, CODE | {"source": "x = 1\ny = 2", "metadata": 5, "outputs": 3}], "nbformat": "four"},
        OLD,
        {**OLD, "nbformat": 2},
        {"worksheets": OLD["worksheets"]},
        {"worksheets": [3, {"cells": [None]}, {"cells": [{"cell_type": "code", "input": "x = 1\ny = 2"}]}, {}]},
        b"\xef\xbb\xbf" + json.dumps({"cells": ["", {**CODE, "source": "x = 1\ny = 2"}]}).encode(),
        json.dumps({"cells": ["", {**CODE, "source": "x = 1\ny = 2"}]}).encode("utf-16"),
    ],
)
def test_notebooks_that_are_old_or_lack_something_are_read(tmp_path: Path, data: bytes | dict[str, Any]) -> None:
    statements, problems = read_statements(written(tmp_path / "n.ipynb", data), "n.ipynb")
    assert problems == []
    assert [one.place for one in statements] == ["n.ipynb, cell 2, line 1", "n.ipynb, cell 2, line 2"]


@pytest.mark.parametrize(
    ("data", "value", "problem"),
    [
        ("# -*- coding: latin-1 -*-\nx = 'Größe'".encode("latin-1"), "Größe", ""),
        ("\ufeffx = 'Größe'", "Größe", ""),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'".encode("cp1252"), "€", ""),
        (b"x = 1\n\ny = '\xe9'", None, "is not UTF-8 text (line 3): save it as UTF-8"),
        (b"y = '\xe9'", None, "is not UTF-8 text (line 1): save it as UTF-8"),
        ("# coding: ascii\nx = 'Größe'".encode(), None, "declares the wrong encoding: save it as UTF-8"),
        (b"# coding: nonsense\nx = 1", None, "declares the wrong encoding: save it as UTF-8"),
        ("x = 1".encode("utf-16"), None, "is UTF-16 text: save it as UTF-8"),
        ("x = 1\n<<<<<<< HEAD\n", None, ", line 2: merge conflict markers, the script was left out"),
        ("x = 1\ny = (", None, ", line 2: a syntax error, the script was left out ('(' was never closed)"),
        ("", None, ""),
    ],
)
def test_a_script_is_decoded_as_python_decodes_it(
    tmp_path: Path, data: bytes | str, value: str | None, problem: str
) -> None:
    written(tmp_path / "net.py", data)
    definitions = Definitions(tmp_path)
    assert definitions.problems == ([f"net.py{'' if problem[0] == ',' else ' '}{problem}"] if problem else [])
    if value:
        assert definitions.load("x") == value


def test_an_import_under_another_name_is_a_definition_where_the_script_was_handed_in(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "net.py").write_text("SIZE = 3\nclass Net:\n    size = SIZE\nclass Other(Net):\n    pass\n")
    source = "from own.net import Net as SimpleCNN, Other\nfrom torch.nn import Linear as BetterCNN"
    written(tmp_path / "n.ipynb", {"cells": [{**CODE, "source": source}]})
    definitions = Definitions(tmp_path)
    assert definitions.load("SimpleCNN").size == 3
    assert [unit.name for unit in definitions.where("SimpleCNN")] == ["n.ipynb"]
    assert [unit.name for unit in definitions.where("Other")] == ["own/net.py"]
    assert definitions.where("BetterCNN") == []
    assert "class Net:" in code_of(definitions, ["SimpleCNN"])


def test_the_sandbox_reads_old_notebooks_and_lets_a_cell_wait(fork_server: ForkServer, tmp_path: Path) -> None:
    written(tmp_path / "old.ipynb", OLD)
    source = (
        "import asyncio\nfrom net import Net as Network\nn = await asyncio.sleep(0, 28)\n%time m = 1 \\\n  + 1\n"
        "class Wrapped(Network):\n    def forward(self, x):\n        !ls\n        return super().forward(x) + n + m + y"
    )
    written(tmp_path / "new.ipynb", {"cells": [{**CODE, "source": source}, {**CODE, "source": "%%bash\nls"}]})
    net = "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x + 1"
    written(tmp_path / "net.py", net)
    images = np.ones((1, 1, 28, 28), np.float32)
    arguments = {"definition": "Wrapped", "arguments": [], "state": [], "images": images, "batches": [1]}
    with StudentProcess(fork_server, tmp_path, Limits()) as student_process:
        assert student_process.describe() == ["new.ipynb, cell 2: left out, it begins with %%bash"]
        answer = student_process.ask(network_procedures.outputs, ["Wrapped"], {}, arguments)
    assert (answer["outputs"][0] == 1 + 1 + 28 + 2 + 2).all()
