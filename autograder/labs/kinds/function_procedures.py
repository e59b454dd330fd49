"""What a student process does with a function: calls it with arrays as tensors.

Runs beside student code, so it holds no expected value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograder.labs import forms
from autograder.labs.kinds.plain_data import dtype_of, with_kind
from autograder.sandbox.student import Student


@forms.answers(
    forms.record(
        forms.told(kind=forms.text, tensor=forms.flag, dtype=forms.text),
        forms.measured(returned=forms.either(forms.nothing, forms.numbers)),
    )
)
def call(student: Student, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What `function` returns for `arguments`: its type, and its numbers if it is a tensor or an array."""
    given = {name: torch.tensor(value) if isinstance(value, np.ndarray) else value for name, value in arguments.items()}
    returned = student.get(function)(**given)
    return {**with_kind("returned", returned), "dtype": dtype_of(returned)}
