"""Can the documentation be built, is it whole, and does every command explain itself?"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from autograder.cli import program
from tests.conftest import ROOT


def sphinx(docs: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", str(docs), str(target)]
    return subprocess.run(command, cwd=docs.parent, capture_output=True, text=True)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A copy of the pages, beside what they take in."""
    for name in ("docs", "autograder"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "mistakes"))
    shutil.copyfile(ROOT / "CHANGELOG.md", tmp_path / "CHANGELOG.md")
    return tmp_path / "docs"


@pytest.mark.processes
def test_the_pages_are_built_and_want_nothing_from_elsewhere(docs: Path, tmp_path: Path) -> None:
    done = sphinx(docs, tmp_path / "built")
    assert done.returncode == 0, done.stderr
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "built").glob("*.html")}
    for page in docs.glob("*.md"):
        assert page.stem in pages
        assert f'href="{page.stem}.html"' in pages["index"] or page.stem == "index", "a reader can't find it"
    for name, text in pages.items():
        loaded = re.findall(
            r'<(?:script|img|iframe)[^>]*src="(https?:[^"]+)"|<link[^>]*stylesheet[^>]*"(https?:[^"]+)"', text
        )
        assert not loaded, f"{name}: not for a reader without a network"
    for command in commands():
        assert command in pages["commands"]


@pytest.mark.processes
def test_a_broken_link_is_an_error(docs: Path, tmp_path: Path) -> None:
    page = docs / "student.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[gone](nowhere.md)\n[gone](marker.md#no-such-heading)\n")
    done = sphinx(docs, tmp_path / "built")
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr
    assert "no-such-heading" in done.stderr


def test_every_file_that_the_structure_names_exists() -> None:
    text = (ROOT / "docs" / "structure.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./-]+(?:\.py|\.yml|/))`", text)
    assert len(named) > 50
    files = {path.name for path in (ROOT / "autograder").rglob("*.py")}
    folders = (ROOT / "autograder", ROOT)
    assert not [name for name in named if name not in files and not any((at / name).exists() for at in folders)]


def commands() -> dict[str, str]:
    """Every command of the program, such as "autograder new task", and its help text."""
    found: dict[str, str] = {}

    def visit(command: object, name: str) -> None:
        inner = getattr(command, "commands", {})
        for word, one in inner.items():
            visit(one, f"{name} {word}")
        if not inner:
            found[name] = getattr(command, "help", "") or ""

    visit(typer.main.get_command(program()), "autograder")
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_gives_an_example(name: str) -> None:
    text = " ".join(commands()[name].split())
    assert f"Example: {name}" in text
