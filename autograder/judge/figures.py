"""Does a figure show the arrays that it must show?"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from autograder.judge.compare import array, first_of
from autograder.judge.verdict import Failed

CELL = 3  # pixels of a page that a value takes up, so that its colour can be told
PAGE_PIXELS = 20_000_000
NEARLY_ALL = 0.9  # of the images: the values of one may hardly differ
LIKENESS = 0.995  # correlation; a figure may scale, shift or quantise the values, not change them


def judge_figure(answer: dict[str, Any], expected: np.ndarray, what: str, one: str) -> None:
    """The figure has axes with an image for each of `expected` (count, height, width), in order.

    `one` names a single image, such as "filter". The order is that in which the axes were made, or reading order,
    or column by column.
    """
    if not answer.get("figure"):
        raise Failed(
            f"{what} should return a matplotlib Figure, but returned {answer.get('kind')} and left no figure open."
        )
    images = [array(image, "An image of the figure") for image in answer["images"]]
    if len(images) != len(answer["places"]):
        raise Failed(f"{what}: the number of images does not match the number of axes.")
    if not images:
        raise Failed(f"{what}: the figure has no axes with an image.", hint="`axis.imshow(…)` draws one.")
    if len(images) != len(expected):
        raise Failed(
            f"{what} should draw one image for each {one}, {len(expected)} in all, but the figure has {len(images)}.",
            hint=_hint_on_count(answer, images, expected),
        )
    shapes = {_grey_shape(image) for image in images}
    if shapes != {expected[0].shape}:
        raise Failed(
            f"{what}: each image should have the size of a {one}, {expected[0].shape[0]}×{expected[0].shape[1]}, but"
            f" there are images of {first_of(f'{h}×{w}' for h, w in sorted(shapes))}."
        )
    images = [_grey(image) for image in images]
    places = np.array([[float(x), float(y)] for x, y in answer["places"]])
    orders = [
        np.arange(len(images)),
        np.lexsort((places[:, 0], -places[:, 1])),
        np.lexsort((-places[:, 1], places[:, 0])),
    ]
    fitting = [
        o for o in orders if all(_alike(images[i], right) > LIKENESS for i, right in zip(o, expected, strict=True))
    ]
    if fitting:
        if answer["unseen"]:
            raise Failed(
                f"{what}: {answer['unseen']} of the {len(images)} images cannot be seen: they are invisible, outside of"
                " the figure, behind others, or only a few pixels large.",
                hint="Look at the figure. Does each image have a place of its own?",
            )
        if answer["blank"]:
            raise Failed(
                f"{what}: {answer['blank']} of the {len(images)} images are drawn in a single colour, whatever their"
                " values.",
                hint="Which value gets the first colour of the colour map, and which the last?",
            )
        if not _is_drawn(answer, expected[np.argsort(fitting[0])]):
            raise Failed(
                f"{what}: the images are on its axes, but on the page there is nothing to be seen of their values.",
                hint="Look at the figure. Which colours does it have?",
            )
        return
    if all(_alike(image, right) < -LIKENESS for image, right in zip(images, expected, strict=True)):
        raise Failed(f"{what}: the images are there, but with the opposite sign.", diagnosis="figure-negative")
    found = sum(max(_alike(image, right) for image in images) > LIKENESS for right in expected)
    if found == len(expected):
        raise Failed(f"{what}: all {one}s are there, but not in their original order.", diagnosis="figure-order")
    raise Failed(
        f"{what}: {found} of the {len(expected)} images show a {one} from its argument.",
        hint=f"Take the values from the argument that is passed in, and draw each {one} on its own axes.",
        diagnosis="other-values",
    )


def _is_drawn(answer: dict[str, Any], arrays: np.ndarray) -> bool:
    """Whether the picture of the figure shows these arrays at the places of its images.

    Equal values must have equal colours, whatever the colour map; of values that have less than three pixels, several
    are taken together.
    """
    page = _page(answer["picture"])
    if page is None or len(answer["boxes"]) != len(arrays):
        return False
    follows = []
    for (left, low, right, high), values in zip(answer["boxes"], arrays, strict=True):
        box = (
            max(0.0, left),
            max(0.0, page.height - high),
            min(page.width, right),
            min(page.height, page.height - low),
        )
        size = box[2] - box[0], box[3] - box[1]
        if min(size) < 2:
            return False
        if min(size[0] / values.shape[1], size[1] / values.shape[0]) < CELL:
            few = [min(there, max(2, int(pixels / 2))) for there, pixels in zip(values.shape[::-1], size, strict=True)]
            coarse = Image.fromarray(values.astype(np.float32)).resize((few[0], few[1]), Image.Resampling.BOX)
            values = np.asarray(coarse, np.float64)
        colours = np.asarray(page.resize(values.shape[::-1], Image.Resampling.BOX, box=box), np.float64)
        if not np.ptp(values):  # one colour says all
            continue
        turned = (values, values[::-1], values[:, ::-1], values[::-1, ::-1])  # either axis may be upside down
        follows.append(max(_follow(colours.reshape(-1, 3), one.ravel()) for one in turned))
    seen = np.array(follows) > 0
    return not follows or bool(np.mean(follows) > 0 and seen.mean() >= NEARLY_ALL)


def _page(picture: np.ndarray) -> Image.Image | None:
    """The picture of a figure, if it is one."""
    try:
        with Image.open(io.BytesIO(picture.tobytes()), formats=["PNG"]) as page:
            return page.convert("RGB") if page.width * page.height <= PAGE_PIXELS else None
    except Exception:
        return None


def _follow(colours: np.ndarray, values: np.ndarray) -> float:
    """How well colours (count, 3) follow from values: 1 if those of the nearest values tell them, 0 or less if not."""
    colours = colours[np.argsort(values, kind="stable")]
    around = np.concatenate([colours[1:2], colours, colours[-2:-1]])
    told, spread = (around[:-2] + around[2:]) / 2, ((colours - colours.mean(0)) ** 2).sum()
    return float(1 - ((colours - told) ** 2).sum() / spread) if spread > len(colours) else -1.0


def _hint_on_count(answer: dict[str, Any], images: list[np.ndarray], expected: np.ndarray) -> str:
    """Where to look when the number of images is wrong."""
    if answer["covered"]:
        return "Several images are on the same axes, so only the last is visible. Give each its own axes."
    if len(images) > 1:
        return "Do they all come from the argument that is passed in, and are they all there?"
    if _grey_shape(images[0]) == expected[0].shape:
        return "Where are the others? They belong in the same figure, each on its own axes."
    return "In a single image, they cannot be told apart. Give each its own axes."


def _grey_shape(image: np.ndarray) -> tuple[int, int]:
    """Height and width of an image that may have colours."""
    if image.ndim != 2 and not (image.ndim == 3 and image.shape[2] in (1, 3, 4)):
        raise Failed(f"One of the axes shows an image of shape {image.shape}.")
    return image.shape[0], image.shape[1]


def _grey(image: np.ndarray) -> np.ndarray:
    image = image.astype(np.float64)
    return image if image.ndim == 2 else image[:, :, :3].mean(2)


def _alike(image: np.ndarray, right: np.ndarray) -> float:
    if image.shape != right.shape or image.std() < 1e-12 or right.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(image.ravel(), right.ravel())[0, 1])
