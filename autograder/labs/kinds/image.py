"""Tasks that ask for pictures to be loaded: the judge draws them, so that it knows what is in each."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from autograder.drawing import draw
from autograder.judge.compare import raised_text
from autograder.judge.images import judge_image
from autograder.judge.oracle import RIGHT, Answers, ReferenceQuestion
from autograder.judge.verdict import Failed, NotAttempted, Partial, Verdict
from autograder.labs.examination import Examination
from autograder.labs.kinds import image_procedures
from autograder.labs.questions import choice


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture for `load_image`. One that is `exact` is 28×28 already and keeps its size."""

    name: str
    digit: int
    exact: bool
    drawn: dict[str, Any]

    @property
    def id(self) -> str:
        return f"load_image/{self.name}"

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


@dataclass(frozen=True)
class Pictures:
    """Pictures for a function `load` of the student's, all public or all hidden."""

    task: str
    load: str
    pictures: tuple[Picture, ...]
    public: bool = True

    def judge(self, examination: Examination) -> None:
        """The function loads every picture as the reference does; credit for each."""
        load, pictures = self.load, self.pictures
        files = {picture.name: picture.png(examination.oracle.seed) for picture in pictures}
        answers = examination.ask(image_procedures.load_images, [load], load=load, files=files)
        if len(answers) != len(pictures):
            raise Failed(f"`{load}` was called for {len(pictures)} pictures, but {len(answers)} answers came back.")
        problems: list[Verdict] = []
        alike: dict[str, list[Picture]] = {}  # what is wrong, and with which pictures
        for picture, answer in zip(pictures, answers, strict=True):
            error = answer.get("error") or {}
            if error.get("stub"):
                _, told, found = str(error["message"]).partition("\n")
                raise NotAttempted(f"`{load}`: not filled in yet.{told}{found}")
            try:
                judge_image(answer, examination.oracle.ask(picture.id)[RIGHT], picture.exact, picture.described)
            except Verdict as problem:
                problems.append(problem)
                alike.setdefault(problem.message.removeprefix(f"{picture.described}: "), []).append(picture)
        if not problems:
            return
        right = len(pictures) - len(problems)
        listed = "\n".join(f"{_together(found)}: {problem}" for problem, found in alike.items())
        message = f"{right} of {len(pictures)} pictures are right.\n{listed}"
        hint = next((problem.hint for problem in problems if problem.hint), "")
        name, sentence = _recognised(examination, pictures, answers), ""
        if name is not None:
            sentence, hint = examination.mistakes.mistake(examination.task, name), ""
        else:
            name = next((problem.diagnosis for problem in problems if problem.diagnosis), None)
        if right == 0:
            raise Failed(message, hint, name, sentence=sentence)
        raise Partial(right / len(pictures), message, hint, name, sentence=sentence, nameable=True)

    def reference_questions(self, others: Mapping[str, ReferenceQuestion]) -> dict[str, ReferenceQuestion]:
        """What the reference makes of each picture: (1, 28, 28)."""
        return {
            picture.id: ReferenceQuestion(self.task, partial(_load_here, self.load, picture), public=self.public)
            for picture in self.pictures
        }


def _recognised(examination: Examination, pictures: Sequence[Picture], answers: Sequence[dict[str, Any]]) -> str | None:
    """The known mistake that makes the same of every picture that is not loaded as the reference loads it."""
    names: set[str] | None = None
    loaded: list[str] = []
    for picture, answer in zip(pictures, answers, strict=True):
        question = picture.id
        right, image = examination.oracle.ask(question)[RIGHT], answer.get("image")
        near = isinstance(image, np.ndarray) and image.shape == right.shape and np.abs(image - right).max() < 2e-3
        if near and answer.get("dtype") == "torch.float32":
            loaded.append(question)
            continue
        found = {name for name, wrong in examination.mistakes.wrong(question) if _same_answer(answer, wrong)}
        names = found if names is None else names & found
    for question in loaded:  # a mistake that would have spoilt these, too, is not it
        names = (names or set()) - {name for name, _ in examination.mistakes.wrong(question)}
    return choice(examination, sorted(names or ()))


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


def _together(pictures: Sequence[Picture]) -> str:
    """One picture with its kind, or the names of several that have the same fault."""
    return pictures[0].described if len(pictures) == 1 else ", ".join(picture.name for picture in pictures)


def _load_here(load: str, picture: Picture, definitions: Any, seed: int) -> Answers:
    from torch import Tensor

    from autograder.sandbox.student import describe

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / picture.name
        path.write_bytes(picture.png(seed).tobytes())
        try:
            image = getattr(definitions, load)(path)
        except Exception as error:
            return {"raised": np.array(raised_text(describe(error)))}
        if not isinstance(image, Tensor):
            return {"kind": np.array(type(image).__name__)}
        return {RIGHT: image.double().numpy(), "dtype": np.array(str(image.dtype))}
