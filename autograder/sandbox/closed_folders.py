"""Which folder keeps the user that student code runs as from a file that it needs, and what the marker can do.

Where root marks, student code runs as another user, who may be shut out of root's own folders. A module that cannot be
read is, to Python, none that exists: without this page, the error would name anything but the cause.
"""

from __future__ import annotations

import os
import stat
import sys
from collections import defaultdict
from pathlib import PurePath
from types import ModuleType

NEEDED = ("torch", "torchvision", "torchbearer", "numpy", "matplotlib", "PIL")
LIBRARY, PACKAGES = "Python's standard library", "the installed packages"
INSTALL = "Install Python and its packages where every user can read them, such as in /opt"
ELSEWHERE = "Set TMPDIR to a folder that every user can enter, such as /tmp"
MANY = 3  # folders that are named, of those that are closed


def closed(path: str) -> str | None:
    """The first folder on the way to `path` that this process's user may not enter, or `path` itself if that may not be
    read; None if it may, or if there is no such file."""
    path = os.path.realpath(path)
    for folder in map(str, reversed(PurePath(path).parents)):
        if not os.access(folder, os.X_OK):
            return folder if os.path.lexists(folder) else None
    readable = os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0))
    return None if readable or not os.path.lexists(path) else path


def closed_to_python() -> list[str]:
    """A sentence or two for each folder that keeps this process's user from what has been imported, and so from what
    student code may import next to it."""
    given = [vars(module).get("__file__") for module in [*sys.modules.values()] if isinstance(module, ModuleType)]
    files = {file for file in given if isinstance(file, str) and os.path.isabs(file)}
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for path in sorted({*files, *map(os.path.dirname, files)}, key=len):
        shut = closed(path) if not os.access(path, os.R_OK if path in files else os.R_OK | os.X_OK) else None
        if shut is not None:
            found[shut].setdefault(_what(path), path)
    told = [_sentences(shut, ways) for shut, ways in found.items()]
    if len(told) > MANY:
        told[MANY:] = [f"{len(told) - MANY} other folders are closed to this user, too."]
    return told or _hidden()


def why_denied(error: BaseException, what: str) -> str:
    """The folder that is to blame for a `PermissionError`, and what to do; empty if it is another error."""
    path = str(error.filename) if isinstance(error, PermissionError) and error.filename else ""
    shut = closed(path) if path else None
    return _sentences(shut, {what: path}) if shut is not None else ""


def _what(path: str) -> str:
    if {"site-packages", "dist-packages"} & {*PurePath(path).parts}:
        return PACKAGES
    if path.startswith(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))):
        return "the copy of this package"
    return LIBRARY


def _sentences(shut: str, ways: dict[str, str]) -> str:
    """`ways` has the paths that begin with `shut`, by what they lead to."""
    user = ("as" if os.stat(shut).st_uid else "not as root but as") + f" the user {os.geteuid()}"
    mode = stat.filemode(os.stat(shut).st_mode)
    itself = any(path == shut for path in ways.values())
    leads = " and ".join(what if itself else f"{what} ({path})" for what, path in ways.items())
    denied = (
        f"cannot {'read' if itself else 'enter'} {shut} ({mode}), {'a part of' if itself else 'the way to'} {leads}"
    )
    own = map(os.path.realpath, (sys.prefix, sys.base_prefix))
    prefix = next((place for place in own if f"{shut}/".startswith(f"{place}/")), None)
    chmod = f"chmod -R o+rX {prefix or shut}" if itself or prefix else f"chmod o+x {shut}"
    move = INSTALL if {*ways} & {LIBRARY, PACKAGES} else ELSEWHERE
    return f"Student code runs {user}, who {denied}. {move}; or open it to every user: {chmod}"


def _hidden() -> list[str]:
    """A sentence if packages that student code needs are in no folder that the sandbox shows."""
    places = {name: os.path.dirname(getattr(sys.modules.get(name), "__file__", None) or "") for name in NEEDED}
    hidden = {name: folder for name, folder in places.items() if folder and not _listed(folder)}
    if not hidden:
        return []
    return [
        f"The sandbox does not show {os.path.dirname(next(iter(hidden.values())))}, where {', '.join(hidden)} are: it"
        f" shows Python's own folders ({sys.prefix}) and /usr. Install them in the environment that runs this command."
    ]


def _listed(folder: str) -> bool:
    try:
        return bool(os.listdir(folder))
    except OSError:
        return False
