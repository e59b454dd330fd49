"""Is every notebook and script read that can be, and is it said in plain words what is wrong with the others?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.course import Limits, Task
from autograder.grading.flags import flags_of_rivals
from autograder.labs.kinds import network_procedures
from autograder.sandbox.client import ForkServer, StudentProcess
from autograder.sandbox.respondent import StudentError
from autograder.submission.definitions import Definitions
from autograder.submission.excerpt import cells_of, code_of
from autograder.submission.source import read_code
from autograder.submission.wanted import Missing

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
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("", "is empty: saving, copying or uploading it was interrupted. Open it where you wrote it, save it,"),
        (" \n\n", "is empty: "),
        (b"\0" * 4096, "holds nothing but zeros: saving, copying or uploading it was interrupted."),
        (WHOLE[: WHOLE.rindex(" ]")], "is cut off (line 10): saving, copying or uploading it was interrupted."),
        (WHOLE[: WHOLE.index("y = 2") + 2], "is cut off (line 9): "),
        ("<!DOCTYPE html>\n<html>", "is a web page, not the file itself: a page that shows it was saved, or"),
        ("\n<html>", "is a web page, not the file itself"),
        (WHOLE.replace(' "nb', '<<<<<<< HEAD\n "nb'), "has merge conflict markers (line 12): git could not merge"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1", "is a git-lfs pointer, not the file itself"),
        (b"PK\x03\x04\xff", "is a zip archive or an Office document. Hand in the notebooks"),
        (b"%PDF-1.7\n\xff", "is a PDF: the work was printed, not saved."),
        (b"{\\rtf1\\ansi x", "is a rich text document, which TextEdit and WordPad save."),
        (b"[InternetShortcut]\nURL=https://x", "is a shortcut to a web page, not the file itself."),
        ("This is my work.\n", "is not a notebook. Open it where you wrote it"),
        ("[1]", "is not a notebook. Save the notebook from Jupyter"),
        ('{"a": 1}', "is not a notebook: it has no list of cells."),
        ('{"cells": 3}', "is not a notebook: it has no list of cells."),
        ('{"cells": [], "nbformat": 4}', "has no cell with anything in it. Open it where you wrote it"),
        ('{"cells": [{"cell_type": "code", "source": " "}]}', "has no cell with anything in it."),
        (WHOLE.replace(",\n", ";\n", 1), "is damaged (line 4: Expecting ',' delimiter). Jupyter cannot open it either"),
        (b'{"cells":\n["\xe9"]}', "is not UTF-8 text (line 2): save it as UTF-8"),
        ("[" * 99_999, "is damaged: lists within lists without end."),
    ],
)
def test_what_is_wrong_with_a_notebook_is_said_in_plain_words(tmp_path: Path, data: str, problem: str) -> None:
    (read,) = read_code(written(tmp_path / "n.ipynb", data), "a/n.ipynb")
    assert read.statements == []
    assert read.problems == [read.lost]
    assert read.lost.startswith(f"a/n.ipynb {problem}")


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
    (read,) = read_code(written(tmp_path / "n.ipynb", data), "n.ipynb")
    assert read.problems == read.remarks == []
    assert [one.place for one in read.statements] == ["n.ipynb, cell 2, line 1", "n.ipynb, cell 2, line 2"]


@pytest.mark.parametrize(
    ("data", "value", "problem"),
    [
        ("# -*- coding: latin-1 -*-\nx = 'Größe'".encode("latin-1"), "Größe", ""),
        ("\ufeffx = 'Größe'", "Größe", ""),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'".encode("cp1252"), "€", ""),
        (
            b"x = 1\n\ny = '\xe9'",
            None,
            " is not UTF-8 text (line 3), and Python does not import it: save it as UTF-8, or",
        ),
        (b"y = '\xe9'", None, " is not UTF-8 text (line 1), and Python does not import it"),
        ("# coding: ascii\nx = 'Größe'".encode(), None, " declares an encoding that is not its own (ascii): save it"),
        (b"# coding: nonsense\nx = 1", None, " declares an encoding that is not its own (nonsense): save it as UTF-8"),
        ("\ufeff# coding: latin-1\nx = 1", None, " declares an encoding that is not its own (latin-1): save it"),
        ("x = 1".encode("utf-16"), None, " is UTF-16 text, as Windows' Notepad"),
        ("x = 1".encode("utf-16-le"), None, " is UTF-16 text, as Windows' Notepad"),
        ("x = 1\n<<<<<<< HEAD\n", None, ", line 2: merge conflict markers, the script was left out. Keep one"),
        ("x = 1\ny = (", None, ", line 2: a syntax error, the script was left out ('(' was never closed)"),
        ("<<<<<<< HEAD\nx = 1\n", None, ", line 1: merge conflict markers, the script was left out. Keep one"),
        ("<html>x = 1", None, " is a web page, not the file itself"),
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:1",
            None,
            " is a git-lfs pointer, not the file itself",
        ),
        ("x = 'a'\n\f\ndef f():\n    return 1\n", "a", ""),
        ("x = 'a'\r\ny = 1\r\n", "a", ""),
        ("", None, ""),
    ],
)
def test_a_script_is_decoded_as_python_decodes_it(
    tmp_path: Path, data: bytes | str, value: str | None, problem: str
) -> None:
    written(tmp_path / "net.py", data)
    definitions = Definitions(tmp_path)
    assert [words[: len(f"net.py{problem}")] for words in definitions.problems] == [f"net.py{problem}"][: bool(problem)]
    assert definitions.lost == ([] if "a syntax error" in problem else definitions.problems)
    if value:
        assert definitions.load("x") == value


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        *(("4_1.IPYNB", ""), ("4_1.Ipynb", ""), ("4_1.ipynb.json", ".ipynb"), ("4_1.ipynb.txt", ".ipynb")),
        *(("4_1.json", ".ipynb"), ("4_1.txt", ".ipynb"), ("4_1", ".ipynb"), ("4_1.ipynb (1)", ".ipynb")),
        *(("4_1.IPYNB.TXT", ".ipynb"), ("4_1.py", ".ipynb"), ("4_1.ipynb.download", ".ipynb")),
    ],
)
def test_a_notebook_is_known_by_what_it_is(tmp_path: Path, name: str, remark: str) -> None:
    written(tmp_path / "a" / name, {"cells": [{**CODE, "source": "class Net:\n    pass"}], "nbformat": 4})
    written(tmp_path / "data.json", '{"cells": [1, 2]}')
    definitions = Definitions(tmp_path)
    assert [unit.stem for unit in definitions.where("Net")] == ["4_1"]
    assert cells_of(tmp_path).keys() == {f"a/{name}"}
    told = f"a/{name} was read as a notebook, since it is one; its name should end in {remark}."
    assert definitions.problems == ([told] if remark else [])
    assert definitions.lost == []


@pytest.mark.parametrize(
    ("name", "remark"),
    [("NET.PY", ""), ("net.pyw", ""), ("net.py.txt", ".py"), ("Net.Py.Txt", ".py"), ("net.ipynb", ".py")],
)
def test_a_script_is_known_by_what_it_is(tmp_path: Path, name: str, remark: str) -> None:
    written(tmp_path / name, "import math\nclass Net:\n    size = math.floor(2.5)\n")
    written(tmp_path / "notes.txt", "x = 1")
    use = "from net import Net as SimpleCNN\nimport net\nOther = net.Net"
    written(tmp_path / "4_1.ipynb", {"cells": [{**CODE, "source": use}]})
    definitions = Definitions(tmp_path)
    assert [definitions.load(one).size for one in ("Net", "SimpleCNN", "Other")] == [2, 2, 2]
    told = f"{name} was read as a script, since it is one; its name should end in {remark}."
    assert definitions.problems == ([told] if remark else [])


def test_a_script_that_a_cell_writes_can_be_imported(tmp_path: Path) -> None:
    cells = [
        "%%writefile net.py\nSIZE = 3\nclass Net:\n    size = SIZE",
        "from net import Net as SimpleCNN",
        "%run net.py",
    ]
    cells += ["\n%%file own/more.py\nfrom net import *\nclass More(Net):\n    pass", "%%writefile bad.py\nx = ("]
    written(tmp_path / "n.ipynb", {"cells": [{**CODE, "source": source} for source in cells]})
    definitions = Definitions(tmp_path)
    assert (definitions.load("SimpleCNN").size, definitions.load("More").size) == (3, 3)
    assert [unit.statements[0].place for unit in definitions.where("More")] == ["n.ipynb, cell 4, line 3"]
    assert definitions.problems == [
        "n.ipynb, cell 5, line 2: a syntax error, the script bad.py that it writes was left out ('(' was never closed)"
    ]
    written(tmp_path / "net.py", "class Net:\n    size = 4")  # what was handed in counts
    assert Definitions(tmp_path).load("SimpleCNN").size == 4


NET = "class SimpleCNN(nn.Module):\n    pass"


@pytest.mark.parametrize(
    ("cell", "pointed"),
    [
        (
            {"cell_type": "markdown", "source": NET},
            "n.ipynb, cell 2 is a Markdown cell: it holds `class SimpleCNN`. Make",
        ),
        ({"cell_type": "markdown", "source": f"```python\n{NET}\n```"}, "n.ipynb, cell 2 is a Markdown cell"),
        ({"cell_type": "raw", "source": NET.splitlines(True)}, "n.ipynb, cell 2 is a raw cell: it holds"),
        ({**CODE, "source": f"%%bash\n{NET}"}, "n.ipynb, cell 2 begins with %%bash, so that the notebook has nothing"),
        ({**CODE, "source": f"%%javascript\n{NET}"}, "n.ipynb, cell 2 begins with %%javascript"),
        ({**CODE, "source": f"%%timeit\n{NET}"}, "n.ipynb, cell 2 begins with %%timeit"),
        (
            {**CODE, "source": f"{NET}\nx = ("},
            "n.ipynb, cell 2, line 3 has a syntax error, so that none of it runs: it holds",
        ),
        ({**CODE, "source": "SimpleCNN: type = (", "metadata": 3}, "n.ipynb, cell 2, line 1 has a syntax error"),
    ],
)
@pytest.mark.parametrize("stub", ["", f"{NET[:-4]}def forward(self, x):\n        raise NotImplementedError()"])
def test_what_is_missing_is_pointed_at_where_it_does_not_run(
    tmp_path: Path, cell: dict[str, Any], pointed: str, stub: str
) -> None:
    first = {**CODE, "source": f"from torch import nn\n{stub}"}
    written(tmp_path / "n.ipynb", {"cells": [first, cell]})
    definitions = Definitions(tmp_path)
    assert definitions.elsewhere("SimpleCNN").startswith(pointed)
    assert definitions.elsewhere("Simple") == definitions.elsewhere("CNN") == ""
    if not stub:
        with pytest.raises(Missing) as missing:
            definitions.load("SimpleCNN")
        assert str(missing.value).splitlines()[1].startswith(pointed)


def test_what_is_missing_is_pointed_at_in_other_files(tmp_path: Path) -> None:
    written(tmp_path / "cut.ipynb", json.dumps({"cells": [{**CODE, "source": [NET]}]}, indent=1)[:-20])
    written(tmp_path / "notes.txt", "def train(model):\n    ...")
    definitions = Definitions(tmp_path)
    assert definitions.elsewhere("SimpleCNN") == (
        f"cut.ipynb could not be read: it holds `class SimpleCNN`. {definitions.lost[0]}"
    )
    assert definitions.elsewhere("train").startswith(
        "notes.txt is neither a notebook nor a script: it holds `def train`"
    )
    with pytest.raises(Missing, match=r"It may be in a part that could not be read: cut\.ipynb is cut off"):
        definitions.load("other")


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


def test_the_grader_is_told_what_is_lost_and_what_stands_elsewhere(fork_server: ForkServer, tmp_path: Path) -> None:
    """Also for a stub that nobody touched, below which the class stands in a Markdown cell."""
    stub = "class Net:\n    def __init__(self):\n        raise NotImplementedError()"
    cells = [{**CODE, "source": stub}, {"cell_type": "markdown", "source": "class Net:\n    size = 1"}]
    written(tmp_path / "4_n.ipynb", {"cells": cells})
    written(tmp_path / "m.ipynb", "")
    tasks = [Task(id="net", notebook="4_n", title="", definitions=["Net", "other"], checks={"works": 1})]
    with StudentProcess(fork_server, tmp_path, Limits()) as student_process:
        reading = student_process.describe()
        source = student_process.source(tasks)
        with pytest.raises(StudentError, match=r"`Net` is not filled in yet\.\n4_n\.ipynb, cell 2 is a Markdown cell"):
            student_process.ask("autograder.labs.kinds.value_procedures:values", ["Net"], {}, {"names": ["Net"]})
    assert reading.lost == reading.problems
    assert [words.partition(":")[0] for words in reading.lost] == ["m.ipynb is empty"]
    assert [(name, words[:32]) for name, words in source.elsewhere.items()] == [
        ("net: Net", "4_n.ipynb, cell 2 is a Markdown ")
    ]


def test_the_marker_hears_of_a_notebook_that_is_another_version_by_its_name(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    def put(name: str, *cells: str) -> None:
        written(tmp_path / name, {"cells": [{**CODE, "source": cell} for cell in cells]})

    stub = "def loss():\n    raise NotImplementedError()"
    put(
        "4_n.ipynb",
        "class Net:\n    x = 1",
        "def train():\n    return 1",
        "def test(): raise NotImplementedError",
        stub,
    )
    put("4_n_v2.ipynb", "class Net:\n    x = 2", "def train():\n    return 2", "def loss():\n    return 2")
    put("old 4_N.ipynb", "class Net:\n    x = 1  # the same", "def train():\n    return 0", stub)
    put("5_m.ipynb", "class Net:\n    x = 3", "def test():\n    return 2", stub)
    definitions = ["Net", "train", "test", "loss"]
    task = Task(id="net", title="", notebook="4_n", definitions=definitions, checks={"a": 1})
    with StudentProcess(fork_server, tmp_path, Limits()) as student_process:
        flags = flags_of_rivals(student_process.source([task]).rivals)
    assert flags == [
        "4_n_v2.ipynb and 4_n.ipynb may be two versions of one notebook. The `Net` and `train` that count are those of"
        " 4_n.ipynb. See whether they are the right ones.",
        "old 4_N.ipynb and 4_n.ipynb may be two versions of one notebook. The `train` that counts is that of 4_n.ipynb."
        " See whether it is the right one.",
        "4_n.ipynb and 4_n_v2.ipynb may be two versions of one notebook. The `loss` that counts is that of"
        " 4_n_v2.ipynb. See whether it is the right one.",
    ]


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
        assert student_process.describe().problems == ["new.ipynb, cell 2: left out, it begins with %%bash"]
        answer = student_process.ask(network_procedures.outputs, ["Wrapped"], {}, arguments)
    assert (answer["outputs"][0] == 1 + 1 + 28 + 2 + 2).all()
