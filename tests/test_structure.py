"""Does the house show itself? One name for one thing, and a lab is named in its own folder alone."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.manifest import PACKAGE
from autograder.submission.versions import SKIPPED

# What every lab has under the same name, and the verbs of the command line, which are named after what they do.
BY_CONTRACT = ("labs/*/procedures.py", "cli/*.py", "**/__init__.py")
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if not SKIPPED & set(path.parts)]


def by_contract(path: Path) -> bool:
    return any(path.relative_to(PACKAGE).match(pattern) for pattern in BY_CONTRACT)


def test_no_class_name_stands_for_two_things() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert len(places) > 100
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_module_name_stands_for_two_things() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        if not by_contract(path):
            places[path.stem].append(path.relative_to(PACKAGE).as_posix())
    assert len(places) > 100
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize(
    "lab", [path.parent for path in sorted(PACKAGE.glob("labs/*/mistakes"))], ids=lambda lab: lab.name
)
def test_a_lab_is_named_in_its_own_folder_alone(lab: Path) -> None:
    """Imports are seen by `lint-imports`; here it is strings that could become a module."""
    named = [
        f"{path.relative_to(PACKAGE)}, line {line}"
        for path in FILES
        if lab not in path.parents
        for line, text in strings(path)
        if lab.name in text and f"{lab.name}-autograder" not in text  # the project's own name
    ]
    assert named == []


def test_a_string_becomes_a_lab_in_one_place() -> None:
    made = [
        path.relative_to(PACKAGE).as_posix()
        for path in FILES
        if path.parent.name != "new"  # which writes import statements
        for _, text in strings(path)
        if "autograder.labs" in text
    ]
    assert made == []
    source = (PACKAGE / "labs" / "lab.py").read_text(encoding="utf-8")
    assert source.count("import_module(") == 1
