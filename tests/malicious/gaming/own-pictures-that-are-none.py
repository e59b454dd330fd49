# attack: two pixels, the pictures of the release, and one picture thrice with another text in each file stand for digits
#   of one's own (0.67 for the picture that is new).
# tasks: [classify]
# mark: 0.67
# reason: "3 pictures of your own; 1 can be used"
# naive: none
# kind: generator

import shutil
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.malicious.corpus import ROOT


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("")
    own = folder / "own"
    own.mkdir()
    for number in range(3):
        dot = Image.new("L", (2, 1))
        dot.putpixel((0, 0), 10 + number)
        dot.save(own / f"{number}_dot.png")
    for number, given in enumerate(sorted((ROOT / "reference" / "lab4" / "images").glob("*.png"))[:5]):
        shutil.copy(given, own / f"{number}_given.png")
    for number in range(3):
        text = PngImagePlugin.PngInfo()
        text.add_text("number", str(number))
        Image.linear_gradient("L").save(own / f"7_again{number}.png", pnginfo=text)
