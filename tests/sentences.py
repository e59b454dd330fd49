"""`make sentences`: every sentence that a student can get, in one list, to be read by someone who writes good English.

    python -m tests.sentences [--task TASK]

Checks and known mistakes come task by task. Then, file by file, come the messages and hints of the judge, of the labs'
checks and of the sandbox: the string literals of several words in modules that write to students, without docstrings
and the grader's own errors. What a message fills in is shown in braces. `--task` prints only what belongs to that task
and to the checks of its notebook.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

from autograder.labs.catalogue import check_files
from autograder.manifest import PACKAGE
from tests.judging import LAB

# Where messages to students are written. The sandbox says little; these of its modules do.
SPEAKING = [
    *("judge/*.py", "labs/**/*.py", "submission/definitions.py"),
    *("sandbox/client.py", "sandbox/own_*.py", "sandbox/respondent.py", "sandbox/student.py", "sandbox/weight*.py"),
]
# These speak to teachers, to markers, or only to the checks.
SILENT = re.compile(r"(bank|oracle|catalogue|conftest|lab|.*procedures|drawn_pictures)\.py")
NEVER = {"BankError", "OracleError", "ChecksError", "CourseError", "ForkServerError", "SandboxError"}  # to a student
FILLED_IN = re.compile(r"\{[^{}]*\}")
WORDS = re.compile(r"[A-Za-z`]{2,}.*\s.*[A-Za-z`]{2,}")
PATTERN = re.compile(r"\(\?|\\[wds]")  # a regular expression is no sentence


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """The line and the text of each sentence in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            silent |= {id(statement.value) for statement in node.body if isinstance(statement, ast.Expr)}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NEVER:
            silent |= {id(inner) for inner in ast.walk(node)}

    def visit(node: ast.AST) -> Iterator[tuple[int, str]]:
        text = None if id(node) in silent else _text(node)
        if text is not None:
            if WORDS.search(FILLED_IN.sub("…", " ".join(text.split()))) and not PATTERN.search(text):
                yield node.lineno, text  # type: ignore[attr-defined]
            return
        for inner in ast.iter_child_nodes(node):
            yield from visit(inner)

    yield from visit(tree)


def _text(node: ast.AST) -> str | None:
    """The text of a literal, an f-string, or a sum in which there is one; what is filled in is named in braces."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or f"{{{ast.unparse(part.value)}}}" for part in node.values)  # type: ignore[attr-defined]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        if left is None and right is None:
            return None
        return "".join(
            f"{{{ast.unparse(side)}}}" if text is None else text
            for side, text in ((node.left, left), (node.right, right))
        )
    return None


def _place(path: Path, line: int) -> str:
    return f"{path.relative_to(PACKAGE.parent).as_posix()}:{line}"


def _print(title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        print(f"\n# {title}\n")
        for place, text in rows:
            print(f"{place}\n    {' '.join(text.split())}")


def main(given: list[str] | None = None) -> None:
    """Prints the list."""
    parser = argparse.ArgumentParser(description="Every sentence that a student can get.")
    parser.add_argument("--task", choices=LAB.assignment.ids, help="only those of one task")
    only = parser.parse_args(given).task
    bank = LAB.mistakes
    checks = LAB.checks
    for task in LAB.assignment.tasks:
        if only in (None, task.id):
            said = [(_place(one.file, one.lines[0]), one.sentence) for one in checks if one.task == task.id]
            _print(f"Checks of {task.id}", said)
            known = bank.get(task.id, {}).values()
            _print(f"Known mistakes of {task.id}", [(f"{_place(m.file, m.line)} {m.id}", m.sentence) for m in known])
    files = sorted({path for glob in SPEAKING for path in PACKAGE.glob(glob) if not SILENT.fullmatch(path.name)})
    if only:
        files = [path for path in check_files(LAB.folder) if LAB.assignment.task(only).notebook in path.stem]
    for path in files:
        _print(f"Messages of {path.relative_to(PACKAGE)}", [(_place(path, n), text) for n, text in messages(path)])


if __name__ == "__main__":
    main()
