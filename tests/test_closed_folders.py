"""Where the user that student code runs as is shut out of a folder, is it that folder which the marker reads?"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from autograder.sandbox import closed_folders

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
]
USER = 54321
AS = f"Student code runs not as root but as the user {USER}, who cannot "


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can enter; pytest's own is closed."""
    folder = Path(os.path.realpath(tempfile.mkdtemp()))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_the_user(ask: Callable[[], Any]) -> Any:
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.setgroups([])
            os.setresgid(USER, USER, USER)
            os.setresuid(USER, USER, USER)
            os.write(writing, json.dumps(ask()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        return json.loads(answer.read())


LIBRARY, PACKAGES = "home/python/lib/python3.13", "home/venv/lib/python3.13/site-packages"
CLOSED = {  # what is closed: its mode, and what is told
    "home": (
        0o700,
        "enter {home} (drwx------), the way to Python's standard library ({library}) and the installed packages"
        " ({packages}). Install Python and its packages where every user can read them, such as in /opt; or open it to"
        " every user: chmod o+x {home}",
    ),
    "home/python": (0o750, "enter {home}/python (drwxr-x---), the way to Python's standard library ({library}). "),
    LIBRARY: (0o711, "read {library} (drwx--x--x), a part of Python's standard library. "),
    "home/venv": (0o700, "enter {home}/venv (drwx------), the way to the installed packages ({packages}). "),
    f"{PACKAGES}/torch": (0o700, "read {packages}/torch (drwx------), a part of the installed packages. "),
    f"{PACKAGES}/six.py": (0o600, "read {packages}/six.py (-rw-------), a part of the installed packages. "),
}


@pytest.mark.parametrize("shut", CLOSED)
def test_the_folder_that_is_closed_is_named_with_what_lies_behind_it(
    shut: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {}
    for name in (f"{LIBRARY}/os.py", f"{PACKAGES}/six.py", f"{PACKAGES}/torch/__init__.py"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).touch()
        modules[name] = ModuleType(name)
        modules[name].__file__ = str(place / name)
    own = SimpleNamespace(modules=modules, prefix=str(place / "home/venv"), base_prefix=str(place / "home/python"))
    monkeypatch.setattr(closed_folders, "sys", own)
    assert as_the_user(closed_folders.closed_to_python) == []
    mode, sentence = CLOSED[shut]
    (place / shut).chmod(mode)
    [told] = as_the_user(closed_folders.closed_to_python)
    home = place / "home"
    assert told.startswith(AS + sentence.format(home=home, library=place / LIBRARY, packages=place / PACKAGES))
    if shut != "home":  # one command opens all of it
        assert told.endswith(f"chmod -R o+rX {home / ('python' if 'python/' in f'{shut}/' else 'venv')}")


def test_packages_that_the_sandbox_does_not_show_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {name: ModuleType(name) for name in ("torch", "numpy")}
    for name, module in modules.items():
        module.__file__ = f"/not/shown/site-packages/{name}/__init__.py"
    monkeypatch.setattr(closed_folders, "sys", SimpleNamespace(modules=modules, prefix="/venv", base_prefix="/python"))
    [told] = closed_folders.closed_to_python()
    assert told.startswith(
        "The sandbox does not show /not/shown/site-packages, where torch, numpy are: it shows Python"
    )


def test_a_link_leads_to_the_folder_that_is_closed(place: Path) -> None:
    (place / "own" / "tmp").mkdir(parents=True)
    (place / "tmp").symlink_to("own/tmp")
    (place / "own").chmod(0o700)

    def told() -> str:
        try:
            os.chdir(place / "tmp")
        except OSError as error:
            return closed_folders.why_denied(error, "its working folder")
        return "nothing"

    assert as_the_user(told) == (
        f"{AS}enter {place}/own (drwx------), the way to its working folder ({place}/tmp). Set TMPDIR to a folder that"
        f" every user can enter, such as /tmp; or open it to every user: chmod o+x {place}/own"
    )


def test_what_is_not_there_is_not_called_closed(place: Path) -> None:
    assert as_the_user(lambda: closed_folders.closed(str(place / "nowhere" / "file"))) is None
    assert as_the_user(lambda: closed_folders.why_denied(FileNotFoundError(2, "No", str(place)), "")) == ""
