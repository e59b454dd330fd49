"""What the checks of lab 4 give to the networks: the same for the student's key and for the marker's reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.judge import probes


@dataclass(frozen=True)
class NetworkProbe:
    """How a network is built and probed. `size` is the height and the width of its images."""

    definition: str
    arguments: tuple[int, ...] = ()
    batch: int = 7
    channels: int = 1
    size: int = 28

    @property
    def question(self) -> str:
        return "-".join([self.definition, *map(str, self.arguments)])

    def images(self, seed: int) -> np.ndarray:
        """(batch, channels, size, size) float32 in [0, 1]."""
        return probes.images(self.batch, seed, self.channels, self.size)


SIMPLE = NetworkProbe("SimpleCNN")
BETTER = NetworkProbe("BetterCNN")
BRANCH = NetworkProbe("BranchModel")
INCEPTION = NetworkProbe("InceptionBlock", (3, 4), channels=3, size=12)
INCEPTION_WIDER = NetworkProbe("InceptionBlock", (5, 8), channels=5, size=12)
RESIDUAL_SAME = NetworkProbe("ResidualBlock", (6, 6), channels=6, size=12)
RESIDUAL_OTHER = NetworkProbe("ResidualBlock", (4, 6), channels=4, size=12)
NETWORKS = (SIMPLE, BETTER, BRANCH, INCEPTION, INCEPTION_WIDER, RESIDUAL_SAME, RESIDUAL_OTHER)
WITH_DROPOUT = (SIMPLE, BETTER, BRANCH)
DROPOUT = 0.2


@dataclass(frozen=True)
class Picture:
    """One picture for `load_image`: what `autograder.drawing.draw` is told, and the file's name."""

    name: str
    digit: int
    exact: bool  # 28×28 already: keeps its size
    drawn: dict[str, object]
