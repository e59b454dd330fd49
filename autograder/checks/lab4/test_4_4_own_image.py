"""Checks of notebook 4_4_own_image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autograder.checks.examination import PICTURE_PIXELS, Examination
from autograder.checks.lab4 import inputs
from autograder.judge.accuracy import logits_of
from autograder.judge.images import judge_image
from autograder.judge.oracle import RIGHT
from autograder.judge.verdict import Failed, NotAttempted, Partial, Verdict
from autograder.judge.weights import content_of, fit_weights
from autograder.results import OwnDigit

# --- load-image -------------------------------------------------------------------------------------------------------


def judge_kinds(examination: Examination, pictures: Sequence[inputs.Picture]) -> None:
    """`load_image` loads every picture; credit for each."""
    files = {picture.name: picture.png(examination.oracle.seed) for picture in pictures}
    answers = examination.ask("load_images", ["load_image"], files=files)
    if len(answers) != len(pictures):
        raise Failed(f"{len(pictures)} pictures were given to `load_image`; {len(answers)} answers came back.")
    problems: list[Verdict] = []
    for picture, answer in zip(pictures, answers, strict=True):
        error = answer.get("error") or {}
        if error.get("stub"):
            raise NotAttempted("`load_image`: not filled in yet.")
        try:
            expected = examination.oracle.ask(f"load_image/{picture.name}")[RIGHT]
            judge_image(answer, expected, picture.exact, described(picture))
        except Verdict as problem:
            problems.append(problem)
    if problems:
        right = len(pictures) - len(problems)
        message = "\n".join(problem.message for problem in problems)
        hint = next((problem.hint for problem in problems if problem.hint), "")
        diagnosis = next((problem.diagnosis for problem in problems if problem.diagnosis), None)
        message = f"{right} of {len(pictures)} pictures are right.\n{message}"
        if right == 0:
            raise Failed(message, hint, diagnosis)
        raise Partial(right / len(pictures), message, hint, diagnosis)


def described(picture: inputs.Picture) -> str:
    """What kind of picture it is, for messages."""
    size = picture.drawn.get("size", 28)
    width, height = (size, size) if isinstance(size, int) else size
    paper = picture.drawn.get("paper")
    light = paper is None or (paper if isinstance(paper, int) else sum(paper) / 3) > 127
    kind = "on transparent paper" if paper is None else "dark on light" if light else "light on dark"
    return f"{picture.name} (mode {picture.drawn.get('mode', 'L')}, {width}×{height}, {kind})"


@pytest.mark.task("load-image")
@pytest.mark.public
def test_image_kinds(examination: Examination) -> None:
    """`load_image` makes MNIST-like tensors of greyscale, 1-bit, coloured and transparent pictures."""
    judge_kinds(examination, inputs.PUBLIC_PICTURES)


@pytest.mark.task("load-image")
@pytest.mark.hidden
@pytest.mark.needs("image-kinds")
def test_more_image_kinds(examination: Examination) -> None:
    """`load_image` does so with palettes, chalk on a board, thin and thick pens, and digits in a corner."""
    judge_kinds(examination, inputs.HIDDEN_PICTURES)


# --- classify ---------------------------------------------------------------------------------------------------------


@pytest.mark.task("classify")
@pytest.mark.public
@pytest.mark.needs("load-image/image-kinds")
def test_in_order(examination: Examination) -> None:
    """`classify` returns the digits that the model sees, in the order of the paths."""
    files, weight, bias, expected = inputs.to_classify(examination.oracle.seed)
    answer = examination.ask("classify_files", ["classify"], files=files, weight=weight, bias=bias)
    said = answer["said"]
    if not isinstance(said, list) or not all(isinstance(one, (int, float)) and np.isfinite(one) for one in said):
        raise Failed(f"`classify` was asked for a list of integers; it returned {answer['kind']}: {str(said)[:80]}")
    if answer["kind"] != "list" or not all(re.fullmatch(r"u?int\d*", kind) for kind in answer["inner"]):
        what = answer["kind"] if answer["kind"] != "list" else f"a list of {', '.join(answer['inner'])}"
        raise Failed(
            f"`classify` was asked for a list of integers; it returned {what}.",
            hint="`Tensor.tolist()` makes plain numbers of a tensor.",
        )
    if len(said) != len(expected):
        raise Failed(f"`classify` was given {len(expected)} paths; it returned {len(said)} answers.")
    if [int(one) for one in said] == expected:
        return
    if sorted(int(one) for one in said) == sorted(expected):
        raise Failed(
            "`classify` returned the right digits in another order than that of the paths.",
            hint="Are the paths sorted, or gathered again from the folder?",
            diagnosis="answers-in-another-order",
        )
    raise Failed(
        "`classify` returned other digits than the model says.",
        hint="Is the model in evaluation mode? Do the images come from `load_image`? Is it the largest logit of each?",
    )


WANTED = 3


@pytest.mark.task("classify")
@pytest.mark.public
def test_own_pictures(examination: Examination) -> None:
    """At least three pictures of your own, own/<digit>_<anything>.png."""
    own = [path for path in sorted(examination.folder.rglob("*.png")) if path.parent.name == "own"]
    if not own:
        raise NotAttempted(
            "There are no pictures in the folder `own`.", hint="Write digits, photograph or scan them, save them there."
        )
    good: dict[bytes, Path] = {}
    problems = []
    for path in own:
        problem = problem_with(path, examination.assignment.limits.picture_mb)
        if problem:
            problems.append(f"own/{path.name}: {problem}")
        else:
            good.setdefault(path.read_bytes(), path)
    show_own_digits(examination, sorted(good.values()))
    if len(good) < WANTED:
        found = f"{WANTED} pictures of your own were asked for; {len(good)} can be used."
        raise Partial(len(good) / WANTED, "\n".join([found, *problems]), hint="For example own/7_pencil.png.")


def problem_with(path: Path, limit_mb: float) -> str:
    """Why a picture cannot be used, from its name and its header; empty if it can."""
    if not re.fullmatch(r"[0-9]_.+", path.stem):
        return "the name does not begin with the digit and an underscore"
    if path.stat().st_size > limit_mb * 2**20:
        return f"larger than {limit_mb:g} MB"
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > PICTURE_PIXELS:
                return "has too many pixels"
            extrema = image.convert("RGBA").getextrema()
            return "" if any(low != high for low, high in extrema) else "is blank"
    except Image.DecompressionBombError:
        return "has too many pixels"
    except Exception:
        return "is no PNG picture"


def show_own_digits(examination: Examination, paths: list[Path]) -> None:
    """Puts the student's pictures, and what their network says of them, on the feedback page (marker only)."""
    if not examination.oracle.live:
        return
    network = None
    file = examination.file("weights/better_cnn.pt")
    try:
        content = content_of(file, file.name, examination.assignment.limits.weights_mb)
        arrays = examination.read_weights(content, file.name)
        network = fit_weights(arrays, examination.oracle.network("BetterCNN"), file.name)
    except Verdict:
        network = None  # the task of the weights says why
    for number, path in enumerate(paths[:12]):
        key = f"own-digit-{number}"
        examination.keep_picture(key, np.frombuffer(path.read_bytes(), np.uint8))
        said = None
        if network is not None:
            try:
                image = examination.oracle.definition("load_image")(path)
                said = int(logits_of(network, (image.numpy() * 255).round().astype(np.uint8)).argmax())
            except Exception:  # a picture that the decoder refuses: it is shown without an answer
                said = None
        picture = key if key in examination.pictures else ""
        examination.show_digit(OwnDigit(file=path.name, label=int(path.stem[0]), said=said, picture=picture))
