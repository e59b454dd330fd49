"""Is copied code found whatever it was renamed to, and is nobody suspected for having solved the same task?"""

from __future__ import annotations

import ast
import builtins
import keyword
import random
import re
from functools import cache
from pathlib import Path

import pytest

from autograder.grading.flags import flagged, reference_code, released_code
from autograder.grading.likeness import LEAST, SHARE, Pair, fingerprints, groups, near_equal
from autograder.results import CheckResult, StudentResult, TaskResult
from autograder.submission.definitions import Definitions
from autograder.submission.effective import effective
from autograder.submission.excerpt import compared_code
from tests.conftest import ROOT
from tests.judging import LAB, REFERENCE

RELEASE = ROOT / "release" / "lab4"
NAMES = {name for task in LAB.assignment.tasks for name in task.definitions}


@cache
def sample(name: str) -> dict[str, str]:
    """The code of a student of the sample class."""
    definitions = Definitions(ROOT / "tests" / "submissions" / name)
    return {
        task.id: compared_code(definitions, task.definitions, task.notebook, NAMES) for task in LAB.assignment.tasks
    }


def honest() -> dict[str, list[str]]:
    """Right answers that students could have written, task by task."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests" / "accepted").glob("*/*.py")):
        text = re.sub(r"^(?:import|from) .*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found.setdefault(path.parent.name, []).append("\n".join(map(effective, ast.parse(text).body)))
    return found


def disguised(code: dict[str, str]) -> dict[str, str]:
    """What somebody makes of another's code who does not want that to be seen."""
    words = {word for text in code.values() for word in re.findall(r"(?<![.\w])[a-z]\w{2,}|(?<=self\.)\w+", text)}
    names = sorted(words - {*dir(builtins), *keyword.kwlist, "self", "torch"})
    new = {name: f"my_{number}" for number, name in enumerate(names)}
    changed = {}
    for task, text in code.items():
        text = re.sub(r"\b\w+\b", lambda word: new.get(word[0], word[0]), text)
        text = re.sub(r'"""[\s\S]*?"""', '"""Mine."""', text)
        changed[task] = re.sub(r"\n", "   # all my own work\n\n", text)
    return changed


def pairs(class_: dict[str, dict[str, str]]) -> list[Pair]:
    return near_equal(class_, released_code(RELEASE))


def test_a_disguised_copy_is_found_in_a_class_of_honest_people() -> None:
    """People who share no answer, people who share three of fourteen, and two copies."""
    draw = random.Random(4)
    answers = honest()
    class_ = {f"s{i:02}": {task: draw.choice(texts) for task, texts in answers.items()} for i in range(60)}
    class_ |= {name: sample(name) for name in ("reference", "style-functional", "style-objects", "awkward")}
    assert pairs(class_) == []
    class_["eve"] = disguised(sample("style-objects"))
    class_["mallory"] = disguised(class_["s07"])
    found = pairs(class_)
    assert [(pair.first, pair.second) for pair in found] == [("eve", "style-objects"), ("mallory", "s07")]
    assert all(pair.share > 0.8 for pair in found), found
    assert len(found[0].tasks) >= 12


def test_one_change_does_not_hide_a_copy() -> None:
    (pair,) = pairs({"a": sample("reference"), "b": sample("dropout-always-on")})
    assert SHARE < pair.share < 1
    assert "train-evaluate" in pair.tasks


IDLE = ["pass", "0", "...", "assert True", "_ = [3 ** 2, 4]", "if 0:\n    print(1)", "self = self", "True and None"]


class Noise(ast.NodeTransformer):
    """Puts a statement without effect between all others, a condition into each call, and much that is idle first."""

    def __init__(self) -> None:
        self.draw = random.Random(4)

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        node.func = ast.IfExp(ast.Constant(1), node.func, ast.Constant(0))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        first = f"_ = [{', '.join(['3 ** 2'] * 2600)}]"
        node.body = [part for one in node.body for part in (*ast.parse(self.draw.choice(IDLE)).body, one)]
        if node.name != "__init__" and node.name != "forward":
            node.body.insert(0, ast.parse(first).body[0])
        return node


def test_what_does_nothing_does_not_hide_a_copy(tmp_path: Path) -> None:
    for path in REFERENCE.glob("4_*.py"):
        text = ast.unparse(ast.fix_missing_locations(Noise().visit(ast.parse(path.read_text(encoding="utf-8")))))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    (pair,) = pairs({"a": sample("reference"), "b": reference_code(tmp_path, LAB.assignment)})
    assert pair.share > 0.95
    assert len(pair.tasks) >= 14


@pytest.mark.parametrize(
    ("code", "left"),
    [
        (
            "def f(x: int) -> int:\n    'What.'\n    y: int = x\n    return (y)\n    print(1)",
            "def f(x):\n    y = x\n    return y",
        ),
        ("def f():\n    unused = 1\n    kept = g()", "def f():\n    kept = g()"),
        ("def f():\n    global seen\n    seen = 1", "def f():\n    global seen\n    seen = 1"),
        ("if not 1 == 2:\n    f()\nelse:\n    g()", "f()"),
        ("while False:\n    f()", ""),
        ("class A:\n    'Only words.'", "class A:\n    pass"),
        ("x = (True and f)([g, h][1])", "x = f(h)"),
        ("x = y or f()", "x = y or f()"),
    ],
)
def test_what_is_compared_has_an_effect(code: str, left: str) -> None:
    (node,) = ast.parse(code).body
    before = ast.dump(node)
    assert effective(node) == left
    assert ast.dump(node) == before  # it will run


def test_code_that_is_too_deep_is_not_compared() -> None:
    node: ast.expr = ast.Name("x", ast.Load())
    for _ in range(5000):
        node = ast.UnaryOp(ast.USub(), node)
    assert effective(ast.Expr(node)) == ""


def test_padding_does_not_hide_a_copy() -> None:
    padding = "\n".join(honest()["load-image"] + honest()["train-evaluate"])
    padded = {task: f"{text}\n{padding}" for task, text in sample("style-objects").items()}
    (pair,) = pairs({"a": sample("style-objects"), "b": padded})
    assert pair.share > 0.9


def test_short_work_is_no_evidence() -> None:
    """The first network leaves little choice: that two have the same is no wonder."""
    short = {"simple-cnn": sample("reference")["simple-cnn"]}
    assert 0 < len(fingerprints(short["simple-cnn"])) < LEAST
    assert pairs({"a": short, "b": dict(short)}) == []


def test_what_everybody_was_given_does_not_count() -> None:
    given = {f"cell {number}": text for number, text in enumerate(released_code(RELEASE))}
    assert len(set().union(*map(fingerprints, given.values()))) > LEAST
    assert pairs({"a": given, "b": given}) == []


@pytest.mark.parametrize("many", [2, 20, 21, 50])
def test_what_many_share_is_found_like_what_two_share(many: int) -> None:
    common = sample("reference")
    class_ = {f"s{i:02}": {**common, "own": "\n".join(own_way(str(i)).splitlines()[:8])} for i in range(many)}
    honest_ = {"eve": sample("style-objects"), "mallory": sample("awkward")}
    found = pairs(class_ | honest_)
    assert len(found) == many * (many - 1) / 2
    assert all(SHARE < pair.share < 1 for pair in found)
    (group,) = groups(found)
    assert {name for pair in group for name in (pair.first, pair.second)} == set(class_)
    mixed = {name: {**common, "own": own_way(name)} for name in class_}  # as much of their own
    assert pairs(mixed) == []


def own_way(seed: str) -> str:
    """Much code that nobody else has written."""
    draw = random.Random(seed)
    return "\n".join(f"x = y {' y '.join(draw.choices('+-*/%@|&^<>', k=20))} y" for _ in range(60))


@pytest.mark.parametrize(
    "text", ["", "'" * 5000, '"""' * 5001, "(" * 5000, "\\\n" * 3000, "'" + "\\'" * 9000, "\x00\ud800é\u2028" * 999]
)
def test_any_text_can_be_compared(text: str) -> None:
    assert isinstance(near_equal({"a": {"t": text}, "b": {"t": text + "x"}}), list)


# --- as the marker sees it --------------------------------------------------------------------------------------------


def student(name: str, code: dict[str, str], *statuses: str) -> StudentResult:
    checks = [
        CheckResult(id=f"c{i}", status=status, score=0, max_score=1, public=True) for i, status in enumerate(statuses)
    ]
    tasks = [TaskResult(id=task, score=0, max_score=0, code=text) for task, text in code.items()]
    tasks.append(TaskResult(id="checked", score=0, max_score=len(checks), checks=checks))
    withheld = "error" in statuses
    return StudentResult(
        student=name,
        status="withheld" if withheld else "marked",
        score=None if withheld else 0,
        max_score=len(checks),
        tasks=tasks,
        flags=["of the submission alone"],
    )


def test_flags_name_the_others_and_the_reference() -> None:
    theirs = reference_code(REFERENCE, LAB.assignment)
    class_ = [
        student("ada", sample("style-objects")),
        student("bob", disguised(sample("style-objects"))),
        student("cy", theirs),
        student("reference", sample("style-functional")),  # a student of that name
    ]
    found = {one.student: one.flags for one in flagged(class_, REFERENCE, LAB.assignment, RELEASE)}
    assert all(flags[0] == "of the submission alone" for flags in found.values())
    assert re.search(r": ada and bob share \d+% of it, ", found["ada"][1])
    assert found["bob"] == found["ada"]  # one sentence for both
    assert "cy and the reference share 100% of it, in every task." in found["cy"][1]
    assert len(found["reference"]) == 1


def test_errors_of_the_grader_are_flagged() -> None:
    some, all_ = flagged([student("a", {}, "passed", "error"), student("b", {}, "error", "error")], None)
    assert "The grader failed on checked/c1" in some.flags[1]
    assert "on the whole submission" in all_.flags[1]
