"""The grader's small network, worked out without student code: what training and evaluating it must give.

Its module is `Small` of the training procedures; here are its weights' shapes, its outputs and its training, from the
numbers alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from autograder.judge import probes
from autograder.judge.compare import array
from autograder.judge.verdict import Failed

SHAPES = (("hidden.weight", (16, 784)), ("hidden.bias", (16,)), ("out.weight", (10, 16)), ("out.bias", (10,)))
BATCH = 32
LEARNING_RATE = 3e-3
RAISED = np.float32(30)

Weights = dict[str, Tensor]


def start(seed: int) -> list[tuple[str, np.ndarray]]:
    """The weights that it starts with.

    All logits are larger by the same number, which no softmax sees, and weight decay does.
    """
    return [(name, value + RAISED * (name == "out.bias")) for name, value in probes.weights(SHAPES, seed)]


def tensors(arrays: list[tuple[str, np.ndarray]]) -> Weights:
    """Weights as tensors."""
    return {name: torch.tensor(value) for name, value in arrays}


def outputs(weights: Weights, images: np.ndarray) -> Tensor:
    """Its logits (N, 10) for images (N, 1, 28, 28), without dropout."""
    hidden = torch.relu(F.linear(torch.tensor(images).flatten(1), weights["hidden.weight"], weights["hidden.bias"]))
    return F.linear(hidden, weights["out.weight"], weights["out.bias"])


def loss(weights: Weights, images: np.ndarray, labels: np.ndarray) -> float:
    """The mean cross-entropy."""
    return float(F.cross_entropy(outputs(weights, images), torch.tensor(labels)))


def agreement(weights: Weights, images: np.ndarray, labels: np.ndarray) -> float:
    """How well its logits, less their means, point to the labels: a correlation, which no factor changes.

    0 where it puts out the same for all images.
    """
    logits = outputs(weights, images).double()
    logits = logits - logits.mean(0)
    target = F.one_hot(torch.tensor(labels), 10).double() - 0.1
    size = float(logits.norm() * target.norm())
    return float((logits * target).sum()) / size if size > 1e-9 else 0.0


def epochs(
    begin: Mapping[str, np.ndarray], images: np.ndarray, labels: np.ndarray, count: int
) -> Iterator[tuple[Weights, float, float]]:
    """Its training from the weights `begin` by cross-entropy and Adam, batch by batch in the given order.

    After each epoch: its weights, and the mean loss and the share of right images, as they were met in that epoch.
    """
    weights = {name: torch.tensor(value).requires_grad_() for name, value in begin.items()}
    optimiser = torch.optim.Adam(weights.values(), lr=LEARNING_RATE)
    for _ in range(count):
        losses, right = 0.0, 0
        for first in range(0, len(images), BATCH):
            target = torch.tensor(labels[first : first + BATCH])
            optimiser.zero_grad()
            said = outputs(weights, images[first : first + BATCH])
            missed = F.cross_entropy(said, target)
            missed.backward()
            optimiser.step()
            losses += missed.item() * len(target)
            right += int((said.argmax(1) == target).sum())
        yield (
            {name: value.detach().clone() for name, value in weights.items()},
            losses / len(images),
            right / len(images),
        )


def trained(begin: Mapping[str, np.ndarray], images: np.ndarray, labels: np.ndarray, count: int) -> Weights:
    """Its weights after that training."""
    *_, (weights, _, _) = epochs(begin, images, labels, count)
    return weights


def returned(state: Any, who: str) -> Weights:
    """The weights that a student's function left in it; raises `Failed` if they are no longer its weights."""
    weights = {str(name): array(value, f"The weight {name}") for name, value in state}
    if {name: value.shape for name, value in weights.items()} != dict(SHAPES):
        raise Failed(f"After {who}, the weights of the model that was passed in have different shapes.")
    return {name: torch.tensor(value.astype(np.float32)) for name, value in weights.items()}


def split(values: np.ndarray) -> Weights:
    """The weights that were joined in one row, in the order of `SHAPES`."""
    ends = np.cumsum([int(np.prod(shape)) for _, shape in SHAPES])[:-1]
    parts = np.split(values, ends)
    return {name: torch.tensor(part.reshape(shape)) for (name, shape), part in zip(SHAPES, parts, strict=True)}


def distance(weights: Weights, expected: Weights) -> float:
    """The largest mean difference of a weight, in steps of Adam.

    A step of Adam has the size of the learning rate whatever the gradient: rounding moves a weight by a small part of
    a step, another optimiser, loss, rate or order by much of one.
    """
    return max(float((weights[name] - value).abs().mean()) for name, value in expected.items()) / LEARNING_RATE


def kinship(start: Weights, weights: Weights, others: Weights) -> float:
    """How surely two ways through the weights, from `start` to `weights` and to `others`, have to do with each other.

    The largest cosine of a layer's ways, of either sign, in standard deviations of one between random ways.
    """
    found = []
    for name, shape in SHAPES:
        one, other = ((ends[name] - start[name]).flatten().double() for ends in (weights, others))
        found.append(abs(float(F.cosine_similarity(one, other, dim=0))) * math.sqrt(math.prod(shape)))
    return max(found)
