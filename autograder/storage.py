"""What can be stored, and how: text without lone surrogates, and files that are written as a whole or not at all.

Readers never see half of a file, and an interrupted write changes nothing.
"""

from __future__ import annotations

import os
from pathlib import Path


def storable(text: str) -> str:
    r"""Text as files hold it: lone surrogates, which UTF-8 cannot encode, become six characters such as `"\udcff"`.

    They come from names that are not UTF-8 and from what student code says. All text becomes storable where it enters:
    names in `autograder/submission/`, what students' processes say in `sandbox/wire.py`.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_whole(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Writes `content` to `path`, makes the folders above it, and returns `path`. Line ends are written as they are.

    The text is written to a file beside it, which then takes its place. Raises `OSError`.
    """
    data = content if isinstance(content, bytes) else content.encode(encoding)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A file name has 255 bytes at most, a character up to four: names that students chose may be that long.
    unfinished = path.with_name(f".{path.name[:55]}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path
