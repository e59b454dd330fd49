"""The room of a student process: a folder with its copy of the submission and a scratch folder. Makes it, measures it,
removes it, whatever student code left there."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ENTRIES, DEPTH = 20_000, 60  # of files and folders in a room; more than that counts as too much
REMOVAL_SECONDS = 20.0


def make_room(room: str, submission: str, owner: int | None = None) -> None:
    """Copies the submission into the room and makes the scratch folder; root gives both to the user `owner`."""
    shutil.copytree(submission, f"{room}/submission")
    Path(room, "scratch").mkdir()
    if owner is not None and os.geteuid() == 0:
        for folder, _, names in os.walk(room):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, owner, owner)


def used(room: str, processes: list[int]) -> float:
    """The bytes in the room, including files that are still open but have been deleted; infinite if there are too many
    files or folders to count."""
    files: dict[tuple[int, int], int] = {}
    try:
        for entry in _walk(room):
            found = entry.stat(follow_symlinks=False)
            files[found.st_dev, found.st_ino] = found.st_blocks * 512
    except (OSError, OverflowError) as error:
        return 0 if isinstance(error, FileNotFoundError) else math.inf  # a file was just removed: 0 for now
    device = os.stat(room).st_dev
    for process in processes:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(OSError):
                    found = os.stat(f"/proc/{process}/fd/{name}")
                    if found.st_dev == device and not found.st_nlink:
                        files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(files.values())


def remove(path: str) -> None:
    """Removes a folder and everything in it, however deep it is and whatever its permissions are."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32" or not _awkward(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            _remove_by_program(path)


def _walk(room: str) -> Iterator[os.DirEntry[str]]:
    """All entries below the room. Goes by open folders, since a path can be longer than the system allows.

    Raises `OverflowError` if there are too many of them, or they are nested too deeply.
    """
    count = 0
    to_do = [(os.open(room, os.O_RDONLY | os.O_DIRECTORY), 0)]
    try:
        while to_do:
            folder, depth = to_do.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        count += 1
                        if count > ENTRIES or depth > DEPTH:
                            raise OverflowError
                        yield entry
                        if entry.is_dir(follow_symlinks=False):
                            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                            to_do.append((os.open(entry.name, flags, dir_fd=folder), depth + 1))
            finally:
                os.close(folder)
    finally:
        for folder, _ in to_do:
            os.close(folder)


def _awkward(path: str) -> bool:
    """Whether Python's own functions could fail to remove it."""
    try:
        for _ in _walk(path):
            pass
    except (OSError, OverflowError):
        return True
    return False


def _remove_by_program(path: str) -> None:
    """Removes a folder with the system's tools, which do not recurse and accept long names."""
    for command in (["chmod", "-R", "u+rwx", path], ["rm", "-rf", path]):
        program = shutil.which(command[0], path=os.defpath)
        if program is not None:
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run([program, *command[1:]], capture_output=True, timeout=REMOVAL_SECONDS)
