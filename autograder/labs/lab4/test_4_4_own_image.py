"""Checks of notebook 4_4_own_image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from autograder.judge import compare
from autograder.judge.compare import first_of
from autograder.judge.verdict import Blocked, Failed, NotAttempted, Partial, Verdict, together
from autograder.judge.weights_file import fit_weights
from autograder.labs.examination import Examination
from autograder.labs.findings import PICTURE_PIXELS
from autograder.labs.kinds import image_procedures
from autograder.labs.kinds.image import judge_pictures, pictures_question
from autograder.labs.kinds.pretended_gpu import CANNOT_BE_TOLD
from autograder.labs.lab4.drawn_pictures import (
    HIDDEN_PICTURES,
    PHOTOGRAPHS,
    PUBLIC_PICTURES,
    in_several_kinds,
    pixels_of,
    to_classify,
    upside_down,
)
from autograder.labs.lab4.own_pictures import ink_of, read_by, trained_reference, upright
from autograder.labs.questions import Ask, Aspect, Given, Question
from autograder.results import OwnDigit

# --- load-image -------------------------------------------------------------------------------------------------------

LOADED = pictures_question("pictures", "load-image", "load_image", PUBLIC_PICTURES)
LOADED_TOO = pictures_question("hidden-pictures", "load-image", "load_image", HIDDEN_PICTURES, public=False)
PHOTOGRAPHED = pictures_question("photographs", "load-image", "load_image", PHOTOGRAPHS)


@pytest.mark.task("load-image")
@pytest.mark.public
@pytest.mark.rests_on(image_procedures.load_images, "image")
def test_image_kinds(examination: Examination) -> None:
    """`load_image` turns greyscale, 1-bit, colour and transparent pictures into tensors like MNIST's."""
    judge_pictures(examination, LOADED, PUBLIC_PICTURES)


@pytest.mark.task("load-image")
@pytest.mark.hidden
@pytest.mark.needs("image-kinds")
@pytest.mark.rests_on(image_procedures.load_images, "image")
def test_more_image_kinds(examination: Examination) -> None:
    """`load_image` also handles palettes, 16 bits, alpha, chalk, dim paper, small, thin and off-centre digits."""
    judge_pictures(examination, LOADED_TOO, HIDDEN_PICTURES)


@pytest.mark.task("load-image")
@pytest.mark.public
@pytest.mark.rests_on(image_procedures.load_images, "image")
def test_uneven_paper(examination: Examination) -> None:
    """`load_image` finds the digit in photographs: uneven light, shadows, lined paper, a picture stored on its side."""
    judge_pictures(examination, PHOTOGRAPHED, PHOTOGRAPHS)


# --- classify ---------------------------------------------------------------------------------------------------------


def given_pictures(ask: Ask, seed: int) -> Given:
    """What `classify` is given: pictures that want a right `load_image`, and the weights of a linear network."""
    files, weight, bias, _ = to_classify(seed)
    return {"files": in_several_kinds(files), "weight": weight, "bias": bias}


CLASSIFY = Question(
    id="classify",
    task="classify",
    procedure=image_procedures.classify_files,
    uses=("classify",),
    given=given_pictures,
    aspects=(
        Aspect(
            "said",
            lambda answer, given: f"{answer['kind']} of {','.join(answer['inner'])}: {str(answer['said'])[:120]}",
        ),
        Aspect("single", lambda answer, given: str(answer["single"])),
        Aspect("none", lambda answer, given: str(answer["none"])),
    ),
)


@pytest.mark.task("classify")
@pytest.mark.public
@pytest.mark.rests_on(image_procedures.classify_files, "said")
def test_in_order(examination: Examination) -> None:
    """`classify` returns the model's digits in the order of the paths; none for no paths; also on a GPU."""
    expected = list(to_classify(examination.oracle.seed)[3])
    expected.append(expected[0])  # the first picture comes once more
    try:
        answer = CLASSIFY.ask(examination)
        judge_digits(answer, expected)
    except (Failed, Blocked):  # a wrong `load_image` is another task's matter
        answer = without_load_image(examination, expected)
    try:
        judge_digits(answer, expected)
    except Failed as failed:
        raise CLASSIFY.named(examination, answer, failed) from None
    slips = []
    if answer["inner"] != ["int"]:
        facts = f"`classify` returned the right digits, but as {first_of(answer['inner'])}, not as plain ints."
        hint = "`Tensor.tolist()` and `ndarray.tolist()` give plain numbers."
        slips.append(examination.verdict(facts, "numbers-of-numpy", hint, 1 - A_SLIP))
    if answer["single"] != expected[:1]:
        facts = (
            f"For one path, `classify` should return a list of one int, {expected[:1]}, but returned"
            f" {str(answer['single'])[:200]}."
        )
        hint = "What happens to a batch of one image on its way through your function?"
        slips.append(examination.verdict(facts, CLASSIFY.name(examination, answer), hint, 1 - A_SLIP))
    if answer["none"] != []:
        facts = f"For no paths, `classify` should return an empty list, but returned {str(answer['none'])[:200]}."
        hint = "What happens when you make a batch of no images?"
        slips.append(examination.verdict(facts, CLASSIFY.name(examination, answer), hint, 1 - A_SLIP))
    apart = examination.ask(image_procedures.classify_on_gpu, ["classify"], files=_one_of(examination))["seen"]
    if apart and apart != CANNOT_BE_TOLD:
        facts = f"When the model is on a GPU, `classify` fails: {apart}."
        hint = "Where are the images after you have loaded them, and where is the model?"
        slips.append(examination.verdict(facts, "images-not-moved", hint, 1 - A_SLIP))
    if slips:
        raise together(slips)


def _one_of(examination: Examination) -> dict[str, np.ndarray]:
    """One picture that any `load_image` can read."""
    return dict(list(dict(to_classify(examination.oracle.seed)[0]).items())[:1])


def without_load_image(examination: Examination, expected: list[int]) -> dict[str, Any]:
    """What `classify` answers for pictures that want little of `load_image`.

    First another function takes its place, which reads them as no other does. One that `classify` calls by another name
    stays, if it reads pictures at all.
    """
    files = dict(to_classify(examination.oracle.seed)[0])
    answer: dict[str, Any] = CLASSIFY.ask(examination, stand=True, files=upside_down(files))
    if _right(answer, expected) or not _reads(examination, files):
        return answer
    own: dict[str, Any] = CLASSIFY.ask(examination, files=files)
    return own if _right(own, expected) else answer


def _right(answer: dict[str, Any], expected: list[int]) -> bool:
    try:
        judge_digits(answer, expected)
    except Failed:
        return False
    return True


def _reads(examination: Examination, files: dict[str, np.ndarray]) -> bool:
    """Whether the student's `load_image` reads pictures that are light on dark, in greys, and 28×28."""
    try:
        answers = examination.ask(image_procedures.load_images, ["load_image"], load="load_image", files=files)
    except Verdict:
        return False
    images = [answer.get("image") for answer in answers]
    return len(images) == len(files) and all(
        image is not None and compare.same(image, pixels_of(file))
        for image, file in zip(images, files.values(), strict=True)
    )


def judge_digits(answer: dict[str, Any], expected: list[int]) -> None:
    """A list of plain integers, the expected ones, in their order."""
    said = answer["said"]
    if not isinstance(said, list) or not all(isinstance(one, (int, float)) and np.isfinite(one) for one in said):
        raise Failed(f"`classify` should return a list of ints, but returned {answer['kind']}: {str(said)[:80]}")
    if answer["kind"] != "list" or not all(re.fullmatch(r"u?int\d*", kind) for kind in answer["inner"]):
        what = answer["kind"] if answer["kind"] != "list" else f"a list of {first_of(answer['inner'])}"
        raise Failed(
            f"`classify` should return a list of ints, but returned {what}.",
            hint="`Tensor.tolist()` turns a tensor into plain numbers.",
        )
    if len(said) != len(expected):
        raise Failed(f"`classify` got {len(expected)} paths, but returned {len(said)} answers.")
    if [int(one) for one in said] == expected:
        return
    if sorted(int(one) for one in said) == sorted(expected):
        raise Failed(
            "`classify` returned the right digits, but not in the order of the paths.",
            hint="Do you sort the paths, or list the folder again?",
        )
    raise Failed(
        "`classify` did not return the digits that the model predicts.",
        hint="Is the model in evaluation mode? Do the images come from `load_image`? Do you take the largest logit of"
        " each image?",
    )


A_SLIP = 0.25  # of the points: for what is right but for one case
WANTED, LEAST_SIDE, LEAST_STROKE = 3, 12, 5  # pictures, and pixels of a picture and of a digit in it
SHOWN, MOST_PIXELS = 12, 25 * PICTURE_PIXELS  # pictures that are enough, and pixels in all that are looked at
LOOK, AROUND = 64, 8  # pixels of the side of a picture that is compared, and around each that are its surroundings
SAME_PROPORTIONS, SAME_PICTURE = 0.03, 0.995  # the second is a correlation
# What somebody may take for a picture that counts; whatever else lies there, nobody meant to hand in.
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif"}


@pytest.mark.task("classify")
@pytest.mark.public
@pytest.mark.rests_on("file")
def test_own_pictures(examination: Examination) -> None:
    """At least three pictures of your own, own/<digit>_<anything>.png."""
    given = released_pictures(examination)
    released = [look_of(path) for path in given]
    inks = [ink_of(path) for path in given if path.suffix == ".png"]  # on the others, the paper is no one grey
    own = [path for path in examination.files_in("own") if path.suffix.lower() in PICTURES]
    own = own or flat_pictures(examination, released)
    if not own:
        raise NotAttempted(
            "There are no pictures in the folder `own`.",
            hint="Write some digits, photograph or scan them, and save them there.",
        )
    good: list[tuple[Path, Look]] = []
    problems = []
    looked_at = few_enough(own)
    for path in looked_at:
        if len(good) == SHOWN:
            break
        problem = problem_with(path, examination.context.assignment.limits.picture_mb)
        look = None if problem else look_of(path)
        twin = next((other for other, there in good if look is not None and look.is_like(there)), None)
        if look is not None and (any(map(look.is_like, released)) or any(map(ink_of(path).is_like, inks))):
            problem = "is one of the pictures in the folder `images`"
        elif twin is not None:
            problem = f"is the same picture as {twin.name}"
        if problem or look is None:
            folder = "own/" if path.parent.name == "own" else ""
            problems.append(f"{folder}{path.name}: {problem}")
        else:
            good.append((path, look))
    show_own_digits(examination, sorted(path for path, _ in good))
    if len(good) < WANTED:
        found = f"The task asks for {WANTED} pictures of your own; {len(good)} can be used."
        if len(looked_at) < len(own):
            problems.append(f"{len(own) - len(looked_at)} more were not looked at: the pictures are too large together")
        raise Partial("\n".join([found, *problems]), hint="For example own/7_pencil.png.", fraction=len(good) / WANTED)


def flat_pictures(examination: Examination, released: Sequence[Look]) -> list[Path]:
    """The pictures beside the notebooks that are called as those in `own` are: some course systems keep no folders.

    A picture whose name begins like a notebook's (`4_5_filters.png`) is rather one that a notebook has drawn.
    """
    limit = examination.context.assignment.limits.picture_mb
    named = [path for path in examination.loose_files() if re.match(r"[0-9]_(?![0-9]_)", path.name)]
    pictures = few_enough([path for path in named if path.suffix.lower() in PICTURES])
    return [path for path in pictures if problem_with(path, limit) or not any(map(look_of(path).is_like, released))]


def few_enough(paths: Sequence[Path]) -> list[Path]:
    """As many of the pictures as can be looked at in some seconds."""
    sizes = np.cumsum([size_of(path) for path in paths])
    return [path for path, pixels in zip(paths, sizes, strict=True) if pixels <= MOST_PIXELS]


def size_of(path: Path) -> int:
    """How many pixels of a file have to be looked at, by its header."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            pixels = image.width * image.height
    except Exception:
        return 0
    return pixels if pixels <= PICTURE_PIXELS else 0


@dataclass(frozen=True)
class Look:
    """What a picture shows, however its file was written: its proportions, and how it differs from its surroundings."""

    proportions: float
    contrast: np.ndarray

    def is_like(self, other: Look) -> bool:
        """Whether two are one picture, perhaps in another size, lighter, or with a few pixels changed."""
        if abs(self.proportions / other.proportions - 1) > SAME_PROPORTIONS:
            return False
        return float((self.contrast * other.contrast).sum()) > SAME_PICTURE


def look_of(path: Path) -> Look:
    """What a picture shows, on grey where it is transparent."""
    with Image.open(path, formats=["PNG", "JPEG"]) as image:
        drawn = upright(image).convert("RGBA")
    paper = Image.new("RGBA", drawn.size, "grey")  # so that both black and white ink can be seen
    grey = Image.alpha_composite(paper, drawn).convert("L").resize((LOOK, LOOK), Image.Resampling.BOX)
    contrast = np.asarray(grey, np.float64) - np.asarray(grey.filter(ImageFilter.BoxBlur(AROUND)), np.float64)
    return Look(drawn.width / drawn.height, contrast / (np.linalg.norm(contrast) or 1.0))


def released_pictures(examination: Examination) -> list[Path]:
    """The pictures that students were given."""
    given = examination.context.lab.release or examination.context.folder
    limit = examination.context.assignment.limits.picture_mb
    found = [*sorted(given.glob("images/*.png")), *sorted(given.glob("images/*.jpg"))]
    kinds = {".png": "PNG", ".jpg": "JPEG"}
    return [path for path in found if not problem_with(path, limit, kinds[path.suffix])]


def problem_with(path: Path, limit_mb: float, kind: str = "PNG") -> str:
    """Why a picture cannot be used, from its name and its header; empty if it can."""
    if kind == "PNG" and path.suffix.lower() != ".png":
        return f"is a {path.suffix.lower()} file, but should be a .png"
    if not re.fullmatch(r"[0-9]_.+", path.stem):
        return "its name does not start with the digit and an underscore"
    if path.stat().st_size > limit_mb * 2**20:
        return f"is larger than {limit_mb:g} MB"
    try:
        with Image.open(path, formats=[kind]) as image:
            if image.width * image.height > PICTURE_PIXELS:
                return "has too many pixels"
            if min(image.size) < LEAST_SIDE:
                return f"has only {image.width}×{image.height} pixels, which hold no digit"
            return "" if _holds_strokes(np.asarray(upright(image).convert("RGBA"))) else "is blank"
    except Image.DecompressionBombError:
        return "has too many pixels"
    except Exception:
        return f"is not a {kind} picture"


def _holds_strokes(pixels: np.ndarray) -> bool:
    """Whether enough pixels (H, W, 4) differ from most others, in a channel, to be the strokes of a digit."""
    for channel in np.moveaxis(pixels, 2, 0):
        values = channel.astype(np.int16)
        away = np.abs(values - int(np.median(values)))
        ink = np.nonzero(2 * away >= max(1, int(away.max())))
        if away.any() and max(np.ptp(places) for places in ink) + 1 >= LEAST_STROKE:
            return True
    return False


def show_own_digits(examination: Examination, paths: list[Path]) -> None:
    """Puts the student's pictures, and what their network says of them, on the feedback page (marker only)."""
    if not examination.oracle.live:
        return
    network = None
    file = "better_cnn.pt"
    try:
        arrays = examination.read_weights(examination.content_of(f"weights/{file}"), file)
        network = fit_weights(arrays, examination.oracle.network("BetterCNN"), file)
    except Verdict:
        network = None  # the task of the weights says why
    ours = trained_reference(examination)
    for number, path in enumerate(paths[:SHOWN]):
        key = f"own-digit-{number}"
        examination.findings.keep_picture(key, np.frombuffer(path.read_bytes(), np.uint8))
        said, read = (read_by(one, path, examination) for one in (network, ours))
        picture = key if key in examination.findings.pictures else ""
        digit = OwnDigit(file=path.name, label=int(path.stem[0]), said=said, read=read, picture=picture)
        examination.show_digit(digit)


ASKED = (LOADED, LOADED_TOO, PHOTOGRAPHED, CLASSIFY)
