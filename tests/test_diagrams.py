"""Can the notebooks' diagrams be read on light pages and on dark ones, and are they what the script draws?"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from autograder.build.source_notebooks import BuildError, source_notebook
from autograder.judge.oracle import import_script
from autograder.labs.lab import open_lab
from tests.judging import REFERENCE

diagrams = import_script(REFERENCE / "draw_diagrams.py")
EMBEDDED = re.compile(r"!\[([^\]]*)\]\(data:image/png;base64,([A-Za-z0-9+/=]+)\)")


def contrast(first: str, second: str) -> float:
    """The contrast of two colours, 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light = []
    for colour in (first, second):
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in to_rgb(colour)]
        light.append(float(np.dot([0.2126, 0.7152, 0.0722], linear)) + 0.05)
    return max(light) / min(light)


def values(picture: Image.Image) -> np.ndarray:
    """Colours weighed by how opaque they are, and how opaque they are: (rows, columns, 4), from 0 to 255."""
    found = np.asarray(picture.convert("RGBA"), dtype=np.float32)
    found[..., :3] *= found[..., 3:] / 255
    return found


@pytest.mark.parametrize("name", diagrams.DIAGRAMS)
def test_what_is_committed_is_what_the_script_draws(name: str) -> None:
    """Nearly: another release of matplotlib may shift a letter by a fraction of a pixel."""
    with Image.open(REFERENCE / "diagrams" / f"{name}.png") as committed:
        kept = values(committed)
    drawn = values(diagrams.DIAGRAMS[name]().image())
    assert kept.shape == drawn.shape, "run reference/lab4/draw_diagrams.py"
    assert np.abs(kept - drawn).mean() < 2, "run reference/lab4/draw_diagrams.py"
    assert kept[0, 0, 3] == 0  # the page shines through


def test_its_words_can_be_read_on_light_and_dark_pages() -> None:
    for page in diagrams.PAGES:
        assert contrast(diagrams.LABEL, page) > 3  # bold, in 18 pixels
        assert all(contrast(fill, page) > 3 for fill in diagrams.FILL.values())
    assert all(contrast(fill, "white") > 4.5 for fill in diagrams.FILL.values())


def test_words_that_do_not_fit_are_not_drawn() -> None:
    sheet = diagrams.Sheet(200, 100)
    sheet.box(10, 10, 60, 40, "convolution")
    with pytest.raises(ValueError, match=r"'convolution' takes .* leaves its place"):
        sheet.image()
    sheet = diagrams.Sheet(200, 100)
    sheet.text(100, 50, "one")
    sheet.text(110, 55, "two")
    with pytest.raises(ValueError, match="'two' covers 'one'"):
        sheet.image()


def test_a_notebook_opened_alone_shows_its_diagrams() -> None:
    """They are in its text, with words for those who do not see them; each diagram is shown once."""
    shown = []
    for name in open_lab("lab4").assignment.notebooks:
        text = "\n".join(cell.source for cell in source_notebook(REFERENCE / f"{name}.py").cells)
        found = EMBEDDED.findall(text)
        assert found, f"{name} has no diagram"
        for words, picture in found:
            assert len(words) > 60
            assert len(picture) < 40_000
            shown.append(Image.open(io.BytesIO(base64.b64decode(picture))).size)
    assert sorted(shown) == sorted(diagram().size for diagram in diagrams.DIAGRAMS.values())


def test_a_picture_that_is_missing_is_named(tmp_path: Path) -> None:
    script = tmp_path / "1_1_lost.py"
    script.write_text(
        "# %% [markdown]\n# ![a lost picture](pictures/lost.png) ![on the web](https://example.org/a.png)\n"
    )
    with pytest.raises(BuildError, match=r"1_1_lost\.py: its text shows pictures/lost\.png, which is not in "):
        source_notebook(script)
