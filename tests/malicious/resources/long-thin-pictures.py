# attack: >-
#   Own pictures of 12 by 33,333 pixels (and there is room for ten times as many), which the reference's own load_image blurs with
#   a window as wide as the picture is long, in the grader's process.
# tasks: [classify]
# mark: 2
# naive: none
# kind: generator

from pathlib import Path

import numpy as np
from PIL import Image

LONG = 33_333


def submission(folder: Path, tokens: dict[str, str]) -> None:
    (folder / "work.py").write_text("")
    (folder / "own").mkdir()
    draw = np.random.default_rng(1)
    for number in range(3):
        pixels = np.full((LONG, 12), 255, np.uint8)
        for place in draw.integers(0, LONG - 400, 12):
            pixels[place : place + 300, 4:9] = draw.integers(0, 90)
        Image.fromarray(pixels).save(folder / "own" / f"{number}_long.png")
