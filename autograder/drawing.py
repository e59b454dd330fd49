"""Draws digits as a hand would: strokes along curves, never a font, in any kind of picture a student may have."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

Colour = int | tuple[int, int, int]

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")

_OVERSAMPLING = 4

# Each digit is drawn in one of a few ways; a way is a list of strokes, a stroke a list of points (x, y) in the unit square, y down.
# A stroke runs smoothly through its points; a point that is given twice is a sharp corner.
_STROKES: dict[int, list[list[list[tuple[float, float]]]]] = {
    0: [
        [[(0.56, 0.02), (0.26, 0.14), (0.16, 0.52), (0.30, 0.92), (0.56, 0.97), (0.80, 0.72), (0.82, 0.32), (0.64, 0.05), (0.50, 0.03)]],
        [[(0.46, 0.01), (0.18, 0.24), (0.15, 0.66), (0.42, 0.98), (0.76, 0.80), (0.84, 0.40), (0.62, 0.06), (0.42, 0.03)]],
    ],
    1: [
        [[(0.53, 0.00), (0.50, 0.35), (0.48, 0.70), (0.47, 1.00)]],
        [[(0.32, 0.22), (0.45, 0.12), (0.54, 0.00), (0.54, 0.00), (0.53, 0.50), (0.51, 1.00)]],
    ],
    2: [
        [[(0.18, 0.24), (0.32, 0.05), (0.58, 0.01), (0.78, 0.18), (0.72, 0.44), (0.46, 0.72), (0.15, 0.98), (0.15, 0.98), (0.50, 0.95), (0.86, 0.97)]],
        [[(0.20, 0.18), (0.44, 0.01), (0.72, 0.10), (0.74, 0.36), (0.54, 0.66), (0.28, 0.92), (0.14, 0.86), (0.30, 0.78), (0.56, 0.93), (0.88, 0.92)]],
    ],
    3: [
        [[(0.20, 0.12), (0.46, 0.00), (0.74, 0.12), (0.70, 0.34), (0.44, 0.47), (0.44, 0.47), (0.74, 0.56), (0.82, 0.78), (0.58, 0.98), (0.18, 0.90)]],
        [[(0.22, 0.08), (0.52, 0.01), (0.76, 0.18), (0.62, 0.40), (0.40, 0.46), (0.40, 0.46), (0.70, 0.52), (0.78, 0.74), (0.60, 0.95), (0.34, 0.99), (0.16, 0.88)]],
    ],
    4: [
        [[(0.30, 0.03), (0.22, 0.32), (0.15, 0.58), (0.15, 0.58), (0.50, 0.58), (0.86, 0.54)], [(0.66, 0.10), (0.62, 0.55), (0.58, 1.00)]],
        [[(0.24, 0.05), (0.18, 0.38), (0.28, 0.54), (0.56, 0.52), (0.74, 0.44)], [(0.76, 0.00), (0.72, 0.45), (0.66, 1.00)]],
    ],
    5: [
        [[(0.30, 0.05), (0.27, 0.25), (0.24, 0.45), (0.24, 0.45), (0.52, 0.40), (0.78, 0.54), (0.78, 0.80), (0.52, 0.98), (0.18, 0.92)], [(0.30, 0.05), (0.55, 0.04), (0.80, 0.02)]],
        [[(0.82, 0.03), (0.56, 0.04), (0.34, 0.05), (0.34, 0.05), (0.30, 0.25), (0.28, 0.43), (0.28, 0.43), (0.56, 0.41), (0.76, 0.60), (0.68, 0.86), (0.42, 0.98), (0.16, 0.90)]],
    ],
    6: [
        [[(0.68, 0.02), (0.40, 0.20), (0.22, 0.52), (0.22, 0.82), (0.46, 0.98), (0.72, 0.86), (0.74, 0.64), (0.52, 0.52), (0.30, 0.64), (0.24, 0.80)]],
        [[(0.58, 0.00), (0.32, 0.28), (0.20, 0.66), (0.34, 0.96), (0.64, 0.95), (0.76, 0.72), (0.56, 0.54), (0.28, 0.66)]],
    ],
    7: [
        [[(0.16, 0.08), (0.50, 0.06), (0.82, 0.05), (0.82, 0.05), (0.62, 0.40), (0.46, 0.72), (0.38, 1.00)]],
        [[(0.16, 0.14), (0.46, 0.06), (0.80, 0.08), (0.80, 0.08), (0.66, 0.38), (0.52, 0.70), (0.46, 1.00)]],
    ],
    8: [
        [[(0.72, 0.14), (0.50, 0.01), (0.27, 0.13), (0.30, 0.34), (0.54, 0.49), (0.76, 0.68), (0.70, 0.92), (0.44, 0.99), (0.24, 0.84), (0.32, 0.62), (0.58, 0.46), (0.75, 0.26), (0.70, 0.12)]],
        [[(0.66, 0.10), (0.42, 0.02), (0.28, 0.20), (0.44, 0.42), (0.68, 0.62), (0.70, 0.86), (0.48, 0.99), (0.27, 0.86), (0.36, 0.64), (0.60, 0.42), (0.72, 0.20), (0.62, 0.08)]],
    ],
    9: [
        [[(0.74, 0.16), (0.52, 0.02), (0.28, 0.16), (0.28, 0.40), (0.50, 0.50), (0.70, 0.36), (0.75, 0.14), (0.75, 0.14), (0.70, 0.55), (0.60, 1.00)]],
        [[(0.72, 0.22), (0.60, 0.03), (0.34, 0.08), (0.24, 0.32), (0.42, 0.48), (0.66, 0.36), (0.74, 0.12), (0.74, 0.12), (0.72, 0.50), (0.66, 0.80), (0.62, 1.00)]],
    ],
}  # fmt: skip


def draw(
    digit: int,
    size: int | tuple[int, int] = 28,
    pen: float = 0.12,
    mode: str = "L",
    ink: Colour = 255,
    paper: Colour | None = 0,
    offset: tuple[float, float] = (0.0, 0.0),
    slant: float = 0.0,
    seed: int = 0,
    fill: float = 20 / 28,
) -> Image.Image:
    """Draw a handwritten digit; the same arguments give the same picture.

    `size` is (width, height) in pixels, or one number for a square. `fill` is the digit's larger side as a fraction
    of the picture's smaller side, and `pen` the width of the stroke as a fraction of the digit's larger side.
    `mode` is one of `MODES`. `ink` and `paper` are a grey from 0 to 255 or (red, green, blue); `paper=None` is
    transparent and needs mode LA, P or RGBA. The digit's centre of mass lies in the middle, as in MNIST;
    `offset` moves it right and down, in fractions of width and height, as far as the digit stays inside. `slant`
    leans it to the right (0.2 is a fair amount). `seed` chooses among the ways to write it and makes each a little
    different.

    Raises ValueError for a digit or mode that doesn't exist, or transparent paper in a mode without transparency.
    """
    if digit not in _STROKES:
        raise ValueError(f"digit must be 0 to 9, not {digit!r}")
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
    if paper is None and mode not in ("LA", "P", "RGBA"):
        raise ValueError(f"mode {mode} has no transparency: give the paper a colour")
    width, height = (size, size) if isinstance(size, int) else size
    coverage = _coverage(digit, width, height, pen, offset, slant, fill, np.random.default_rng([seed, digit]))
    return _colour(coverage, mode, ink, paper)


def _coverage(
    digit: int,
    width: int,
    height: int,
    pen: float,
    offset: tuple[float, float],
    slant: float,
    fill: float,
    rng: np.random.Generator,
) -> Image.Image:
    """How much of each pixel the ink covers: an "L" image of the given size, 255 where the stroke lies."""
    ways = _STROKES[digit]
    strokes = [np.array(stroke) for stroke in ways[rng.integers(len(ways))]]
    squeeze = rng.uniform(0.85, 1.1)
    angle = math.radians(rng.uniform(-4, 4))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    curves = []
    wobble: dict[tuple[float, float], np.ndarray] = {}  # a point that two strokes share must stay one point
    for stroke in strokes:
        points = np.array([point + wobble.setdefault(tuple(point), rng.normal(0, 0.014, 2)) for point in stroke])
        points = (points - 0.5) * [squeeze, 1.0]
        points[:, 0] -= slant * points[:, 1]
        curves.append(_smooth(points @ turn.T))

    scale = _OVERSAMPLING * fill * min(width, height)
    canvas = np.array([width, height]) * _OVERSAMPLING
    everything = np.concatenate(curves)
    low, high = everything.min(0), everything.max(0)
    # the stroke is half a pen wider than its middle line, on each side
    unit = scale / (max(high - low) + pen)
    radius = unit * pen / 2
    room = np.maximum(0, (canvas - unit * (high - low)) / 2 - radius)
    centre = (low + high) / 2
    middle = canvas / 2 + np.clip(np.array(offset) * canvas + (centre - _mass(curves)) * unit, -room, room)

    image = Image.new("L", (int(canvas[0]), int(canvas[1])), 0)
    brush = ImageDraw.Draw(image)
    for curve in curves:
        path = (curve - centre) * unit + middle
        pressure = 1 + 0.12 * np.sin(np.linspace(0, rng.uniform(2, 5), len(path)) + rng.uniform(0, 6))
        for (x, y), r in zip(path, radius * pressure, strict=True):
            brush.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return image.resize((width, height), Image.Resampling.BOX)


def _mass(curves: list[np.ndarray]) -> np.ndarray:
    """The centre of mass (x, y) of curves that are drawn with an even pen."""
    lengths = np.concatenate([np.linalg.norm(np.diff(curve, axis=0), axis=1) for curve in curves])
    middles = np.concatenate([(curve[1:] + curve[:-1]) / 2 for curve in curves])
    return (lengths[:, None] * middles).sum(0) / lengths.sum()


def _smooth(points: np.ndarray, steps: int = 60) -> np.ndarray:
    """A uniform Catmull–Rom curve through the points, (n, 2) to (m, 2); a repeated point is a corner."""
    repeated = np.flatnonzero((points[1:] == points[:-1]).all(1))
    pieces = np.split(points, repeated + 1)
    curves = []
    for piece in pieces:
        padded = np.concatenate([[2 * piece[0] - piece[1]], piece, [2 * piece[-1] - piece[-2]]])
        t = np.linspace(0, 1, steps)[:, None]
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
            curves.append(
                0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
            )
    return np.concatenate(curves)


def _colour(coverage: Image.Image, mode: str, ink: Colour, paper: Colour | None) -> Image.Image:
    """Lay ink over paper where the stroke covers it and give the picture its mode."""
    ink_rgb = _rgb(ink)
    if paper is None:
        picture = Image.new("RGBA", coverage.size, (*ink_rgb, 0))
        picture.putalpha(coverage)
        if mode == "P":
            return _transparent_palette(coverage, ink_rgb)
        return picture if mode == "RGBA" else picture.convert("LA")
    colours = Image.composite(
        Image.new("RGB", coverage.size, ink_rgb), Image.new("RGB", coverage.size, _rgb(paper)), coverage
    )
    if mode == "P":
        return colours.quantize(16, dither=Image.Dither.NONE)
    if mode == "1":
        return colours.convert("L").point(lambda value: 255 * (value > 127)).convert("1", dither=Image.Dither.NONE)
    if mode == "I;16":
        return Image.fromarray(np.asarray(colours.convert("L"), dtype=np.uint16) * np.uint16(257))
    return colours.convert(mode)


def _transparent_palette(coverage: Image.Image, ink: tuple[int, int, int]) -> Image.Image:
    """A palette picture with two entries: 0 is transparent (its colour is the ink's too), 1 is ink."""
    picture = Image.fromarray((np.asarray(coverage) > 127).astype(np.uint8)).convert("P")
    picture.putpalette([*ink, *ink])
    picture.info["transparency"] = 0
    return picture


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return (colour, colour, colour) if isinstance(colour, int) else colour
