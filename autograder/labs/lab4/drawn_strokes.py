"""Strokes of ink of four directions, and how strongly a kernel answers to each kind of them."""

from __future__ import annotations

from functools import cache

import numpy as np

SIDE = 15  # of an image; notebook 4.1 draws its strokes in the same way
ANGLES = {"horizontal": 0, "vertical": 90, "rising": 45, "falling": -45}  # degrees
THICKNESSES = np.linspace(2, 3, 5)  # in pixels
OFFSETS = np.linspace(-0.9, 0.9, 19)  # of pixels from the middle; by whole pixels, a stroke is only moved
INK = "all ink"


def stroke(angle: float, thickness: float, offset: float) -> np.ndarray:
    """An image (15, 15) of a straight stroke from side to side, ink 1 on ground 0, `offset` pixels off the middle."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    turn = np.deg2rad(angle)
    distance = np.abs(rows * np.cos(turn) + columns * np.sin(turn) - offset)
    return np.clip(thickness / 2 + 0.5 - distance, 0, 1)


@cache
def images() -> dict[str, np.ndarray]:
    """Images (N, 15, 15) of each kind: strokes of each thickness at each place, and one image that is all ink.

    They are the same for every seed: a kernel close to what is asked must not pass in one marking and fail in the next.
    """
    strokes = {
        kind: np.stack([stroke(angle, thickness, offset) for thickness in THICKNESSES for offset in OFFSETS])
        for kind, angle in ANGLES.items()
    }
    return {**strokes, INK: np.ones((1, SIDE, SIDE))}


def answers(kernel: np.ndarray) -> dict[str, np.ndarray]:
    """The strongest answer of a kernel (5, 5) anywhere in each of the images (N,), by kind."""
    return {kind: np.einsum("nrchw,hw->nrc", _windows(kind, kernel.shape), kernel).max((1, 2)) for kind in images()}


def _windows(kind: str, size: tuple[int, ...]) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(images()[kind], size, axis=(1, 2))
