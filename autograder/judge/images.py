"""Is the picture that came back the one that went in, as MNIST would show it?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograder.judge.compare import LEFT_OUT, array
from autograder.judge.verdict import Failed, Partial, Verdict, together

LEAST_ALIKE = 0.7  # the correlation of a digit from a photograph with the clean one, over shifts
MOST_PAPER = 0.06  # the mean of what is not near the digit
LOOK_AT_STEPS = "Show what each step makes of a picture like it: the paper, the ink, what you keep, the tensor."
A_SLIP = 0.25  # of a picture's points: for the right digit in another form, or a little off its place
# Pixels: what rounding to whole pixels takes, and the two ways to count the middle, and a little; and what is no slip.
OFF, FAR_OFF = 1.1, 3.0
OVERSHOT = 0.45  # so far outside of [0, 1] counts as a slip: of 1,500 digits, Lanczos scaling overshot by 0.41 at most
KEPT = 0.15  # so far may the values of a 28×28 picture move, as by stretching its contrast; a shift moves them by 1


def judge_image(answer: dict[str, Any], expected: np.ndarray, exact: bool, name: str) -> None:
    """`load_image`'s tensor for the file `name` is `expected` (1, 28, 28): exactly, or as well as resampling allows."""
    found, slips = image_of(answer, name)
    image, right = found[0].astype(np.float64), expected[0].astype(np.float64)
    _judge_digit(image, right, exact, name)
    slips += [] if exact else _off_centre(image, name)
    if slips:
        raise together(slips)


def _judge_digit(image: np.ndarray, right: np.ndarray, exact: bool, name: str) -> None:
    """An image (28, 28) shows the digit of the right one, in its size and proportions; raises `Failed`."""
    if image.max() < 0.1:
        raise Failed(
            f"{name}: the tensor is black.",
            hint="What does `Image.mode` say? The values of 1-bit and 16-bit pictures do not go from 0 to 255, and"
            " transparent pixels are paper.",
            diagnosis="black-image",
        )
    if image.max() - image.min() < 0.1:
        raise Failed(
            f"{name}: all pixels of the tensor have nearly the same value.",
            hint="Is the digit in the alpha channel? What does `Image.mode` say?",
        )
    if exact and np.abs(image - right).max() <= KEPT:
        return
    correlation = _best_correlation(image, right)
    if correlation < 0.5 and _best_correlation(1 - image, right) > 0.8:
        raise Failed(
            f"{name}: the digit should be light on dark, but it is dark on light.",
            hint="Look at the picture's border, which is paper: is it lighter than the ink?",
            diagnosis="not-inverted",
        )
    if exact:
        raise Failed(
            f"{name}: a picture that is already 28×28 should not be cropped or scaled, but the tensor differs by up to"
            f" {np.abs(image - right).max():.2f}.",
            hint="Crop and scale only pictures of other sizes.",
        )
    _judge_place(image, right, name)
    if correlation < 0.85:
        if _best_correlation(image.T, right) > 0.85:
            raise Failed(f"{name}: the digit is transposed: rows and columns are swapped.", diagnosis="transposed")
        raise Failed(
            f"{name}: the tensor does not look like the picture's digit (similarity {correlation:.2f} of 1).",
            hint="Show the tensor with `imshow` next to the picture.",
        )


def judge_on_paper(answer: dict[str, Any], clean: np.ndarray, name: str) -> None:
    """`load_image`'s tensor for the photograph `name` shows the digit of `clean` (1, 28, 28), and not the paper.

    Ways to take the paper off differ, so what counts is where the digit is, its shape, and that the rest is dark.
    """
    found, slips = image_of(answer, name)
    image, right = found[0].astype(np.float64), clean[0].astype(np.float64)
    _judge_on_paper(image, right, name)
    slips += _off_centre(image, name)
    if slips:
        raise together(slips)


def _judge_on_paper(image: np.ndarray, right: np.ndarray, name: str) -> None:
    """An image (28, 28) shows the digit of the clean one, and no paper; raises `Failed`."""
    if image.max() < 0.1:
        raise Failed(f"{name}: the tensor is black.", hint=LOOK_AT_STEPS)
    correlation = _best_correlation(image, right)
    if correlation < LEAST_ALIKE < max(_best_correlation(np.rot90(image, turns), right) for turns in (1, 2, 3)):
        raise Failed(
            f"{name}: the digit lies on its side.",
            hint="The file says in its EXIF data how to turn the picture.",
        )
    around = float(image[~_grown(right > 0.25, 3)].mean())
    if around > MOST_PAPER:
        dark = around > 0.5 and _best_correlation(1 - image, right) > 0.5
        raise Failed(
            f"{name}: the digit should be light on dark, but it is dark on light."
            if dark
            else f"{name}: around the digit, the paper should be 0, but it is {around:.2f} on average.",
            hint=LOOK_AT_STEPS,
        )
    if correlation < LEAST_ALIKE:
        raise Failed(
            f"{name}: the tensor does not look like the picture's digit: their correlation is {correlation:.2f}, and"
            f" should be at least {LEAST_ALIKE}.",
            hint=LOOK_AT_STEPS,
        )
    _judge_place(image, right, name, "Is something else in the box, such as a printed line or a speck?")


def _grown(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask (H, W) and all that is up to `by` pixels away from it, along rows and columns."""
    for axis in (0, 1):
        mask = np.any([np.roll(mask, step, axis) for step in range(-by, by + 1)], axis=0)
    return mask


def image_of(answer: dict[str, Any], name: str) -> tuple[np.ndarray, list[Verdict]]:
    """The image (1, 28, 28) in [0, 1] that `load_image` returned for the file `name`, and slips in the form in which it
    came; raises `Failed` where there is none."""
    if "error" in answer:
        error = answer["error"]
        where = "".join(f"\n  {place}" for place in error.get("places", [])[-2:] if ", line " in place)
        raised, words = f"{name}: load_image raised {error.get('type')}", str(error.get("message"))[:300]
        if not where and words == LEFT_OUT:
            raise Failed(f"{raised}.", hint="Make a picture of this kind: there, the error tells more.")
        raise Failed(f"{raised}: {words}{where}")
    if "image" not in answer:
        raise Failed(f"{name}: load_image should return a Tensor, but returned {answer.get('kind')}.")
    image, slips = array(answer["image"], f"{name}: the tensor"), []
    if answer["no_text"]:
        slips.append("load_image takes a `Path`, but not a path that is a `str`.")
    if not answer["tensor"]:
        slips.append(f"load_image should return a Tensor, but returned {answer.get('kind')}.")
    elif answer.get("dtype") != "torch.float32":
        slips.append(f"the tensor's dtype should be float32, but it is {answer.get('dtype')}.")
    if image.shape != (1, 28, 28):
        problem = f"the tensor's shape should be (1, 28, 28), but it is {image.shape}."
        if image.size != 28 * 28:
            raise Failed(f"{name}: {problem}")
        slips.append(problem)
    image = image.reshape(1, 28, 28)
    if image.min() < -1e-6 or image.max() > 1 + 1e-6:
        problem = f"the values should lie in [0, 1], but they lie in [{image.min():.3g}, {image.max():.3g}]."
        if image.min() > -OVERSHOT and image.max() < 1 + OVERSHOT:
            slips.append(f"{problem} A filter that overshoots does that: cut off what is below 0 or above 1.")
            image = image.clip(0, 1)
        elif image.min() < -1e-6 or not 100 < image.max() <= 255:
            raise Failed(f"{name}: {problem}")
        else:
            slips.append(problem)
            image = image / 255
    return image, [Partial(f"{name}: {slip}", fraction=1 - A_SLIP) for slip in slips]


def _judge_place(image: np.ndarray, right: np.ndarray, name: str, suspect: str = "") -> None:
    """The digit has its size, proportions and place; `suspect` is what else may be the cause where it has not."""
    rows, columns = np.nonzero(image > 0.25 * image.max())
    height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    right_rows, right_columns = np.nonzero(right > 0.25 * right.max())
    right_height, right_width = int(np.ptp(right_rows)) + 1, int(np.ptp(right_columns)) + 1
    if not 17 <= max(height, width) <= 22:
        raise Failed(
            f"{name}: the digit should fit a 20×20 box in the 28×28 image, but it is {width}×{height}.",
            hint=f"{suspect} Crop to the digit first, then scale its longer side to 20.".strip(),
            diagnosis="wrong-size",
        )
    if abs(height - right_height) > 3 or abs(width - right_width) > 3:
        raise Failed(
            f"{name}: the digit has lost its proportions: {width}×{height} instead of about"
            f" {right_width}×{right_height}.",
            hint=f"{suspect} Scale both sides by the same factor.".strip(),
            diagnosis="stretched",
        )
    middle = ((rows.min() + rows.max()) / 2 - 13.5, (columns.min() + columns.max()) / 2 - 13.5)
    if min(max(map(abs, middle)), max(map(abs, _mass(image)))) > FAR_OFF:
        off = _not_centred(name, _mass(image))
        raise Failed(off.message, hint=off.hint, diagnosis=off.diagnosis)


def _off_centre(image: np.ndarray, name: str) -> list[Verdict]:
    """A slip, if the centre of mass is not in the middle, as after centring what surrounds the digit."""
    mass = _mass(image)
    if max(map(abs, mass)) <= OFF:
        return []
    return [replace(_not_centred(name, mass), fraction=1 - A_SLIP)]


def _mass(image: np.ndarray) -> tuple[float, float]:
    """How many rows and columns the centre of mass is off the middle: between 13.5 (the field's) and 14 (MNIST's)."""
    down, across = ((image.sum(1 - axis) * np.arange(28)).sum() / image.sum() - 13.75 for axis in (0, 1))
    return float(down), float(across)


def _not_centred(name: str, mass: tuple[float, float]) -> Partial:
    return Partial(
        f"{name}: the digit is off centre: its centre of mass is {round(mass[1], 1) + 0:+.1f} columns and"
        f" {round(mass[0], 1) + 0:+.1f} rows from the middle; up to {OFF:g} are allowed.",
        hint="MNIST puts the digit's centre of mass in the middle, not the box around it. If that is what you do: is a"
        " row or column of the digit cut off on the way?",
        diagnosis="not-centred",
    )


def _best_correlation(image: np.ndarray, right: np.ndarray, reach: int = 3) -> float:
    """The highest correlation over shifts of up to `reach` pixels, in halves: students may centre the box or the mass,
    by whole pixels or in between, which is much to a line that is one pixel wide."""
    shifts = [(down, across) for down in range(-reach, reach + 1) for across in range(-reach, reach + 1)]
    shifted = _standard(np.stack([np.roll(image, shift, (0, 1)) for shift in shifts]))
    halfways = (right, _between(right, 0), _between(right, 1), _between(_between(right, 0), 1))
    found = shifted @ _standard(np.stack(halfways)).T / image.size
    return float(found.max(initial=-1.0, where=found != 0))  # 0 stands for a flat one, which is like nothing


def _standard(images: np.ndarray) -> np.ndarray:
    """Images (N, H, W) as rows (N, H·W) of mean 0 and standard deviation 1; a flat one becomes all zeros."""
    rows = images.reshape(len(images), -1)
    rows = rows - rows.mean(1, keepdims=True)
    deviation = rows.std(1, keepdims=True)
    return np.divide(rows, deviation, out=np.zeros_like(rows), where=deviation > 1e-9)


def _between(image: np.ndarray, axis: int) -> np.ndarray:
    """An image that is shifted by half a pixel."""
    return (image + np.roll(image, 1, axis)) / 2
