# attack: >-
#   Own pictures whose EXIF data are no TIFF, have an orientation that is a list, or a fraction of nothing, and whose colour profile
#   and text are cut: what turns a picture upright trips over them.
# tasks: [classify]
# mark: 2
# naive: none
# kind: generator

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def tiff(kind: int, count: int, value: bytes) -> bytes:
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHI", 0x112, kind, count) + value + bytes(64)


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("")
    own = folder / "own"
    own.mkdir()
    draw = np.random.default_rng(3)
    odd = [
        chunk(b"eXIf", b"nonsense that is no TIFF"),
        chunk(b"eXIf", tiff(3, 2, b"\6\0\6\0")),
        chunk(b"eXIf", tiff(5, 1, struct.pack("<I", 40))),
        chunk(b"eXIf", tiff(2, 4, b"abc\0")),
        chunk(b"eXIf", tiff(3, 1, b"\6\0\0\0")) + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b'tiff:Orientation="6"' * 9),
        chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(9))[:5]),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 4\nzzzz\n")),
    ]
    for number, notes in enumerate(odd):
        path = own / f"{number}_odd.png"
        Image.fromarray(draw.integers(0, 255, (40, 40), np.uint8)).save(path)
        whole = path.read_bytes()
        path.write_bytes(whole[:33] + notes + whole[33:])
