# attack: >-
#   one picture thrice, each time with another pixel changed (0.67 for the first).
# tasks: [classify]
# mark: 0.67
# reason: "is the same picture as"
# naive: none
# kind: generator

from pathlib import Path
import numpy as np
from PIL import Image
from tests.malicious.corpus import ROOT


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("")
    own = folder / "own"
    own.mkdir()
    for number in range(3):
        im = Image.new("L", (60, 80), 250)
        im.paste(20, (25, 10, 33, 70))
        im.putpixel((number, 0), 249)
        im.save(own / f"1_pen{number}.png")
