"""What can be stored and printed, and how: text without lone surrogates, files that are written as a whole or not
at all, streams of any encoding.

Readers never see half of a file, and an interrupted write changes nothing.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, overload

IN_ASCII = {"✓": "+", "✗": "x", "◐": "~", "○": "o", "↑": "^", "→": "->", "…": "...", "–": "-", "×": "x", "·": "-"}


class LinkError(Exception):
    """A file was to be written or removed over a symbolic link; the message names the link."""


def refuse_links(paths: Iterable[Path]) -> None:
    """Raises `LinkError` if one of these, or anything below, is a symbolic link: it could lead to any file.

    A folder that was unpacked, or that others can write to, may hold one.
    """
    for path in paths:
        below = (Path(root, name) for root, folders, files in os.walk(path) for name in (*folders, *files))
        for found in (path, *below) if not path.is_symlink() else (path,):
            if found.is_symlink():
                raise LinkError(f"{found}: is a symbolic link, through which nothing is written; remove it")


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: object) -> object: ...
def storable(text: object) -> object:
    r"""Text as files hold it: lone surrogates, which UTF-8 cannot encode, become six characters such as `"\udcff"`.

    They come from names that are not UTF-8 and from what student code says. All text becomes storable where it enters:
    names in `autograder/submission/`, what students' processes say in `sandbox/wire.py`.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(text, str) else text


def write_whole(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Writes `content` to `path`, makes the folders above it, and returns `path`. Line ends are written as they are.

    The text is written to a file beside it, which then takes its place. Raises `OSError`.
    """
    data = content if isinstance(content, bytes) else content.encode(encoding)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A file name has 255 bytes at most, a character up to four: names that students chose may be that long.
    unfinished = path.with_name(f".{path.name[:55]}.{os.getpid()}.tmp")
    try:
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as file:  # "x" follows no link that somebody has put there
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def take_all_text(stream: Any) -> None:
    """Lets a text stream take every character: for one that its encoding lacks, the nearest in ASCII or `?` is written.

    On Windows, the encoding of a pipe often has 256 characters, and `✓` is none of them.
    """
    if getattr(stream, "errors", "") == "strict" and hasattr(stream, "reconfigure"):
        codecs.register_error("autograder", _nearest)
        stream.reconfigure(errors="autograder")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(IN_ASCII.get(character, "?") for character in lacking), error.end
