"""What a notebook's first cell calls: makes the notebook work where it is opened, and says in one line what it did.

The cell imports this module from the students' wheel itself if the package is not installed yet, so until then there is
nothing but the standard library. `build/first_cell.py` writes the cell.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

CONTENT = Path("/content")  # Colab's folder, which is lost with the session
KEYS = Path(__file__).parent / "keys"  # only in the students' package
PATIENCE = 30  # seconds for a file
GITHUB = re.compile(r"https://github\.com/([^/]+)/([^/]+)/tree/([^/]+)/?(.*?)/?$")  # owner, repository, branch, folder


class StartError(Exception):
    """The notebook cannot begin; the message says what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of the traceback."""
        return [str(self)]


def here(lab: str) -> None:
    """Installs what is missing, works in the lab's folder in Colab, and prints one line."""
    wheel = next((place for place in Path(__file__).parents if place.suffix == ".whl"), None)
    if wheel is None:
        needs = metadata.requires(f"{lab}-autograder") if _is_students() else []
        _begin(lab, _installed(_missing(needs or [])))
        return
    _refuse(stranger([place for place in sys.path if place != str(wheel)]))
    (own,) = metadata.distributions(path=[str(wheel)])
    done = _installed(_missing(own.requires or []))
    done = [*_installed([str(wheel)], "--no-deps", "--force-reinstall"), *done]
    # What was imported from the file makes room for what is installed.
    sys.path.remove(str(wheel))
    for name in [name for name in sys.modules if name.partition(".")[0] == "autograder"]:
        del sys.modules[name]
    importlib.invalidate_caches()
    importlib.import_module("autograder.start")._begin(lab, done)


def files_at(address: str) -> str:
    """Where the files of the folder at `address` are: at GitHub, elsewhere than the page that shows them."""
    found = GITHUB.match(address)
    if found is None:
        return address.rstrip("/")
    owner, repository, branch, folder = found.groups()
    return f"https://raw.githubusercontent.com/{owner}/{repository}/{branch}/{folder}".rstrip("/")


def _begin(lab: str, done: list[str]) -> None:
    if _is_students():
        _refuse(stranger(sys.path))
    if "google.colab" in sys.modules:
        done += _in_colab(lab)
    from autograder.sandbox.student_notebook import best_device

    told = "; ".join([*done, f"ready: networks run on {best_device()}"])
    print(f"{told[0].upper()}{told[1:]}.")


def _is_students() -> bool:
    """Whether this is the students' package, and not the course's own checkout."""
    return KEYS.is_dir()


def _missing(needs: list[str]) -> list[str]:
    """Those of a package's needs that are not here, or too old."""
    found = []
    for need in needs:
        name = re.match(r"[\w.-]+", need)
        if name is None or ";" in need:
            continue
        try:
            there = metadata.version(name[0])
        except metadata.PackageNotFoundError:
            found.append(need)
            continue
        floor = re.search(r">=\s*([\d.]+)", need)
        if floor is not None and _numbers(there) < _numbers(floor[1]):
            found.append(need)
    return found


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]


def _installed(what: list[str], *options: str) -> list[str]:
    """Has pip install packages or a file; returns what was done."""
    if not what:
        return []
    names = [re.split(r"[ <>=!~(]", Path(each).name)[0].removesuffix("-py3-none-any.whl") for each in what]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options, *what]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise StartError(
            f"{', '.join(names)} could not be installed: {said[-1] if said else 'pip says nothing'}\n"
            f"Try it in a terminal, restart the kernel, and run this cell again:  {subprocess.list2cmdline(command)}"
        )
    return [f"installed {', '.join(names)}"]


def _refuse(reason: str) -> None:
    if reason:
        raise StartError(reason)


def stranger(places: list[str]) -> str:
    """What to do where another package called `autograder` is in this one's place, else "". There is one on PyPI."""
    found = importlib.machinery.PathFinder.find_spec("autograder", places)
    folders = (found.submodule_search_locations if found is not None else None) or []
    versions = [each.version for each in metadata.distributions(name="autograder")]
    if not versions and (found is None or any(Path(folder, "manifest.py").exists() for folder in folders)):
        return ""
    names = {each.metadata["Name"] or "" for each in metadata.distributions()}
    ours = sorted(name for name in names if name.endswith("-autograder"))
    return (
        f"Another package called `autograder` ({', '.join(versions) or 'not ours'}) is in the place of this lab's."
        f" Run  %pip uninstall --yes {' '.join(['autograder', *ours])}  in a cell, restart the kernel, and run the"
        " first cell again. (Don't run `pip install autograder`: that one is not ours.)"
    )


def _in_colab(lab: str) -> list[str]:
    """Works in the lab's folder in Drive, with what students get; returns what was done."""
    done, folder = [], CONTENT / lab
    drive = CONTENT / "drive" / "MyDrive"
    try:
        if not drive.is_dir():
            from google.colab import drive as drives

            drives.mount(str(CONTENT / "drive"))
        folder = drive / lab
        folder.mkdir(exist_ok=True)
    except Exception:  # whatever Colab raises where someone says no
        done.append("Drive is not connected, so what you make is lost at the end of the session")
        folder = CONTENT / lab
        folder.mkdir(exist_ok=True)
    os.chdir(folder)
    done.append(f"works in {folder}")
    return [*done, *_fetched(lab, folder)]


def _fetched(lab: str, folder: Path) -> list[str]:
    """Fetches what students get, and is not in the folder yet, from the address in `course.yml`."""
    import yaml

    text = (KEYS / "course.yml").read_text(encoding="utf-8")
    assignment: dict[str, Any] = yaml.safe_load(text)["assignments"].get(lab, {})
    if not assignment.get("address"):
        return []
    lacking = [name for name in assignment["support"] if not (folder / name).exists()]

    def fetch(name: str) -> str:
        target = folder / name
        try:
            with urllib.request.urlopen(
                f"{files_at(assignment['address'])}/{urllib.parse.quote(name)}", timeout=PATIENCE
            ) as file:
                content = file.read()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            return f"{name} could not be fetched ({error})"
        return ""

    with ThreadPoolExecutor(8) as pool:
        problems = [problem for problem in pool.map(fetch, lacking) if problem]
    count = len(lacking) - len(problems)
    return [*([f"fetched {count} files"] if count else []), *problems[:1]]
