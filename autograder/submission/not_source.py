"""What a file is that should be a notebook or a script and is none: what it is, how that comes about, what to do."""

from __future__ import annotations

import codecs
import json
import re

CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)
INTERRUPTED = "saving, copying or uploading it was interrupted"
AGAIN = "Open it where you wrote it, save it, and hand in that file."
# How a file of another kind begins.
BEGINS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "is a zip archive or an Office document. Hand in the notebooks and scripts themselves."),
    (b"%PDF", "is a PDF: the work was printed, not saved. Hand in the notebook itself."),
    (b"{\\rtf", "is a rich text document, which TextEdit and WordPad save. Save it as plain text."),
    (b"\x1f\x8b", "is a gzip archive. Hand in the notebooks and scripts themselves."),
    (b"\x89PNG", "is a picture. Hand in the notebook or script itself."),
    (b"\xff\xd8\xff", "is a picture. Hand in the notebook or script itself."),
    (b"[InternetShortcut]", "is a shortcut to a web page, not the file itself. Download the file and hand it in."),
    (
        b"version https://git-lfs",
        "is a git-lfs pointer, not the file itself, which git-lfs has not fetched. Run `git lfs pull` first.",
    ),
    (
        b"<",
        "is a web page, not the file itself: a page that shows it was saved, or one that asks to log in. Download the"
        " file (in Jupyter and Colab: File > Download; on GitHub: Download raw file).",
    ),
)
UTF16 = "is UTF-16 text, as Windows' Notepad (“Unicode”) and PowerShell's `>` write it. Save it as UTF-8."


class Unreadable(ValueError):
    """The file is not what its name says; the text goes on from the file's name: "is empty: …"."""


def what_it_is(content: bytes | str, error: json.JSONDecodeError | None = None) -> str:
    """What a file is that no reader can read, from its name on; `error` is that of a notebook's.

    Empty for a script of which nothing is known.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    start = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF16
    for begin, words in BEGINS:
        if start.startswith(begin) and not CONFLICT.match(start[:8].decode("utf-8", "replace")):
            return words
    if b"\0" in data:
        if not data.strip(b"\0"):
            return f"holds nothing but zeros: {INTERRUPTED}. {AGAIN}"
        halves = data[:98:2], data[1:99:2]
        return UTF16 if b"" in [half.strip(b"\0") for half in halves] else f"is damaged: it is no text. {AGAIN}"
    return _broken_json(data.decode("utf-8", "replace"), error) if error is not None else ""


def _broken_json(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong with a notebook that is text and no JSON."""
    conflict = CONFLICT.search(text)
    if not text.strip():
        return f"is empty: {INTERRUPTED}. {AGAIN}"
    if conflict:
        return (
            f"has merge conflict markers (line {_line(text, conflict.start())}): git could not merge two versions. Keep"
            " one of them (`git checkout --ours` or `--theirs` with the file's name), open it in Jupyter, and save it."
        )
    if not text.lstrip().startswith("{"):
        return f"is not a notebook. {AGAIN}"
    # A string that is cut off is told by where it begins.
    if error.msg.startswith("Unterminated string") or error.pos >= len(text.rstrip()):
        return f"is cut off (line {_line(text, len(text.rstrip()))}): {INTERRUPTED}. {AGAIN}"
    return f"is damaged (line {error.lineno}: {error.msg}). Jupyter cannot open it either; hand in an earlier copy."


def _line(text: str, offset: int) -> int:
    return text[:offset].count("\n") + 1
