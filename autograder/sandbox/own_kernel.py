"""Asks the student's own notebook kernel: the self-check of a cell, without a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.sandbox.client import StudentError, unpack
from autograder.sandbox.student import KernelStudent
from autograder.sandbox.student_process import guarded, run_procedure
from autograder.sandbox.wire import sent


class Kernel:
    """Answers from a namespace of this process."""

    def __init__(self, namespace: dict[str, Any], procedures: str, device: str = "cpu") -> None:
        self._student = KernelStudent(namespace, device)
        self._procedures = procedures
        self.notes: list[str] = []

    def close(self) -> None:
        """Removes what the procedures have written."""
        self._student.close()

    def ask(self, procedure: str, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]) -> Any:
        self._student.contract = notebooks
        for name in uses:
            value = unpack(guarded(lambda name=name: self._student.get(name)))  # type: ignore[misc]
            if value is None or value is Ellipsis:
                raise StudentError(StudentError.STUB, f"`{name}` is not filled in yet.")
        import torch

        # The student's own random numbers go on as if nobody had checked.
        with torch.random.fork_rng():
            # An answer is to be what it would be from a process of its own: NumPy's numbers become Python's, say.
            return unpack(guarded(lambda: sent(run_procedure(self._student, self._procedures, procedure, arguments))))
