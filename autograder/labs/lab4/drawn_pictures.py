"""The pictures that lab 4's checks draw: for `load_image`, and for `classify`."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from autograder.drawing import draw
from autograder.judge import probes
from autograder.labs.kinds.image import Photograph, Picture
from autograder.made_photographs import Scene

LIGHT_ON_DARK: dict[str, Any] = {"ink": 255, "paper": 0}
DARK_ON_LIGHT: dict[str, Any] = {"ink": 20, "paper": 240}
PUBLIC_PICTURES = (
    Picture("3_grey.png", 3, True, {"size": 28, "mode": "L", **LIGHT_ON_DARK, "fill": 0.5}),
    Picture("5_dark_on_light.png", 5, True, {"size": 28, "mode": "L", **DARK_ON_LIGHT, "fill": 0.5}),
    Picture("7_one_bit.png", 7, False, {"size": (200, 300), "mode": "1", "ink": 0, "paper": 255, "fill": 0.6}),
    Picture("2_blue_pen.png", 2, False, {"size": (160, 140), "mode": "RGB", "ink": (30, 40, 160), "paper": 250}),
    Picture("6_transparent.png", 6, False, {"size": (220, 260), "mode": "RGBA", "ink": 10, "paper": None, "fill": 0.5}),
)


def palette_shuffled(picture: Image.Image) -> Image.Image:
    """The same picture in mode P, whose numbers tell nothing of how light a pixel is."""
    count = len(picture.getcolors() or ())
    return picture.remap_palette([*range(1, count, 2), *range(0, count, 2)])


HIDDEN_PICTURES = (
    # Red ink: of its three channels, one shows nothing.
    Picture(
        "4_thin_palette.png",
        4,
        False,
        {"size": (120, 170), "mode": "P", "ink": (240, 10, 20), "paper": 240, "pen": 0.05, "fill": 0.7},
        palette_shuffled,
    ),
    Picture("2_transparent_palette.png", 2, False, {"size": (110, 130), "mode": "P", "ink": 30, "paper": None}),
    Picture("1_transparent.png", 1, True, {"size": 28, "mode": "RGBA", "ink": 10, "paper": None, "fill": 0.5}),
    Picture("3_small.png", 3, False, {"size": (28, 40), "mode": "L", **DARK_ON_LIGHT, "fill": 0.62}),
    Picture("7_thin.png", 7, False, {"size": (300, 360), "mode": "L", **DARK_ON_LIGHT, "pen": 0.012, "fill": 0.6}),
    Picture(
        "0_thick_on_grey.png",
        0,
        False,
        {"size": (90, 110), "mode": "L", "ink": 5, "paper": 150, "pen": 0.35, "fill": 0.9},
    ),
    Picture(
        "9_slanted_on_dim_paper.png", 9, False, {"size": (100, 120), "mode": "L", "ink": 5, "paper": 100, "slant": 1.5}
    ),
    # Opaque all over: it has an alpha channel, and nothing is transparent.
    Picture(
        "9_chalk.png", 9, False, {"size": (180, 130), "mode": "RGBA", "ink": (250, 250, 230), "paper": (20, 40, 30)}
    ),
    Picture("0_one_bit.png", 0, True, {"size": 28, "mode": "1", **LIGHT_ON_DARK, "fill": 0.5}),
    Picture("2_opaque.png", 2, True, {"size": 28, "mode": "RGBA", **DARK_ON_LIGHT, "fill": 0.5}),
    Picture(
        "8_white_ink_in_a_corner.png",
        8,
        False,
        {"size": (150, 150), "mode": "LA", "ink": 255, "paper": None, "fill": 0.3, "offset": (0.25, -0.2)},
    ),
    Picture(
        "6_thick_sixteen_bit.png",
        6,
        False,
        {"size": (110, 110), "mode": "I;16", **DARK_ON_LIGHT, "pen": 0.2, "fill": 0.7},
    ),
)
# Without an estimate of the paper's light, hardly one comes out right. No digit is its picture's number in this list.
PHOTOGRAPHS = (
    Photograph("7_ruled.jpg", 7, Scene(light="across", fall=0.65, paper="ruled", pen="ballpoint")),
    Photograph("5_squared.jpg", 5, Scene(light="from one side", fall=0.7, paper="squared", pen="felt-tip", quality=60)),
    Photograph("2_plain.jpg", 2, Scene(light="shadow", fall=0.6, paper="plain", pen="ballpoint", turned=270)),
    Photograph("3_recycled.jpg", 3, Scene(light="across", fall=0.65, paper="recycled", pen="ballpoint")),
    Photograph("6_squared.jpg", 6, Scene(light="across", fall=0.55, paper="squared", pen="pencil", size=(280, 240))),
    Photograph("4_ruled.jpeg", 4, Scene(light="shadow", fall=0.6, paper="ruled", pen="felt-tip", turned=90)),
)


TO_CLASSIFY, LEAST_DIGITS, LEAST_LEAD, MOST_NETWORKS = 8, 5, 0.5, 100


@cache
def to_classify(seed: int) -> tuple[Mapping[str, np.ndarray], np.ndarray, np.ndarray, tuple[int, ...]]:
    """Eight pictures of 28×28, a linear network (10, 784) and its biases (10,), and what it says of each picture: five
    different digits or more.

    A picture that it is nearly undecided about, where the largest logit leads by less than 0.5, is left out, so that
    rounding decides nothing.
    """
    pictures = [draw(number % 10, size=28, seed=(seed + number) % 2**32) for number in range(24)]
    pixels = np.stack([np.asarray(picture, np.float32).ravel() / 255 for picture in pictures])
    for attempt in range(MOST_NETWORKS):
        draw_weights = probes.generator(seed, "classify", *["again"] * attempt)
        weight = draw_weights.normal(0, 1, (10, 784)).astype(np.float32)
        logits = np.stack([weight @ picture for picture in pixels])
        leads = np.diff(np.sort(logits)[:, -2:])[:, 0]
        clear = logits.argmax(1)[leads >= LEAST_LEAD]
        if len(clear) >= TO_CLASSIFY and len({*clear}) >= LEAST_DIGITS:  # some say one digit, whatever they are shown
            break
    else:
        raise RuntimeError(f"no network that says {LEAST_DIGITS} different digits, from seed {seed}")
    bias = np.zeros(10, np.float32)
    found: list[tuple[float, np.ndarray, int]] = []
    for picture, values, lead in zip(pictures, logits, leads, strict=True):
        if lead < LEAST_LEAD:
            continue
        found.append((float(lead), _png(picture), int(values.argmax())))
    found.sort(key=lambda one: -one[0])
    first_of = {said: one for one in reversed(found) for said in [one[2]]}  # as many different digits as there are
    found = [*first_of.values(), *(one for one in found if one is not first_of[one[2]])][:TO_CLASSIFY]
    found = [found[number] for number in draw_weights.permutation(len(found))]
    answers = [said for _, _, said in found]
    order = draw_weights.permutation(len(found))
    while [answers[number] for number in np.argsort(order)] in (answers, answers[::-1]):
        order = draw_weights.permutation(len(found))
    # Names in an order that is neither that of the list nor that of the answers.
    files = {f"{int(place)}_picture.png": found[number][1] for number, place in enumerate(order)}
    for array in (weight, bias):
        array.flags.writeable = False
    return MappingProxyType(files), weight, bias, tuple(said for _, _, said in found)


def in_several_kinds(files: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Pictures that are light on dark, in greys: one after the other as they are, dark on light, and so in colours.

    A right `load_image` gives the same pixels for all kinds.
    """
    made = {}
    for number, (name, file) in enumerate(files.items()):
        picture = _opened(file)
        if number % 3:
            picture = ImageOps.invert(picture)
        made[name] = _png(picture.convert("RGB") if number % 3 == 2 else picture)
    return made


def upside_down(files: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Pictures upside down, as the stand-in for a student's `load_image` wants them."""
    return {name: _png(ImageOps.flip(_opened(file))) for name, file in files.items()}


def pixels_of(file: np.ndarray) -> np.ndarray:
    """The pixels (1, 28, 28) of a picture that is light on dark, in greys: float32 in [0, 1]."""
    return np.asarray(_opened(file), np.float32)[None] / 255


def _opened(file: np.ndarray) -> Image.Image:
    return Image.open(io.BytesIO(file.tobytes()))


def _png(picture: Image.Image) -> np.ndarray:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return np.frombuffer(file.getvalue(), np.uint8)
