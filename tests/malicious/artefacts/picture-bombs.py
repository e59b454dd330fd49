# attack: >-
#   Own pictures of 81 megapixels in 10 kB, with broken chunks, and one that is a page with a script.
# tasks: [classify]
# mark: 0
# seconds: 20
# naive: none
# kind: generator

import struct
import zlib
from pathlib import Path

WORK = """\
def classify(model, paths):
    return [0 for path in paths]


def load_image(path):
    return None
"""
SIGN = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def picture(side: int) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    rows = zlib.compress(bytes((side + 7) // 8 + 1) * side, 9)
    return SIGN + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text(WORK)
    own = folder / "own"
    own.mkdir()
    (own / "1_bomb.png").write_bytes(picture(9000))
    (own / "2_larger.png").write_bytes(picture(60)[:24] + b"\xff" * 8 + picture(60)[32:])
    text = chunk(b"zTXt", b"Title\0\0" + zlib.compress(bytes(2**26), 9))
    (own / "3_text.png").write_bytes(picture(60)[:33] + text + picture(60)[33:])
    (own / "4_cut.png").write_bytes(picture(60)[:50])
    (own / "5_page.png").write_text("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    (own / "6_<img src=x onerror=alert(1)>.png").write_bytes(picture(60))
