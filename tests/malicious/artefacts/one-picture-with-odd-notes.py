# attack: >-
#   no attack: three good pictures of one's own, and a fourth whose EXIF data are no TIFF.
# tasks: [classify]
# mark: 2
# naive: none
# kind: generator

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("")
    (folder / "own").mkdir()
    draw = np.random.default_rng(3)
    for number in range(4):
        path = folder / "own" / f"{number}_own.png"
        Image.fromarray(draw.integers(0, 255, (40, 40), np.uint8)).save(path)
    notes = b"eXIf" + b"nonsense"
    whole = path.read_bytes()
    path.write_bytes(whole[:33] + struct.pack(">I", 8) + notes + struct.pack(">I", zlib.crc32(notes)) + whole[33:])
