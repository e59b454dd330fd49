"""Makes pictures that look as if a phone had photographed a digit on paper: drawn ink, made paper, made light."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from autograder.drawing import draw

LIGHTS = ("even", "from one side", "across", "lamp", "shadow")
PAPERS = ("plain", "ruled", "squared", "recycled")
PENS: dict[str, tuple[tuple[float, float, float], float, float]] = {
    # What of red, green and blue the ink lets through; the width of the stroke, of the digit's longer side; the grain.
    "felt-tip": ((0.10, 0.10, 0.12), 0.13, 0.0),
    "ballpoint": ((0.16, 0.22, 0.58), 0.07, 0.08),
    "pencil": ((0.46, 0.46, 0.48), 0.075, 0.16),
}
_PAPER = {"plain": (0.95, 0.94, 0.91), "ruled": (0.95, 0.95, 0.94), "squared": (0.94, 0.95, 0.94)}
_RECYCLED, _LINES = (0.80, 0.78, 0.73), (0.78, 0.84, 0.90)


@dataclass(frozen=True)
class Scene:
    """How a photograph is made: which light, paper and pen, and what the phone adds."""

    light: str = "even"
    fall: float = 0.0
    """By which share the darkest place gets less light than the brightest."""
    paper: str = "plain"
    pen: str = "felt-tip"
    noise: float = 0.02
    """The standard deviation of the sensor's noise."""
    size: tuple[int, int] = (240, 280)
    fill: float = 0.62
    """The digit's longer side, of the picture's shorter one."""
    offset: tuple[float, float] = (0.0, 0.0)
    quality: int = 85
    """JPEG's, from 1 to 95."""
    turned: int = 0
    """By how many degrees the file stores the picture turned to the left: 90 as from a phone held upright, 180, or 270;
    EXIF says how to turn it back."""


# How a file is turned, and what its EXIF tag "Orientation" says to turn it back: 6 by 90° to the right, 8 to the left.
ORIENTATIONS = {
    90: (Image.Transpose.ROTATE_90, 6),
    180: (Image.Transpose.ROTATE_180, 3),
    270: (Image.Transpose.ROTATE_270, 8),
}


def photograph(digit: int, scene: Scene, seed: int) -> Image.Image:
    """An RGB picture of a digit (0 to 9) on paper; the same arguments give the same picture."""
    rng = np.random.default_rng([seed, digit, 44])
    width, height = scene.size
    through, _, grain = PENS[scene.pen]
    ink = np.asarray(strokes(digit, scene, seed), np.float64) / 255
    if grain:
        ink = ink * (1 - grain * np.abs(_cloud(rng, (height, width), 2)))
    reflected = _paper(rng, scene) * (1 - ink[..., None] * (1 - np.array(through)))
    seen = reflected * _light(rng, scene)[..., None]
    seen = seen + rng.normal(0, scene.noise, (height, width, 1)) + rng.normal(0, scene.noise / 2, (height, width, 3))
    picture = Image.fromarray((255 * seen.clip(0, 1)).round().astype(np.uint8))
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def strokes(digit: int, scene: Scene, seed: int) -> Image.Image:
    """The same digit as a clean drawing: light on dark, mode L."""
    pen = PENS[scene.pen][1]
    return draw(digit, size=scene.size, pen=pen, fill=scene.fill, offset=scene.offset, slant=0.08, seed=seed)


def jpeg(picture: Image.Image, scene: Scene) -> bytes:
    """The JPEG file that the phone would save."""
    file = io.BytesIO()
    exif = Image.Exif()
    if scene.turned:
        transposed, orientation = ORIENTATIONS[scene.turned]
        picture = picture.transpose(transposed)
        exif[0x0112] = orientation
    picture.save(file, "JPEG", quality=scene.quality, exif=exif)
    return file.getvalue()


def _light(rng: np.random.Generator, scene: Scene) -> np.ndarray:
    """How much light each place gets, (rows, columns): 1 at the brightest, 1 - fall at the darkest."""
    width, height = scene.size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    if scene.light == "even":
        return np.ones((height, width))
    if scene.light == "lamp":
        away = np.hypot(x - rng.uniform(-0.9, 0.9), y - rng.choice([-0.9, 0.9]))
        dark = (away / away.max()) ** 1.2
    else:
        angle = {"from one side": rng.choice([0, math.pi]), "across": rng.choice([0.25, 0.75, 1.25, 1.75]) * math.pi}
        turn = angle.get(scene.light, rng.uniform(0, 2 * math.pi))
        along = x * math.cos(turn) + y * math.sin(turn)
        if scene.light == "shadow":  # of a hand or of the phone: it has a soft edge
            dark = 1 / (1 + np.exp(-(along - rng.uniform(0.0, 0.4)) / 0.2))
        else:
            dark = (along - along.min()) / np.ptp(along)
    return 1 - scene.fall * (dark - dark.min()) / np.ptp(dark)


def _paper(rng: np.random.Generator, scene: Scene) -> np.ndarray:
    """What the paper reflects of red, green and blue, (rows, columns, 3)."""
    width, height = scene.size
    if scene.paper == "recycled":
        speckled = _cloud(rng, (height, width), 1.5) + _cloud(rng, (height, width), 12)
        return np.array(_RECYCLED) * (1 + 0.02 * speckled[..., None])
    paper = np.tile(_PAPER[scene.paper], (height, width, 1))
    if scene.paper == "plain":
        return paper
    y, x = np.mgrid[:height, :width].astype(float)
    tilt = math.radians(rng.uniform(-4, 4))
    apart = min(width, height) / (5 if scene.paper == "ruled" else 9)
    thick = max(1.2, apart / 25)
    for across in (False, True)[: 1 if scene.paper == "ruled" else 2]:
        place = (x * math.cos(tilt) + y * math.sin(tilt)) if across else (y * math.cos(tilt) - x * math.sin(tilt))
        place = (place + rng.uniform(0, apart)) % apart
        line = (1 - np.abs(place - apart / 2) / thick).clip(0, 1)
        paper = paper * (1 - line[..., None] * (1 - np.array(_LINES)))
    return paper


def _cloud(rng: np.random.Generator, shape: tuple[int, int], radius: float) -> np.ndarray:
    """Soft random patches, about as large as `radius`, with mean 0 and standard deviation 1."""
    drawn = Image.fromarray(rng.normal(128, 40, shape).clip(0, 255).astype(np.uint8))
    soft = np.asarray(drawn.filter(ImageFilter.GaussianBlur(radius)), np.float64)
    return (soft - soft.mean()) / max(soft.std(), 1e-9)
