"""Draws the digit pictures in images/, photographs among them, and the reference's own: `python draw_digits.py`."""

from pathlib import Path

from autograder.drawing import draw
from autograder.made_photographs import Scene, jpeg, photograph

HERE = Path(__file__).parent
BLUE, RED, PENCIL, PAPER = (28, 52, 160), (170, 30, 40), (70, 70, 74), (250, 247, 238)

# file name → how it is drawn; the first character is the digit
IMAGES: dict[str, dict] = {
    "0_grey_28x28": {"seed": 11},
    "1_grey_28x28_dark_on_light": {"seed": 13, "ink": 20, "paper": 245},
    "2_one_bit": {"seed": 17, "size": 120, "mode": "1", "ink": 0, "paper": 255},
    "3_blue_pen": {"seed": 19, "size": (180, 220), "mode": "RGB", "ink": BLUE, "paper": PAPER, "pen": 0.09},
    "4_transparent_rgba": {"seed": 23, "size": 160, "mode": "RGBA", "ink": 0, "paper": None},
    "5_transparent_grey": {"seed": 29, "size": 140, "mode": "LA", "ink": 30, "paper": None, "slant": 0.1},
    "6_palette": {"seed": 31, "size": 128, "mode": "P", "ink": RED, "paper": (255, 250, 220)},
    "7_dark_on_light_200x300": {"seed": 37, "size": (200, 300), "ink": 40, "paper": 230},
    "8_light_on_dark_300x200": {"seed": 41, "size": (300, 200), "ink": 235, "paper": 25, "slant": 0.15},
    "9_thin_pen": {"seed": 43, "size": (160, 200), "ink": 30, "paper": 250, "pen": 0.045},
    "3_thick_pen": {"seed": 47, "size": 150, "ink": 10, "paper": 255, "pen": 0.19},
    "5_off_centre": {"seed": 53, "size": (300, 240), "ink": 45, "paper": 240, "fill": 0.35, "offset": (0.3, -0.2)},
    "2_sixteen_bit": {"seed": 59, "size": 100, "mode": "I;16"},
    "7_transparent_palette": {"seed": 61, "size": 110, "mode": "P", "ink": BLUE, "paper": None},
    "4_white_on_transparent": {"seed": 67, "size": 130, "mode": "RGBA", "ink": 255, "paper": None},
    "6_yellow_on_dark": {"seed": 71, "size": (240, 180), "mode": "RGB", "ink": (250, 220, 90), "paper": (30, 60, 45)},
}

# The same for pictures that look as if a phone had taken them. They are made, and their names say so.
PHOTOGRAPHS: dict[str, Scene] = {
    "0_made_even_light": Scene(paper="plain", pen="ballpoint", quality=80),
    "2_made_ruled_side_light": Scene("from one side", 0.45, "ruled", "pencil", quality=80),
    "3_made_shadow": Scene("shadow", 0.5, "plain", "felt-tip", quality=80),
    "4_made_squared_lamp": Scene("lamp", 0.5, "squared", "ballpoint", quality=80),
    "5_made_recycled_paper": Scene("across", 0.4, "recycled", "pencil", noise=0.03, quality=75),
    "6_made_stored_on_its_side": Scene("across", 0.4, "ruled", "felt-tip", size=(280, 240), quality=80, turned=90),
    "7_made_noisy_messenger": Scene("from one side", 0.5, "plain", "ballpoint", noise=0.045, quality=35),
    "9_made_ruled_shadow": Scene("shadow", 0.4, "ruled", "ballpoint", offset=(0.08, -0.05), fill=0.5, quality=80),
}

OWN: dict[str, dict] = {
    "0_pencil": {"seed": 101, "size": (150, 190), "mode": "RGB", "ink": PENCIL, "paper": PAPER, "slant": 0.2},
    "2_blue_pen": {"seed": 103, "size": 200, "mode": "RGB", "ink": BLUE, "paper": PAPER, "pen": 0.08, "slant": 0.1},
    "5_marker": {"seed": 107, "size": (220, 200), "ink": 15, "paper": 238, "pen": 0.15, "fill": 0.5},
    "8_chalk": {"seed": 109, "size": (180, 240), "mode": "RGB", "ink": (235, 235, 225), "paper": (35, 60, 50)},
}


def main() -> None:
    """Write every picture; the seeds are fixed, so the files are the same each time."""
    for folder, pictures in [("images", IMAGES), ("own", OWN)]:
        (HERE / folder).mkdir(exist_ok=True)
        for name, how in pictures.items():
            draw(int(name[0]), **how).save(HERE / folder / f"{name}.png", optimize=True)
    for name, scene in PHOTOGRAPHS.items():
        (HERE / "images" / f"{name}.jpg").write_bytes(jpeg(photograph(int(name[0]), scene, seed=44), scene))


if __name__ == "__main__":
    main()
