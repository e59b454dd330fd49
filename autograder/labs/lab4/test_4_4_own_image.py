"""Checks of notebook 4_4_own_image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from autograder.judge.accuracy import logits_of
from autograder.judge.compare import raised_text
from autograder.judge.images import judge_image
from autograder.judge.oracle import RIGHT, Answers
from autograder.judge.verdict import Blocked, Failed, NotAttempted, Partial, Verdict
from autograder.judge.weights_file import fit_weights
from autograder.labs.examination import Examination
from autograder.labs.findings import PICTURE_PIXELS
from autograder.labs.lab4 import asking, inputs
from autograder.results import OwnDigit

# --- load-image -------------------------------------------------------------------------------------------------------


def judge_kinds(examination: Examination, pictures: Sequence[inputs.Picture]) -> None:
    """`load_image` loads every picture; credit for each."""
    files = {picture.name: picture.png(examination.oracle.seed) for picture in pictures}
    answers = examination.ask("load_images", ["load_image"], files=files)
    if len(answers) != len(pictures):
        raise Failed(f"{len(pictures)} pictures were given to `load_image`; {len(answers)} answers came back.")
    problems: list[Verdict] = []
    alike: dict[str, list[inputs.Picture]] = {}  # what is wrong, and with which pictures
    for picture, answer in zip(pictures, answers, strict=True):
        error = answer.get("error") or {}
        if error.get("stub"):
            _, told, found = str(error["message"]).partition("\n")
            raise NotAttempted(f"`load_image`: not filled in yet.{told}{found}")
        try:
            expected = examination.oracle.ask(f"load_image/{picture.name}")[RIGHT]
            judge_image(answer, expected, picture.exact, described(picture))
        except Verdict as problem:
            problems.append(problem)
            alike.setdefault(problem.message.removeprefix(f"{described(picture)}: "), []).append(picture)
    if problems:
        right = len(pictures) - len(problems)
        message = "\n".join(f"{together(found)}: {problem}" for problem, found in alike.items())
        hint = next((problem.hint for problem in problems if problem.hint), "")
        message = f"{right} of {len(pictures)} pictures are right.\n{message}"
        name, sentence = recognised(examination, pictures, answers), ""
        if name is not None:
            sentence, hint = examination.mistakes.mistake(examination.task, name), ""
        else:
            name = next((problem.diagnosis for problem in problems if problem.diagnosis), None)
        if right == 0:
            raise Failed(message, hint, name, sentence=sentence)
        raise Partial(right / len(pictures), message, hint, name, sentence=sentence, nameable=True)


def recognised(
    examination: Examination, pictures: Sequence[inputs.Picture], answers: Sequence[dict[str, Any]]
) -> str | None:
    """The known mistake that makes the same of every picture that is not loaded as the reference loads it."""
    names: set[str] | None = None
    loaded: list[str] = []
    for picture, answer in zip(pictures, answers, strict=True):
        question = f"load_image/{picture.name}"
        right, image = examination.oracle.ask(question)[RIGHT], answer.get("image")
        near = isinstance(image, np.ndarray) and image.shape == right.shape and np.abs(image - right).max() < 2e-3
        if near and answer.get("dtype") == "torch.float32":
            loaded.append(question)
            continue
        found = {name for name, wrong in examination.mistakes.wrong(question) if _same_answer(answer, wrong)}
        names = found if names is None else names & found
    for question in loaded:  # a mistake that would have spoilt these, too, is not it
        names = (names or set()) - {name for name, _ in examination.mistakes.wrong(question)}
    return asking.choice(examination, sorted(names or ()))


def _same_answer(answer: dict[str, Any], wrong: Answers) -> bool:
    if "error" in answer:
        kind = str(answer["error"]["type"])
        if answer["error"]["message"] == "something else":  # a hidden check: no words come out
            return "raised" in wrong and str(wrong["raised"]).startswith(f"{kind}:")
        return "raised" in wrong and raised_text(answer["error"]) == str(wrong["raised"])
    image = answer.get("image")
    if image is None and "kind" in wrong:
        return answer.get("kind") == str(wrong["kind"])
    if not isinstance(image, np.ndarray) or RIGHT not in wrong or image.shape != wrong[RIGHT].shape:
        return False
    return str(wrong["dtype"]) == answer.get("dtype") and bool(np.allclose(image, wrong[RIGHT], atol=2e-3))


def together(pictures: Sequence[inputs.Picture]) -> str:
    """One picture with its kind, or the names of several that have the same fault."""
    return described(pictures[0]) if len(pictures) == 1 else ", ".join(picture.name for picture in pictures)


def described(picture: inputs.Picture) -> str:
    """What kind of picture it is, for messages."""
    size = picture.drawn.get("size", 28)
    width, height = (size, size) if isinstance(size, int) else size
    paper = picture.drawn.get("paper")
    light = paper is None or (paper if isinstance(paper, int) else sum(paper) / 3) > 127
    ink = "white ink" if picture.drawn.get("ink") == 255 else "dark ink"
    kind = f"{ink} on transparent paper" if paper is None else "dark on light" if light else "light on dark"
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
    """`load_image` does so with palettes, 16 bits, alpha, chalk on a board, thin and thick pens, and in a corner."""
    judge_kinds(examination, inputs.HIDDEN_PICTURES)


# --- classify ---------------------------------------------------------------------------------------------------------


@pytest.mark.task("classify")
@pytest.mark.public
def test_in_order(examination: Examination) -> None:
    """`classify` returns the digits that the model sees, in the order of the paths; for no paths, none."""
    expected = list(inputs.to_classify(examination.oracle.seed)[3])
    try:
        answer = asking.ask(examination, asking.CLASSIFY)
        judge_digits(answer, expected)
    except (Failed, Blocked):  # a wrong `load_image` is another task's matter
        answer = asking.ask(examination, asking.CLASSIFY, stand=True)
    try:
        judge_digits(answer, expected)
        if answer["none"] != []:
            raise Failed(
                f"`classify` was given no paths and asked for an empty list; it gave {str(answer['none'])[:200]}.",
                hint="What is a batch of no images?",
            )
    except Failed as failed:
        name = asking.named(examination, asking.CLASSIFY, answer)
        raise asking.mistake(examination, failed.message, name, failed.hint) from None


def judge_digits(answer: dict[str, Any], expected: list[int]) -> None:
    """A list of plain integers, the expected ones, in their order."""
    said = answer["said"]
    if not isinstance(said, list) or not all(isinstance(one, (int, float)) and np.isfinite(one) for one in said):
        raise Failed(f"`classify` was asked for a list of integers; it returned {answer['kind']}: {str(said)[:80]}")
    if answer["kind"] != "list" or not all(map(asking.plain_type, answer["inner"])):
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
        )
    raise Failed(
        "`classify` returned other digits than the model says.",
        hint="Is the model in evaluation mode? Do the images come from `load_image`? Is it the largest logit of each?",
    )


WANTED = 3
# What somebody may take for a picture that counts; whatever else lies there, nobody meant to hand in.
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif"}


@pytest.mark.task("classify")
@pytest.mark.public
def test_own_pictures(examination: Examination) -> None:
    """At least three pictures of your own, own/<digit>_<anything>.png."""
    folder = examination.context.folder
    files = [path for path in sorted(folder.rglob("*")) if path.parent.name == "own" and path.is_file()]
    own = [path for path in files if path.suffix.lower() in PICTURES]
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
    if path.suffix.lower() != ".png":
        return f"is a {path.suffix.lower()} file; .png was asked for"
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
    file = "better_cnn.pt"
    try:
        arrays = examination.read_weights(examination.content_of(f"weights/{file}"), file)
        network = fit_weights(arrays, examination.oracle.network("BetterCNN"), file)
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
        picture = key if key in examination.findings.pictures else ""
        examination.show_digit(OwnDigit(file=path.name, label=int(path.stem[0]), said=said, picture=picture))
