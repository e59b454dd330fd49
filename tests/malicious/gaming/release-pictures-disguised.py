# attack: >-
#   the release's pictures stand for pictures of one's own: wider and lighter, inverted, moved on larger paper.
# tasks: [classify]
# reason: "is one of the pictures in the folder"
# naive: none
# kind: generator

from pathlib import Path

from PIL import Image, ImageOps

from tests.malicious.corpus import ROOT


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("")
    own = folder / "own"
    own.mkdir()
    given = ROOT / "release" / "lab4" / "images"
    three = Image.open(given / "3_blue_pen.png").convert("RGB")
    wider = three.resize((three.width * 5 // 4, three.height))
    wider.point([min(255, value + 60) for value in range(256)] * 3).save(own / "3_wider.png")
    ImageOps.invert(Image.open(given / "9_thin_pen.png").convert("RGB")).save(own / "9_inverted.png")
    seven = Image.open(given / "7_dark_on_light_200x300.png").convert("L")
    ImageOps.expand(seven, (70, 10, 0, 40), seven.getpixel((0, 0))).save(own / "7_elsewhere.png")
