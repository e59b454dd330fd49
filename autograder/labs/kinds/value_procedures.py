"""What a student process does with a short answer: hands it over as plain data."""

from __future__ import annotations

from typing import Any

from autograder.labs import forms
from autograder.labs.kinds.plain_data import plain
from autograder.sandbox.student import Student


@forms.answers(forms.plain, measured=True)
def values(student: Student, name: str) -> Any:
    """A short answer, as plain data."""
    return plain(student.get(name))
