"""Does a figure show the arrays that it must show?"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.judge.compare import array
from autograder.judge.verdict import Failed

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
    images = [_grey(array(image, "An image of the figure")) for image in answer["images"]]
    if len(images) != len(answer["places"]):
        raise Failed(f"{what}: the number of images does not match the number of axes.")
    if not images:
        raise Failed(f"{what}: the figure has no axes with an image.", hint="`axis.imshow(…)` draws one.")
    if len(images) != len(expected):
        raise Failed(
            f"{what} should draw one image for each {one}, {len(expected)} in all, but the figure has {len(images)}.",
            hint=_hint_on_count(answer, images, expected),
        )
    shapes = {image.shape for image in images}
    if shapes != {expected[0].shape}:
        raise Failed(
            f"{what}: each image should have the size of a {one}, {expected[0].shape[0]}×{expected[0].shape[1]}, but"
            f" there are images of {', '.join(f'{h}×{w}' for h, w in sorted(shapes))}."
        )
    places = np.array([[float(x), float(y)] for x, y in answer["places"]])
    orders = [
        np.arange(len(images)),
        np.lexsort((places[:, 0], -places[:, 1])),
        np.lexsort((-places[:, 1], places[:, 0])),
    ]
    if any(all(_alike(images[i], right) > LIKENESS for i, right in zip(o, expected, strict=True)) for o in orders):
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


def _hint_on_count(answer: dict[str, Any], images: list[np.ndarray], expected: np.ndarray) -> str:
    """Where to look when the number of images is wrong."""
    if answer["covered"]:
        return "Several images are on the same axes, so only the last is visible. Give each its own axes."
    if len(images) > 1:
        return "Do they all come from the argument that is passed in, and are they all there?"
    if images[0].shape == expected[0].shape:
        return "Where are the others? They belong in the same figure, each on its own axes."
    return "In a single image, they cannot be told apart. Give each its own axes."


def _grey(image: np.ndarray) -> np.ndarray:
    image = image.astype(np.float64)
    if image.ndim == 3 and image.shape[2] in (3, 4):
        return image[:, :, :3].mean(2)
    if image.ndim == 3 and image.shape[2] == 1:
        return image[:, :, 0]
    if image.ndim != 2:
        raise Failed(f"One of the axes shows an image of shape {image.shape}.")
    return image


def _alike(image: np.ndarray, right: np.ndarray) -> float:
    if image.shape != right.shape or image.std() < 1e-12 or right.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(image.ravel(), right.ravel())[0, 1])
