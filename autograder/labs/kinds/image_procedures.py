"""What a student process does with picture files: loads them, classifies them.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.labs import forms
from autograder.labs.kinds.plain_data import dtype_of, plain, with_kind, with_path
from autograder.labs.kinds.pretended_gpu import on_gpu, seen_on_gpu
from autograder.sandbox.student import Student, describe

LOADED = forms.told(kind=forms.text, tensor=forms.flag, dtype=forms.text, no_text=forms.flag)
ERROR = forms.record(
    forms.told(
        type=forms.text,
        message=forms.text,
        places=forms.each(forms.text),
        stub=forms.flag,
        missing=forms.flag,
        load=forms.flag,
    )
)


@forms.answers(
    forms.each(
        forms.either(
            forms.record(forms.told(error=ERROR)),
            forms.record(LOADED, forms.measured(image=forms.numbers)),
            forms.record(LOADED),
        )
    )
)
def load_images(student: Student, load: str, files: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """What the function `load` makes of each file, in order."""
    answers: list[dict[str, Any]] = []
    for _, path in _write(student, files):
        try:
            image, no_text = with_path(student.get(load), path)
            described = {**with_kind("image", image), "dtype": dtype_of(image), "no_text": no_text}
            answers.append({name: value for name, value in described.items() if value is not None})
        except Exception as error:
            answers.append({"error": describe(error)})
    return answers


def _read_grey(path: str | Path) -> Tensor:
    """Stands in for `load_image`: pictures of 28×28 in greys, light on dark, which it turns upside down.

    So no other way to read a picture gives the same.
    """
    from PIL import Image

    with Image.open(path) as opened:
        return torch.tensor(np.asarray(opened.convert("L"), np.float32)[::-1] / 255)[None]


class Linear(nn.Module):
    """The grader's own network, which takes batches of images with one channel, as a convolution does, and nothing
    else. (N, 1, 28, 28) → (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)
        self.out = nn.Linear(784, 10)

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] != 1:
            raise RuntimeError(f"a network takes images of shape (N, 1, 28, 28), but got {tuple(images.shape)}")
        return self.out(self.dropout(images).flatten(1))


@forms.answers(forms.record(forms.told(seen=forms.text)))
def classify_on_gpu(student: Student, files: dict[str, np.ndarray]) -> dict[str, Any]:
    """What is seen of the student's `classify` where the model is on a pretended GPU: empty if all goes well.

    The pictures are of 28×28 in greys, light on dark.
    """
    classify, paths = student.get("classify"), [str(path) for _, path in _write(student, files)]
    with _read_by_stand_in(classify, True):
        return {"seen": seen_on_gpu(classify, lambda seen: classify(on_gpu(Linear(), seen), paths))}


@contextmanager
def _read_by_stand_in(classify: Any, stand: bool) -> Iterator[None]:
    """`classify` has another function in the place of its `load_image`, if it is to `stand` in."""
    names = getattr(classify, "__globals__", {})
    theirs = names.get("load_image")
    if stand:
        names["load_image"] = _read_grey
    try:
        yield
    finally:
        if stand and theirs is None:
            names.pop("load_image", None)
        elif stand:
            names["load_image"] = theirs


@forms.answers(
    forms.record(
        forms.told(kind=forms.text, inner=forms.each(forms.text)),
        forms.measured(said=forms.plain, single=forms.plain, none=forms.plain),
    )
)
def classify_files(
    student: Student, files: dict[str, np.ndarray], weight: np.ndarray, bias: np.ndarray, stand: bool = False
) -> Any:
    """The student's `classify` on a linear network with the given weights, with the student's `load_image` or not.

    It gets all pictures, and the first once more; then the first alone; then none.
    """
    torch.manual_seed(0)
    model = Linear()
    with torch.no_grad():
        model.out.weight.copy_(torch.tensor(weight))
        model.out.bias.copy_(torch.tensor(bias))
    model.train()
    classify = student.get("classify")
    paths = [str(path) for _, path in _write(student, files)]
    with _read_by_stand_in(classify, stand):
        answer = classify(model, [*paths, paths[0]])
        single, none = (_without_error(lambda few=few: plain(classify(model, few))) for few in (paths[:1], []))
    inner = sorted({type(one).__name__ for one in answer}) if isinstance(answer, list) else []
    return {
        "kind": type(answer).__name__,
        "inner": inner,
        "said": plain(answer),
        "single": single,
        "none": none,
    }


def _without_error(answer: Any) -> Any:
    """What `answer()` gives, or the words of the error that it raises."""
    try:
        return answer()
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def _write(student: Student, files: dict[str, np.ndarray]) -> Iterator[tuple[str, Path]]:
    for name, content in files.items():
        path = student.scratch / name
        path.write_bytes(content.tobytes())
        yield name, path
