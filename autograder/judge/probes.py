"""Weights and inputs that the grader makes up, from NumPy's PCG64 so that they are the same everywhere."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

Arrays = list[tuple[str, np.ndarray]]


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """A generator for `seed` and a purpose: other purposes draw other numbers."""
    return np.random.Generator(np.random.PCG64([seed, *"".join(purpose).encode()]))


def weights(shapes: Sequence[tuple[str, Sequence[int]]], seed: int) -> Arrays:
    """Random weights for named shapes, scaled so that activations keep their size from layer to layer.

    He et al. 2015 for weights, wide biases so that each ReLU cuts some and lets some pass, and positive running
    variances for batch norm. float32. Where biases alone have equal shapes, these have equal values: then there is one
    way to assign the weights by their shapes, and nothing to guess.
    """
    return copy.deepcopy(_weights(tuple((name, tuple(size)) for name, size in shapes), seed))


@lru_cache(maxsize=64)  # a class is asked the same questions again and again
def _weights(shapes: tuple[tuple[str, tuple[int, ...]], ...], seed: int) -> Arrays:
    draw = generator(seed, "weights")
    arrays: Arrays = []
    for name, shape in shapes:
        if name.endswith("running_var"):
            value = draw.uniform(0.5, 2.0, shape)
        elif name.endswith(("bias", "running_mean")):
            value = draw.normal(0, 0.3, shape)
        elif len(shape) == 1:  # the scale of a batch norm
            value = draw.uniform(0.5, 1.5, shape)
        else:
            value = draw.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        arrays.append((name, value.astype(np.float32)))
    alike: dict[tuple[int, ...], list[str]] = {}
    for name, shape in shapes:
        alike.setdefault(shape, []).append(name)
    if all(name.endswith("bias") for names in alike.values() if len(names) > 1 for name in names):
        first: dict[tuple[int, ...], np.ndarray] = {}
        return [(name, first.setdefault(value.shape, value)) for name, value in arrays]
    return arrays


def shuffled(arrays: Arrays, seed: int) -> Arrays:
    """The same values, each somewhere else in its array; arrays that were equal stay so."""
    return [(name, generator(seed, "places").permutation(value.ravel()).reshape(value.shape)) for name, value in arrays]


def with_pixels_moved(images: np.ndarray, seed: int) -> np.ndarray:
    """The images (N, C, H, W) with their pixels in other places, the same ones in all images."""
    flat = images.reshape(len(images), -1)
    return flat[:, generator(seed, "places").permutation(flat.shape[1])].reshape(images.shape)


def two_inputs(shapes: Sequence[tuple[str, Sequence[int]]], seed: int, second: bool = True) -> Arrays:
    """Weights with which all that a network puts out depends on two inputs of its first fully connected layer alone.

    The two are neighbours, so in one feature map. Everything is positive, so that no ReLU cuts anything off. Without
    the `second`, all else is the same, and one input is left. Empty where the network has no fully connected layer.
    """
    draw = generator(seed, "two inputs")
    matrices = [name for name, shape in shapes if len(shape) == 2]
    if not matrices:
        return []
    first = max(matrices, key=lambda name: dict(shapes)[name][1])
    arrays: Arrays = []
    for name, shape in shapes:
        if len(shape) != 2:
            value = draw.uniform(0.1, 0.3, shape) if len(shape) < 2 else draw.uniform(0, 2 / np.prod(shape[1:]), shape)
        else:
            value = np.zeros(shape)
            if name != first:
                value[:, 0] = draw.uniform(0.5, 1.5, shape[0])
            elif shape[1] > 1:
                here = int(draw.integers(shape[1] - 1))
                value[0, here : here + 2] = 1, 0.6 if second else 0
        arrays.append((name, value.astype(np.float32)))
    return arrays


def images(count: int, seed: int, channels: int = 1, size: int = 28) -> np.ndarray:
    """Random images (count, channels, size, size), float32 in [0, 1]: blots of several sizes on black."""
    draw = generator(seed, "images")
    made = np.zeros((count, channels, size, size))
    for grain in (2, 4, 7):
        coarse = draw.uniform(-1, 1, (count, channels, size // grain + 1, size // grain + 1))
        made += np.kron(coarse, np.ones((grain, grain)))[:, :, :size, :size]
    made = np.clip(made, 0, None)
    return (made / made.max()).astype(np.float32)


def classes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """An easy classification task: images (count, 1, 28, 28) of ten noisy patterns, and their labels (count,)."""
    draw = generator(seed, "classes")
    patterns = draw.uniform(0, 1, (10, 1, 28, 28))
    labels = draw.permutation(np.arange(count) % 10).astype(np.int64)
    noisy = 0.6 * patterns[labels] + 0.4 * draw.uniform(0, 1, (count, 1, 28, 28))
    return noisy.astype(np.float32), labels
