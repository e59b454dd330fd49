"""What a student process does with a file of weights: reads it, with nothing of the student's running beside it."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.labs import forms
from autograder.sandbox.student import Student
from autograder.sandbox.weights_reader import read_weights


@forms.answers(
    forms.either(
        forms.record(forms.told(problem=forms.text)),
        forms.record(forms.measured(state=forms.STATE), forms.told(wrapped=forms.flag)),
    )
)
def weights_file(student: Student, file: np.ndarray, limit_mb: float) -> dict[str, Any]:
    """What a weights file holds; uses nothing of the student's."""
    return read_weights(file.tobytes(), limit_mb)
