"""What the checks of lab 4 give to the networks: the same for the student's key and for the marker's reference."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from autograder.drawing import draw
from autograder.judge import probes


@dataclass(frozen=True)
class NetworkProbe:
    """How a network is built and probed. `size` is the height and the width of its images."""

    definition: str
    task: str
    arguments: tuple[int, ...] = ()
    batch: int = 10  # comes in batches of 1, 2 and 7
    channels: int = 1
    size: int = 28

    @property
    def plain_size(self) -> int:
        """The height and width of the zeros that its output's shape is seen with."""
        return 12 if self.arguments else self.size

    @property
    def question(self) -> str:
        return "-".join([self.definition, *map(str, self.arguments)])

    def images(self, seed: int) -> np.ndarray:
        """(batch, channels, size, size) float32: images in [0, 1], and for a block what a layer may put out."""
        made = probes.images(self.batch, seed, self.channels, self.size)
        return 3 * made - 1 if self.arguments else made


SIMPLE = NetworkProbe("SimpleCNN", "simple-cnn")
BETTER = NetworkProbe("BetterCNN", "better-cnn")
BRANCH = NetworkProbe("BranchModel", "branch-model")
INCEPTION = NetworkProbe("InceptionBlock", "inception-block", (3, 4), channels=3, size=8)
INCEPTION_WIDER = NetworkProbe("InceptionBlock", "inception-block", (5, 8), channels=5, size=8)
RESIDUAL_SAME = NetworkProbe("ResidualBlock", "residual-block", (6, 6), channels=6, size=8)
RESIDUAL_OTHER = NetworkProbe("ResidualBlock", "residual-block", (4, 6), channels=4, size=8)
RESIDUAL_NARROWER = NetworkProbe("ResidualBlock", "residual-block", (6, 4), channels=6, size=8)
RESIDUALS = (RESIDUAL_SAME, RESIDUAL_OTHER, RESIDUAL_NARROWER)
NETWORKS = (SIMPLE, BETTER, BRANCH, INCEPTION, INCEPTION_WIDER, *RESIDUALS)
WITH_DROPOUT = (SIMPLE, BETTER, BRANCH)
DROPOUT = 0.2


BATCHES = (1, 2, 7)

# The grader's own network, `procedures.Looked`: its parameters and running statistics, and the unit to be excited.
LOOKED: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("conv1.weight", (4, 1, 5, 5)),
    ("conv1.bias", (4,)),
    ("norm.weight", (4,)),
    ("norm.bias", (4,)),
    ("norm.running_mean", (4,)),
    ("norm.running_var", (4,)),
    ("conv2.weight", (6, 4, 3, 3)),
    ("conv2.bias", (6,)),
    ("out.weight", (10, 6)),
    ("out.bias", (10,)),
)
LOOKED_UNIT = 3


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture for `load_image`. One that is `exact` is 28×28 already and keeps its size."""

    name: str
    digit: int
    exact: bool
    drawn: dict[str, Any]

    def png(self, seed: int) -> np.ndarray:
        """The file's bytes: the first drawing from `seed` on that tells stretched, mirrored and turned ones apart."""
        return _drawn(self, seed)


TRIES = 20
SYMMETRIC = (0, 1, 8)  # digits that are much the same in a mirror


@cache  # the same for a whole class
def _drawn(picture: Picture, seed: int) -> np.ndarray:
    seeds = [(seed + step) % 2**32 for step in range(TRIES)]
    chosen = next((one for one in seeds if _tells(picture.digit, one)), seeds[0])
    file = io.BytesIO()
    draw(picture.digit, seed=chosen, **picture.drawn).save(file, "PNG")
    return np.frombuffer(file.getvalue(), np.uint8)


@cache
def _tells(digit: int, seed: int) -> bool:
    """Whether a drawing is much higher than wide, and not its own mirror image."""
    grey = np.asarray(draw(digit, seed=seed, size=56), np.float64)
    rows, columns = np.nonzero(grey > 64)
    box = grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    alike = [np.corrcoef(box.ravel(), other.ravel())[0, 1] for other in (box[::-1], box[:, ::-1])]
    return bool(box.shape[1] < 0.78 * box.shape[0] and (digit in SYMMETRIC or max(alike) < 0.75))


LIGHT_ON_DARK: dict[str, Any] = {"ink": 255, "paper": 0}
DARK_ON_LIGHT: dict[str, Any] = {"ink": 20, "paper": 240}
PUBLIC_PICTURES = (
    Picture("3_grey.png", 3, True, {"size": 28, "mode": "L", **LIGHT_ON_DARK, "fill": 0.5}),
    Picture("5_dark_on_light.png", 5, True, {"size": 28, "mode": "L", **DARK_ON_LIGHT, "fill": 0.5}),
    Picture("7_one_bit.png", 7, False, {"size": (200, 300), "mode": "1", "ink": 0, "paper": 255, "fill": 0.6}),
    Picture("2_blue_pen.png", 2, False, {"size": (160, 140), "mode": "RGB", "ink": (30, 40, 160), "paper": 250}),
    Picture("6_transparent.png", 6, False, {"size": (220, 260), "mode": "RGBA", "ink": 10, "paper": None, "fill": 0.5}),
)
HIDDEN_PICTURES = (
    Picture(
        "4_thin_palette.png", 4, False, {"size": (200, 300), "mode": "P", **DARK_ON_LIGHT, "pen": 0.05, "fill": 0.7}
    ),
    # Opaque all over: it has an alpha channel, and nothing is transparent.
    Picture(
        "9_chalk.png", 9, False, {"size": (300, 200), "mode": "RGBA", "ink": (250, 250, 230), "paper": (20, 40, 30)}
    ),
    Picture("0_one_bit.png", 0, True, {"size": 28, "mode": "1", **LIGHT_ON_DARK, "fill": 0.5}),
    Picture("2_opaque.png", 2, True, {"size": 28, "mode": "RGBA", **DARK_ON_LIGHT, "fill": 0.5}),
    Picture(
        "8_white_ink_in_a_corner.png",
        8,
        False,
        {"size": (240, 240), "mode": "LA", "ink": 255, "paper": None, "fill": 0.3, "offset": (0.25, -0.2)},
    ),
    Picture(
        "6_thick_sixteen_bit.png",
        6,
        False,
        {"size": (150, 150), "mode": "I;16", **DARK_ON_LIGHT, "pen": 0.2, "fill": 0.7},
    ),
)


TO_CLASSIFY, LEAST_DIGITS, LEAST_LEAD, MOST_NETWORKS = 8, 5, 0.5, 100


@cache
def to_classify(seed: int) -> tuple[Mapping[str, np.ndarray], np.ndarray, np.ndarray, tuple[int, ...]]:
    """Eight pictures of 28×28, a linear network (10, 784) and its biases (10,), and what it says of each picture: five
    different digits or more.

    A picture that it is nearly undecided about, where the largest logit leads by less than 0.5, is left out, so that
    rounding decides nothing.
    """
    pictures = [draw(number % 10, size=28, seed=(seed + number) % 2**32) for number in range(24)]
    pixels = np.stack([np.asarray(picture, np.float32).ravel() / 255 for picture in pictures])
    for attempt in range(MOST_NETWORKS):
        draw_weights = probes.generator(seed, "classify", *["again"] * attempt)
        weight = draw_weights.normal(0, 1, (10, 784)).astype(np.float32)
        logits = np.stack([weight @ picture for picture in pixels])
        leads = np.diff(np.sort(logits)[:, -2:])[:, 0]
        clear = logits.argmax(1)[leads >= LEAST_LEAD]
        if len(clear) >= TO_CLASSIFY and len({*clear}) >= LEAST_DIGITS:  # some say one digit, whatever they are shown
            break
    else:
        raise RuntimeError(f"no network that says {LEAST_DIGITS} different digits, from seed {seed}")
    bias = np.zeros(10, np.float32)
    found: list[tuple[float, np.ndarray, int]] = []
    for picture, values, lead in zip(pictures, logits, leads, strict=True):
        if lead < LEAST_LEAD:
            continue
        file = io.BytesIO()
        picture.save(file, "PNG")
        found.append((float(lead), np.frombuffer(file.getvalue(), np.uint8), int(values.argmax())))
    found.sort(key=lambda one: -one[0])
    first_of = {said: one for one in reversed(found) for said in [one[2]]}  # as many different digits as there are
    found = [*first_of.values(), *(one for one in found if one is not first_of[one[2]])][:TO_CLASSIFY]
    found = [found[number] for number in draw_weights.permutation(len(found))]
    answers = [said for _, _, said in found]
    order = draw_weights.permutation(len(found))
    while [answers[number] for number in np.argsort(order)] in (answers, answers[::-1]):
        order = draw_weights.permutation(len(found))
    # Names in an order that is neither that of the list nor that of the answers.
    files = {f"{int(place)}_picture.png": found[number][1] for number, place in enumerate(order)}
    for array in (weight, bias):
        array.flags.writeable = False
    return MappingProxyType(files), weight, bias, tuple(said for _, _, said in found)
