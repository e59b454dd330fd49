"""Answers a check's questions in the student's own notebook kernel: a cell's self-check needs no second process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.sandbox.respondent import StudentError, unpack
from autograder.sandbox.student import KernelStudent, guarded, run_procedure
from autograder.sandbox.wire import sent


class Kernel:
    """A `Respondent` that answers from a namespace of this process."""

    def __init__(self, namespace: dict[str, Any], device: str = "cpu") -> None:
        self._student = KernelStudent(namespace, device)
        self.notes: list[str] = []

    def close(self) -> None:
        """Removes the files that procedures have written."""
        self._student.close()

    def ask(self, procedure: str, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]) -> Any:
        self._student.contract = notebooks
        for name in uses:
            value = unpack(guarded(lambda name=name: self._student.get(name)))  # type: ignore[misc]
            if value is None or value is Ellipsis:
                raise StudentError(StudentError.STUB, f"`{name}` is not filled in yet.")
        import torch

        # The student's own random numbers continue as if there had been no check.
        with torch.random.fork_rng():
            # `sent` makes the answer what a student process would send: NumPy's numbers become Python's, for example.
            return unpack(guarded(lambda: sent(run_procedure(self._student, procedure, arguments))))
