"""The grader's own network for the functions of notebook 4.5, and its weights."""

from __future__ import annotations

import numpy as np
import torch

from autograder.judge import probes
from autograder.labs.lab4.networks import BETTER
from autograder.labs.lab4.procedures import Looked
from autograder.labs.questions import Ask

with torch.device("meta"):
    LOOKED = [(name, value.shape) for name, value in Looked().state_dict().items() if value.is_floating_point()]
LOOKED_UNIT = 3  # the one to be excited


PATTERNS = 20.0  # how much more a pattern does than ordinary weights make of it
STEEP = 30.0  # plain steps of lr=1 along an ordinary layer's gradient would be lost in the noise that one starts from


def steep_layer(answers: Ask, seed: int) -> tuple[list[tuple[str, np.ndarray]], list[int]]:
    """Weights for BetterCNN with a steep first layer, and two units: one that light excites, one that it quiets."""
    state = BETTER.weights(answers, seed)
    weight = state[0][1] * np.float32(STEEP)
    order = np.argsort(weight.sum((1, 2, 3)))
    return [(state[0][0], weight), *state[1:]], [int(order[-1]), int(order[0])]


def looked_weights(seed: int) -> list[tuple[str, np.ndarray]]:
    """Weights and running statistics for the grader's own network, `procedures.Looked`.

    Patterns excite the unit that is asked about, whatever their sign, and quiet the outputs of the others: an ascent
    gets somewhere wherever it starts, one for another unit goes astray, and no flat image does what it does.
    """
    unit, made = LOOKED_UNIT, dict(probes.weights(LOOKED, seed))
    made["conv1.weight"] -= made["conv1.weight"].mean((1, 2, 3), keepdims=True)
    made["conv1.weight"] *= np.float32(PATTERNS)
    for name in ("conv1.bias", "norm.bias"):
        made[name] = np.abs(made[name])
    made["norm.running_mean"] = -np.abs(made["norm.running_mean"])
    for part, sign in ((made["conv2.weight"], -1), (made["conv2.bias"], 1), (made["out.weight"][:, unit], -1)):
        part[:] = sign * np.abs(part)
    made["conv2.weight"][unit] *= -1
    made["out.weight"][unit] *= np.float32(0.1)
    made["out.weight"][unit, unit] = 1
    return list(made.items())
