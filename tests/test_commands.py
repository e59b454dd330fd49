"""Does every command that README, CONTRIBUTING and the documentation name exist, with its options?

Each is looked up in its own program's list; nothing of it is run. `RUN_IN` says which test runs it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from markdown_it import MarkdownIt

from autograder.cli import program
from autograder.export.formats import formats
from tests.checkout_copy import copy_checkout, run
from tests.conftest import ROOT

pytestmark = pytest.mark.processes

MADE = ("commands.md", "changelog.md")  # the program's own help texts; what once was
FOLLOWED = ("add-a-task.md", "write-your-own-lab.md")  # whose ```console blocks tests/test_write_your_own_lab.py runs
PAGES = [
    *("README.md", "CONTRIBUTING.md", "reference/lab4/README.md"),
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in MADE),
]
PROGRAMS = Path(sys.executable).parent
SYSTEM = ("cd", "cp", "export", "kubectl", "mkdir", "mv", "sed", "source", "test", "true", "uv")
REFUSING = ("formgrade",)  # is in nbgrader's list, and does nothing but say so
RUN_IN = {
    "autograder build": "test_build.py",
    "autograder check": "test_cli.py",
    "autograder diff": "test_difference.py",
    "autograder doctor": "test_cli.py",
    "autograder export": "test_cli.py",
    "autograder mark": "test_marking.py",
    "autograder new": "test_new.py",
    "autograder override": "test_overrides.py",
    "autograder report": "test_report.py",
    "autograder train": "test_training.py",
    "jupyter lab": "test_formgrader_in_browser.py",
    "nbgrader autograde": "test_nbgrader.py",
    "nbgrader generate_assignment": "test_nbgrader.py",
}


# --- what a page names ------------------------------------------------------------------------------------------------


def commands(page: str) -> list[str]:
    """The commands of a page: its blocks for a shell, its indented blocks, and what it names within a sentence."""
    found: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8")):
        shell = token.type == "fence" and token.info.strip() in ("", "sh", "console")
        if token.type == "code_block" or (shell and not (token.info == "console" and Path(page).name in FOLLOWED)):
            for line in token.content.splitlines():
                found += simple(line.removeprefix("$ "))
        for inner in token.children or ():
            words = inner.content.split()
            if inner.type == "code_inline" and len(words) > 1 and Path(words[0]).name in LISTS:
                found += simple(inner.content)
    return found


def simple(line: str) -> Iterator[str]:
    """The commands of a shell's line one by one, without comments, variables and redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("&|;"):
            if words:
                yield shlex.join(words)
            words = []
        elif words or not re.match(r"[A-Z_]+=", word):
            words.append(word)


# --- what there is ----------------------------------------------------------------------------------------------------


def complaint(command: str) -> str:
    """Why there is no such command; "" if there is."""
    name, *words = shlex.split(command)
    first = Path(name).name
    if first in LISTS:
        return LISTS[first](words)
    if "/" in name and not name.startswith(".venv/"):
        return "" if os.access(ROOT / name, os.X_OK) else f"{name} is no program"
    return "" if first in SYSTEM or (PROGRAMS / first).exists() else f"there is no program {first}"


def _autograder(words: list[str]) -> str:
    command: Any = typer.main.get_command(program())
    while hasattr(command, "commands"):
        if not words or words[0] not in command.commands:
            return f"`{command.name or 'autograder'}` has no command {words[:1]}"
        command, words = command.commands[words[0]], words[1:]
    try:
        given, more, _ = command.make_parser(command.context_class(command)).parse_args(words)
    except Exception as error:  # of typer's own copy of click
        return str(error)
    if given.get("to", "FORMAT") not in (*formats(), "FORMAT"):
        return f"there is no format {given['to']}"
    return f"too many arguments: {more}" if more else ""


def targets() -> list[str]:
    return re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)


def _make(words: list[str]) -> str:
    unknown = [word for word in words if "=" not in word and word not in targets()]
    return f"the Makefile has no {unknown}" if unknown else ""


def _python(words: list[str]) -> str:
    if words[:1] != ["-m"]:
        return ""
    module, *rest = words[1:]
    if module in LISTS:
        return LISTS[module](rest)
    try:
        found = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found is None:
        return f"there is no module {module}"
    if not module.startswith("tests."):
        return ""
    text = Path(found.origin or "").read_text(encoding="utf-8")
    unknown = [word for word in rest if word.startswith("--") and word != "--help" and f'"{word}"' not in text]
    return f"{module} has no {unknown}" if unknown else ""


@cache
def _pytests() -> list[str]:
    """The options of pytest with its plugins, and those of the checks."""
    told = subprocess.run([sys.executable, "-m", "pytest", "--help"], cwd=ROOT, capture_output=True, text=True).stdout
    checks = (ROOT / "autograder" / "labs" / "conftest.py").read_text(encoding="utf-8")
    return re.findall(r"(?<![\w-])--?[a-z][\w-]*", told) + re.findall(r'addoption\("(--[\w-]+)"', checks)


def _pytest(words: list[str]) -> str:
    unknown = [word for word in words if word.startswith("-") and word not in _pytests()]
    named = [word for option, word in itertools.pairwise(["", *words]) if not option.startswith("-")]
    gone = [word for word in named if "/" in word and not (ROOT / word).exists()]
    return f"pytest has no {unknown}" if unknown else f"there are no {gone}" if gone else ""


@cache
def _nbgraders() -> list[str]:
    from nbgrader.apps.nbgraderapp import NbGraderApp

    return [
        name
        for name, (_, about) in NbGraderApp.subcommands.items()
        if name not in REFUSING and "DEPRECATED" not in about
    ]


def _nbgrader(words: list[str]) -> str:
    return "" if words and words[0] in _nbgraders() else f"nbgrader has no {words[:1]}"


def _jupyter(words: list[str]) -> str:
    return "" if words and (PROGRAMS / f"jupyter-{words[0]}").exists() else f"jupyter has no {words[:1]}"


def _dask(words: list[str]) -> str:
    known = [point.name for point in importlib.metadata.entry_points(group="dask_cli")]
    return "" if words and words[0] in known else f"dask has no {words[:1]}"


def _pip(words: list[str]) -> str:
    files = [file for option, file in itertools.pairwise(words) if option in ("-r", "-c")]
    gone = [file for file in files if not (ROOT / file).exists() and not (ROOT / "release" / "lab4" / file).exists()]
    extras = [extra for word in words for extra in re.findall(r"^\.\[(.*)\]$", word)]
    known = importlib.metadata.metadata("lab4-autograder").get_all("Provides-Extra") or []
    unknown = [extra for one in extras for extra in one.split(",") if extra not in known]
    return f"there is no {gone}" if gone else f"pyproject.toml has no {unknown}" if unknown else ""


LISTS: dict[str, Callable[[list[str]], str]] = {
    "autograder": _autograder,
    "dask": _dask,
    "jupyter": _jupyter,
    "make": _make,
    "nbgrader": _nbgrader,
    "pip": _pip,
    "pytest": _pytest,
    "python": _python,
}


# --- tests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists(page: str) -> None:
    missing = {command: complaint(command) for command in commands(page)}
    assert not {command: why for command, why in missing.items() if why}


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    found = commands("README.md")
    assert "make demo" in found  # in an indented block
    assert "autograder mark submitted -o marks" in found
    assert ".ci/run" in found
    assert "autograder build" in commands("docs/instructor.md")  # in a table
    assert "nbgrader autograde lab4" in commands("docs/systems.md")  # in a block for a shell
    assert list(simple("A=1 dask worker & cp a b && make docs  # more")) == ["dask worker", "cp a b", "make docs"]


@pytest.mark.parametrize(
    "command",
    [
        "nbgrader formgrader",
        "nbgrader formgrade",
        "jupyter formgrader",
        "autograder grade submitted",
        "autograder new course",
        "autograder mark submitted -o marks --sandbag namespaces",
        "autograder mark submitted other -o marks",
        "autograder export marks --to paper",
        "make coffee",
        "python -m tests.nothing",
        "python -m tests.mutants --nothing",
        "python -m pytest tests/test_nothing.py",
        "pytest autograder/labs/lab4 --submitted FOLDER",
        "pip install -e '.[nothing]'",
        "dask nothing",
        "nothing at all",
        ".ci/walk",
    ],
)
def test_a_command_that_does_not_exist_is_seen(command: str) -> None:
    assert complaint(command)


def test_every_command_is_run_by_a_test() -> None:
    named = {" ".join(shlex.split(command)[:2]) for page in PAGES for command in commands(page)}
    named = {re.sub(r"^\.venv/bin/", "", name) for name in named}
    for name in sorted(name for name in named if name.split()[0] in ("autograder", "jupyter", "nbgrader")):
        test = (ROOT / "tests" / RUN_IN[name]).read_text(encoding="utf-8")
        assert re.search(rf'"{name.split()[1]}["\s]', test), f"{RUN_IN[name]} does not run `{name}`"


def test_what_make_runs_exists() -> None:
    for target in targets():
        made = subprocess.run(["make", "-n", target, "ARGS="], cwd=ROOT, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        for line in made.stdout.splitlines():
            if line.startswith(".venv/bin/"):
                assert not [why for command in simple(line) if (why := complaint(command))], f"make {target}: {line}"


def test_make_says_what_it_can_make() -> None:
    listed = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert {line.split()[0] for line in listed.splitlines()} == set(targets())


def test_the_parts_of_the_bench_are_listed() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.bench", "--help"], cwd=ROOT, capture_output=True, text=True)
    for page in PAGES:
        for command in commands(page):
            if "tests.bench " in command and not command.endswith("--help"):
                part = shlex.split(command)[3]
                assert re.search(rf"^  {part} ", done.stdout, re.M), command


@pytest.mark.slow
def test_the_demo_ends_with_the_page_of_a_class(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path)
    done = run(checkout, f"{shlex.quote(sys.executable)} -m tests.demo build/demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / "build" / "demo" / "marks" / "index.html").is_file()
