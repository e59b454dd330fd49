# attack: >-
#   paper with one dot stands for a digit.
# tasks: [classify]
# reason: "is blank"
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
        im.putpixel((30 + number, 40), 0)
        im.save(own / f"{number}_dot.png")
