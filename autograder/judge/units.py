"""Changes the units of a network's layers so that one that uses its layers as layers computes the same as before.

A unit is a channel of a convolution or an output of a fully connected layer. It may have another number, and one that
nobody reads may be any unit.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def unread_and_renumbered(weights: Arrays, joints: Sequence[Joint], seed: int) -> tuple[Arrays, Arrays]:
    """The weights with zeros where every other unit of `joints`, or so, is read; and others that must do the same.

    There the units are in other orders, where they are made and where they are read, and those that nobody reads are
    made with other weights. What makes a unit are weights (units, …), what reads it are weights (…, units, pixels).
    """
    draw = generator(seed, "units")
    drawn = [(joint, draw.permutation(joint.units) % 2 == 0, draw.permutation(joint.units)) for joint in joints]
    unread: Arrays = []
    renumbered: Arrays = []
    for name, value in weights:
        layer, found, again = name.rpartition(".")[0], value, value
        for joint, heard, order in drawn:
            if layer in joint.makers and value.ndim:
                again = again.copy()
                again[~heard] = np.roll(again[~heard], 1, axis=0) * 1.25
                again = again[order]
            if layer == joint.reader and value.ndim > 1:
                apart = (len(value), joint.units, -1)  # a map of several pixels is read pixel by pixel
                found = (found.reshape(apart) * heard[:, None]).reshape(value.shape)
                again = (again.reshape(apart) * heard[:, None])[:, order].reshape(value.shape)
        unread.append((name, np.ascontiguousarray(found, np.float32)))
        renumbered.append((name, np.ascontiguousarray(again, np.float32)))
    return unread, renumbered
