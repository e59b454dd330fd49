"""Tasks that ask for pictures to be loaded: the judge draws them, so that it knows what is in each."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from autograder.drawing import draw
from autograder.judge.compare import array, raised_text
from autograder.judge.images import judge_image, judge_on_paper
from autograder.judge.verdict import Failed, NotAttempted, Partial, Verdict
from autograder.labs.examination import Examination
from autograder.labs.kinds import image_procedures
from autograder.labs.questions import Question, of_each, sketch
from autograder.made_photographs import Scene, jpeg, strokes
from autograder.made_photographs import photograph as photograph_of


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture for `load_image`. One that is `exact` is 28×28 already and keeps its size."""

    name: str
    digit: int
    exact: bool
    drawn: dict[str, Any]
    after: Callable[[Image.Image], Image.Image] | None = None
    """What is done to the drawing before it is saved."""

    @property
    def described(self) -> str:
        """What kind of picture it is, for messages."""
        size = self.drawn.get("size", 28)
        width, height = (size, size) if isinstance(size, int) else size
        paper = self.drawn.get("paper")
        light = paper is None or (paper if isinstance(paper, int) else sum(paper) / 3) > 127
        ink = "white ink" if self.drawn.get("ink") == 255 else "dark ink"
        kind = f"{ink} on transparent paper" if paper is None else "dark on light" if light else "light on dark"
        return f"{self.name} (mode {self.drawn.get('mode', 'L')}, {width}×{height}, {kind})"

    def file(self, seed: int) -> np.ndarray:
        """The file's bytes: the first drawing from `seed` on that tells stretched, mirrored and turned ones apart."""
        return _drawn(self, seed)

    def judge(self, answer: dict[str, Any], right: Mapping[str, np.ndarray], seed: int) -> None:
        """Raises a `Verdict` unless what came back is what the reference loads."""
        judge_image(answer, right[f"image {self.name}"], self.exact, self.described)


@dataclass(frozen=True, eq=False)
class Photograph:
    """One made photograph for `load_image`: the JPEG file of a digit on paper."""

    name: str
    digit: int
    scene: Scene

    @property
    def described(self) -> str:
        """What kind of picture it is, for messages."""
        light = "shadow" if self.scene.light == "shadow" else f"light {self.scene.light}"
        turned = ", turned by EXIF" if self.scene.turned else ""
        return f"{self.name} ({self.scene.pen} on {self.scene.paper} paper, {light}{turned})"

    def file(self, seed: int) -> np.ndarray:
        """The file's bytes."""
        return _photographed(self, seed)

    def judge(self, answer: dict[str, Any], right: Mapping[str, np.ndarray], seed: int) -> None:
        """Raises a `Verdict` unless what came back shows the digit alone, at its place, whoever took the paper off."""
        drawn = strokes(self.digit, replace(self.scene, size=(28, 28), fill=20 / 28, offset=(0, 0)), seed)
        judge_on_paper(answer, np.asarray(drawn, np.float64)[None] / 255, self.described)


@cache
def _photographed(photograph: Photograph, seed: int) -> np.ndarray:
    taken = photograph_of(photograph.digit, photograph.scene, seed)
    return np.frombuffer(jpeg(taken, photograph.scene), np.uint8)


TRIES = 20
SYMMETRIC = (0, 1, 8)  # digits that are much the same in a mirror


@cache  # the same for a whole class
def _drawn(picture: Picture, seed: int) -> np.ndarray:
    seeds = [(seed + step) % 2**32 for step in range(TRIES)]
    chosen = next((one for one in seeds if _tells(picture.digit, one)), seeds[0])
    file = io.BytesIO()
    drawing = draw(picture.digit, seed=chosen, **picture.drawn)
    (drawing if picture.after is None else picture.after(drawing)).save(file, "PNG")
    return np.frombuffer(file.getvalue(), np.uint8)


@cache
def _tells(digit: int, seed: int) -> bool:
    """Whether a drawing is much higher than wide, and not its own mirror image."""
    grey = np.asarray(draw(digit, seed=seed, size=56), np.float64)
    rows, columns = np.nonzero(grey > 64)
    box = grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    alike = [np.corrcoef(box.ravel(), other.ravel())[0, 1] for other in (box[::-1], box[:, ::-1])]
    return bool(box.shape[1] < 0.78 * box.shape[0] and (digit in SYMMETRIC or max(alike) < 0.75))


def pictures_question(
    id: str, task: str, load: str, pictures: Sequence[Picture | Photograph], public: bool = True
) -> Question:
    """What the function `load` makes of each picture, whose file's name tells nothing of it.

    Mistakes are told apart by the pixels of pictures, and by a sketch of those of photographs, which is shorter.
    """
    read = {"image": _image} if isinstance(pictures[0], Picture) else {"sketch": _sketch}
    return Question(
        id=id,
        task=task,
        procedure=image_procedures.load_images,
        uses=(load,),
        given=lambda ask, seed: {
            "load": load,
            "files": {
                f"picture-{number}{Path(picture.name).suffix}": picture.file(seed)
                for number, picture in enumerate(pictures, start=1)
            },
        },
        aspects=of_each([picture.name for picture in pictures], form=partial(_form, exactly=public), **read),
        public=public,
    )


def judge_pictures(examination: Examination, question: Question, pictures: Sequence[Picture | Photograph]) -> None:
    """The function loads every picture as it should; credit for each."""
    (load,), answers, right = question.uses, question.ask(examination), examination.oracle.ask(question.id)
    if len(answers) != len(pictures):
        raise Failed(f"`{load}` was called for {len(pictures)} pictures, but {len(answers)} answers came back.")
    problems: list[Verdict] = []
    alike: dict[str, list[Picture | Photograph]] = {}  # what is wrong, and with which pictures
    for picture, answer in zip(pictures, answers, strict=True):
        error = answer.get("error") or {}
        if error.get("stub"):
            _, told, found = str(error["message"]).partition("\n")
            raise NotAttempted(f"`{load}`: not filled in yet.{told}{found}")
        try:
            picture.judge(answer, right, examination.oracle.seed)
        except Verdict as problem:
            problems.append(problem)
            alike.setdefault(problem.message.removeprefix(f"{picture.described}: "), []).append(picture)
    if not problems:
        return
    good = len(pictures) - len(problems)
    listed = "\n".join(f"{_together(found)}: {problem}" for problem, found in alike.items())
    message = f"{good} of {len(pictures)} pictures are right.\n{listed}"
    fraction = (good + sum(problem.fraction for problem in problems)) / len(pictures)
    name = question.name(examination, answers)
    if name is not None:
        raise examination.verdict(message, name, fraction=fraction)
    hint = next((problem.hint for problem in problems if problem.hint), "")
    diagnosis = next((problem.diagnosis for problem in problems if problem.diagnosis), None)
    if not fraction:
        raise Failed(message, hint=hint, diagnosis=diagnosis)
    raise Partial(message, hint=hint, diagnosis=diagnosis, fraction=fraction, nameable=True)


def _form(answer: dict[str, Any], exactly: bool) -> str:
    """What came of a picture, in words; `exactly` what was raised, which no word of comes out of a hidden check."""
    if "error" in answer:
        return raised_text(answer["error"]) if exactly else str(answer["error"]["type"])
    return str(answer["dtype"] if answer["tensor"] else answer["kind"])


def _image(answer: dict[str, Any]) -> np.ndarray | None:
    return array(answer["image"], "The tensor").astype(np.float64) if "image" in answer else None


def _sketch(answer: dict[str, Any]) -> np.ndarray | None:
    image = _image(answer)
    if image is None:
        return None
    strongest = np.abs(image).max(initial=0.0)  # a nearly black image is not a black one
    return np.concatenate([sketch(image[None]).ravel(), [np.log(strongest + 1e-9)], image.shape])


def _together(pictures: Sequence[Picture | Photograph]) -> str:
    """One picture with its kind, or the names of several that have the same fault."""
    return pictures[0].described if len(pictures) == 1 else ", ".join(picture.name for picture in pictures)
