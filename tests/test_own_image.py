"""Does the reference make a digit of every transparent picture, whatever the ink covers and however it was drawn?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from autograder.judge.oracle import import_script
from tests.judging import REFERENCE


def picture(path: Path, ink: int, alpha: int, tight: bool, mode: str) -> Path:
    """A ring of one ink on transparent paper; a tight one is mostly ink."""
    drawn = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    box, width = ((2, 2, 57, 57), 18) if tight else ((20, 15, 40, 45), 4)
    ImageDraw.Draw(drawn).ellipse(box, outline=(ink, ink, ink, alpha), width=width)
    (drawn if mode == "RGBA" else drawn.quantize(4)).save(path)
    return path


@pytest.mark.parametrize("mode", ["RGBA", "P"])
@pytest.mark.parametrize("tight", [True, False])
@pytest.mark.parametrize("alpha", [90, 120, 130, 255])
@pytest.mark.parametrize("ink", [0, 40, 215, 255])
def test_a_transparent_picture_becomes_a_light_digit_on_dark_paper(
    ink: int, alpha: int, tight: bool, mode: str, tmp_path: Path
) -> None:
    load_image = import_script(REFERENCE / "4_4_own_image.py").load_image
    image = load_image(picture(tmp_path / "0_ring.png", ink, alpha, tight, mode)).numpy()
    assert image.shape == (1, 28, 28)
    assert image.max() > 0.9
    border = np.concatenate([image[0, 0], image[0, -1], image[0, :, 0], image[0, :, -1]])
    assert border.max() < 0.1
    assert 0.03 < image.mean() < 0.4
    assert image[0, 13:15, 13:15].mean() < 0.3  # the hole of the ring
