# attack: >-
#   the release's pictures with one pixel changed a little stand for pictures of one's own.
# tasks: [classify]
# reason: "is one of the pictures in the folder"
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
    for number, given in enumerate(sorted((ROOT / "release" / "lab4" / "images").glob("*.png"))[:3]):
        with Image.open(given) as im:
            im = im.convert("RGBA")
        im.putpixel((0, 0), tuple(value ^ 1 for value in im.getpixel((0, 0))))
        im.save(own / f"{number}_given.png")
