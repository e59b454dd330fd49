"""The networks and blocks that lab 4 asks for, and what they are probed with."""

from __future__ import annotations

from autograder.labs.kinds.network import Network

RATE = 0.2
SIMPLE = Network("SimpleCNN", "simple-cnn", dropout=RATE)
BETTER = Network("BetterCNN", "better-cnn", dropout=RATE)
BRANCH = Network("BranchModel", "branch-model", dropout=RATE)


def _block(definition: str, task: str, arguments: tuple[int, int], trains: bool = False) -> Network:
    return Network(definition, task, arguments, channels=arguments[0], size=8, plain_size=12, trains=trains)


INCEPTION = _block("InceptionBlock", "inception-block", (3, 4))
INCEPTION_WIDER = _block("InceptionBlock", "inception-block", (5, 8))
RESIDUAL_SAME = _block("ResidualBlock", "residual-block", (6, 6), trains=True)
RESIDUAL_OTHER = _block("ResidualBlock", "residual-block", (4, 6), trains=True)
RESIDUAL_NARROWER = _block("ResidualBlock", "residual-block", (6, 4), trains=True)
NETWORKS = (
    *(SIMPLE, BETTER, BRANCH, INCEPTION, INCEPTION_WIDER),
    *(RESIDUAL_SAME, RESIDUAL_OTHER, RESIDUAL_NARROWER),
)
