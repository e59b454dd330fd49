"""Changes the units of a network's layers so that one that uses its layers as layers computes the same as before.

A unit is a channel of a convolution or an output of a fully connected layer. It may have another number, and one that
nobody reads may be any unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.judge.probes import Arrays, generator


@dataclass(frozen=True)
class Joint:
    """Where units go from layers to the next one: their number, the layers that make them, and the one that reads them.

    Several layers make them together where the network has branches.
    """

    units: int
    makers: tuple[str, ...]
    reader: str


def joints(shapes: Sequence[tuple[str, Sequence[int]]]) -> list[Joint]:
    """The joints of a network with parameters of these shapes, in the order in which it uses them."""
    found: list[Joint] = []
    waiting: list[tuple[int, str]] = []  # units that no layer has read so far, and what has made them
    for name, shape in shapes:
        layer = name.rpartition(".")[0]
        if len(shape) == 1:
            made = next((units for units, maker in waiting if maker == layer), None)
            if made is None and waiting and waiting[-1][0] == shape[0]:  # the batch norm of the layer before it
                waiting.append((shape[0], layer))
        elif len(shape) > 1:
            width = waiting[-1][0] if waiting else 0
            if width and (shape[1] == width or (len(shape) == 2 and shape[1] % width == 0)):
                found.append(Joint(width, tuple(maker for units, maker in waiting if units == width), layer))
                waiting = [(units, maker) for units, maker in waiting if units != width]
            waiting.append((shape[0], layer))
    return found


def unread(weights: Arrays, joints: Sequence[Joint], seed: int) -> Arrays:
    """The weights with zeros where every other unit of `joints`, or so, is read."""
    return _with_units(
        weights, joints, lambda joint, made: made, lambda joint, read: read * _heard(joint, seed)[:, None]
    )


def renumbered(weights: Arrays, joints: Sequence[Joint], seed: int) -> Arrays:
    """The same with those units in other orders, where they are made and where they are read, and with other weights
    where the ones that nobody reads are made."""

    def order(joint: Joint) -> np.ndarray:
        return generator(seed, "units", joint.reader).permutation(joint.units)

    def made(joint: Joint, value: np.ndarray) -> np.ndarray:
        silent = ~_heard(joint, seed)
        value = value.copy()
        value[silent] = np.roll(value[silent], 1, axis=0) * 1.25
        return value[order(joint)]

    return _with_units(
        weights, joints, made, lambda joint, read: (read * _heard(joint, seed)[:, None])[:, order(joint)]
    )


def _heard(joint: Joint, seed: int) -> np.ndarray:
    """Which units of a joint are read."""
    return generator(seed, "heard", joint.reader).permutation(joint.units) % 2 == 0


Change = Callable[[Joint, np.ndarray], np.ndarray]


def _with_units(weights: Arrays, joints: Sequence[Joint], made: Change, read: Change) -> Arrays:
    """The weights with what makes the units of `joints` (units, …) and what reads them (…, units, pixels) changed."""
    changed: Arrays = []
    for name, value in weights:
        layer = name.rpartition(".")[0]
        for joint in joints:
            if layer in joint.makers and value.ndim:
                value = made(joint, value)
            if layer == joint.reader and value.ndim > 1:
                apart = value.reshape(len(value), joint.units, -1)  # a map of several pixels is read pixel by pixel
                value = read(joint, apart).reshape(value.shape)
        changed.append((name, np.ascontiguousarray(value, np.float32)))
    return changed
