"""What a student process does with picture files: loads them, classifies them.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.labs import forms
from autograder.labs.kinds.plain_data import plain
from autograder.sandbox.network_handling import numbers
from autograder.sandbox.student import Student, describe

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
            forms.record(forms.told(kind=forms.text, dtype=forms.text), forms.measured(image=forms.numbers)),
            forms.record(forms.told(kind=forms.text, dtype=forms.text)),
        )
    )
)
def load_images(student: Student, load: str, files: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """What the function `load` makes of each file, in order."""
    answers: list[dict[str, Any]] = []
    for _, path in _write(student, files):
        try:
            image = student.get(load)(str(path))
            described: dict[str, Any] = {"kind": type(image).__name__, "dtype": str(getattr(image, "dtype", ""))[:2000]}
            if isinstance(image, Tensor):
                described["image"] = numbers(image)
            answers.append(described)
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


@forms.answers(
    forms.record(
        forms.told(kind=forms.text, inner=forms.each(forms.text)), forms.measured(said=forms.plain, none=forms.plain)
    )
)
def classify_files(
    student: Student, files: dict[str, np.ndarray], weight: np.ndarray, bias: np.ndarray, stand: bool = False
) -> Any:
    """The student's `classify` on a linear network with the given weights, with the student's `load_image` or not."""
    torch.manual_seed(0)
    linear = nn.Linear(784, 10)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(weight))
        linear.bias.copy_(torch.tensor(bias))
    # On the CPU, like everything whose contract has no device: nobody was asked to move an image to the model's.
    model = nn.Sequential(nn.Dropout(0.5), nn.Flatten(), linear).train()
    classify = student.get("classify")
    names = getattr(classify, "__globals__", {})
    theirs = names.get("load_image")
    if stand:
        names["load_image"] = _read_grey
    none: Any = None
    try:
        answer = classify(model, [str(path) for _, path in _write(student, files)])
        try:
            none = plain(classify(model, []))
        except Exception as error:
            none = f"{type(error).__name__}: {error}"[:200]
    finally:
        if stand and theirs is None:
            names.pop("load_image", None)
        elif stand:
            names["load_image"] = theirs
    inner = sorted({type(one).__name__ for one in answer}) if isinstance(answer, list) else []
    return {"kind": type(answer).__name__, "inner": inner, "said": plain(answer), "none": none}


def _write(student: Student, files: dict[str, np.ndarray]) -> Iterator[tuple[str, Path]]:
    for name, content in files.items():
        path = student.scratch / name
        path.write_bytes(content.tobytes())
        yield name, path
