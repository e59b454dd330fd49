"""Archives that nobody should trust, drawn from a seed: all formats, odd names, links, bombs, damage."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

FORMATS = ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "7z")
BOMB = 6 * 2**20  # bytes, of which a submission of 1 MB may unpack to four


@dataclass
class Odd:
    """An archive, and what is in it: a token in the name of each entry."""

    path: Path
    tokens: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    damaged: bool = False


@dataclass
class Entry:
    name: str
    content: bytes = b"x = 1\n"
    kind: str = "file"
    """Or "link", "hard link", "device", "pipe", "folder"; in a zip also how it is packed."""


def odd_archive(draw: random.Random, folder: Path, name: str, below: str = "") -> Odd:
    """Makes `folder/name.<format>`, with all entries below the folder `below` of the archive."""
    format = draw.choice(FORMATS)
    odd = Odd(folder / f"{name}.{format}")
    entries = [_entry(draw, number, odd) for number in range(draw.randint(1, 9))]
    if draw.random() < 0.3:  # the same entry twice
        entries.append(draw.choice(entries))
    if draw.random() < 0.3:  # a file and a folder of one name
        entries += [Entry("both-token90"), Entry("both-token90/token91.py")]
        odd.tokens += ["token90", "token91"]
        odd.names += ["both-token90", "both-token90/token91.py"]
        if draw.random() < 0.5:
            entries[-2:] = reversed(entries[-2:])
    for entry in entries:
        if below and not entry.name.startswith(("/", "..", "C:")):
            entry.name = f"{below}/{entry.name.removeprefix(f'{below}/')}"
    content = {"zip": _zip, "7z": _7z}.get(format, _tar)(entries, format)
    if draw.random() < 0.3:
        odd.damaged = True
        content = _damaged(draw, content)
    odd.path.write_bytes(content)
    return odd


def _entry(draw: random.Random, number: int, odd: Odd) -> Entry:
    token = f"token{number:02}"
    odd.tokens.append(token)
    name = draw.choice(
        [
            f"{token}.py",
            f"lab4/{token}.ipynb",
            f"own/3_{token}.png",
            f"größe-{token}.py",
            f"gro\u0308ße-{token}.py",
            f"new\nline-{token}.py",
            f" {token} .py. ",
            f"{token}-{'n' * 300}.py",
            f"{'d/' * 40}{token}.py",
            f"../{token}.py",
            f"lab4/../../{token}.py",
            f"/tmp/{token}.py",
            f"C:\\{token}.py",
            f"lab4\\{token}.py",
            f"./{token}.py",
            f"a//b/{token}.py",
            f"{token}.IPYNB",
            f"{token}.ipynb.txt",
            f"CON-{token}",
            f".{token}",
        ]
    )
    odd.names.append(name)
    kinds = ["file"] * 8
    kinds += ["link", "hard link", "device", "pipe", "folder", "encrypted", "bad checksum", "bzip2", "lzma", "bomb"]
    kind = draw.choice(kinds)
    content = draw.choice([b"", b"x = 1\n", b'{"cells": [], "nbformat": 4}', draw.randbytes(draw.randint(1, 5000))])
    if kind == "bomb":
        kind, content = "file", bytes(BOMB)
    return Entry(name, content, kind)


def _zip(entries: list[Entry], format: str) -> bytes:
    out = io.BytesIO()
    marked: list[tuple[str, str]] = []
    with zipfile.ZipFile(out, "w") as packed:
        for entry in entries:
            modes = {"link": 0o120777, "device": 0o20666, "pipe": 0o10600, "hard link": 0o120777}
            info = zipfile.ZipInfo(entry.name + "/" * (entry.kind == "folder"))
            info.external_attr = modes.get(entry.kind, 0o100644) << 16
            ways = {"bzip2": zipfile.ZIP_BZIP2, "lzma": zipfile.ZIP_LZMA, "bad checksum": zipfile.ZIP_STORED}
            info.compress_type = ways.get(entry.kind, zipfile.ZIP_DEFLATED)
            packed.writestr(info, b"" if entry.kind == "folder" else entry.content)
            if entry.kind in ("encrypted", "bad checksum"):
                marked.append((info.filename, entry.kind))
        infos = [(info.filename, info.header_offset) for info in packed.infolist()]
    data = bytearray(out.getvalue())
    central = data.rfind(b"PK\x05\x06")
    at = struct.unpack_from("<I", data, central + 16)[0]
    for filename, _ in infos:  # the central directory, entry by entry
        flags, crc = struct.unpack_from("<H", data, at + 8)[0], struct.unpack_from("<I", data, at + 16)[0]
        for name, kind in marked:
            if name == filename and kind == "encrypted":
                struct.pack_into("<H", data, at + 8, flags | 1)
            elif name == filename:
                struct.pack_into("<I", data, at + 16, crc ^ 1)
        lengths = struct.unpack_from("<HHH", data, at + 28)
        at += 46 + sum(lengths)
    return bytes(data)


def _tar(entries: list[Entry], format: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{format.partition('.')[2]}") as packed:  # type: ignore[call-overload]
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            kinds = {
                "link": tarfile.SYMTYPE,
                "hard link": tarfile.LNKTYPE,
                "device": tarfile.CHRTYPE,
                "pipe": tarfile.FIFOTYPE,
                "folder": tarfile.DIRTYPE,
            }
            info.type = kinds.get(entry.kind, tarfile.REGTYPE)
            info.linkname = "/etc/passwd" if "link" in entry.kind else ""
            info.size = len(entry.content) if info.type == tarfile.REGTYPE else 0
            packed.addfile(info, io.BytesIO(entry.content))
    return out.getvalue()


def _7z(entries: list[Entry], format: str) -> bytes:
    out = io.BytesIO()
    # The library writes no bad names unless it is made to.
    import py7zr

    checked = mock.patch("py7zr.py7zr.check_archive_path", return_value=True)
    with checked, py7zr.SevenZipFile(out, "w") as packed:
        for entry in entries:
            packed.writef(io.BytesIO(entry.content), entry.name)
    return out.getvalue()


def _damaged(draw: random.Random, content: bytes) -> bytes:
    if draw.random() < 0.5:
        return content[: draw.randint(0, len(content))]
    changed = bytearray(content)
    for _ in range(draw.randint(1, 20)):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)
