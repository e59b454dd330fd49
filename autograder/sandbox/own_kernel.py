"""Answers a check's questions in the student's own notebook kernel: a cell's self-check needs no second process."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from autograder import own_work
from autograder.sandbox.precision import full_precision
from autograder.sandbox.respondent import Procedure, unpack
from autograder.sandbox.student import describe
from autograder.sandbox.wire import plain
from autograder.submission.wanted import VARIABLE, Missing, likeness, meant


class Kernel:
    """A namespace of this process: the `Respondent` of a check, and the `Student` of its procedures."""

    def __init__(self, namespace: dict[str, Any], device: str = "cpu") -> None:
        self.namespace = namespace
        self.device = device
        self.scratch = Path(tempfile.mkdtemp(prefix="autograder-"))
        self.notes: list[str] = []
        self._contract: Mapping[str, str] = {}  # all names that the lab asks for

    def close(self) -> None:
        """Removes the files that procedures have written."""
        shutil.rmtree(self.scratch, ignore_errors=True)

    def ask(
        self, procedure: Procedure, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]
    ) -> Any:
        self._contract = notebooks
        here, asked = os.getcwd(), own_work.asked
        try:
            for name in uses:
                value = self.get(name)
                if value is None or value is Ellipsis:
                    raise NotImplementedError(f"`{name}` is not filled in yet.")
            # The student's own random numbers continue as if there had been no check.
            with torch.random.fork_rng(), full_precision():
                own_work.asked = True
                # What a student process would send: NumPy's numbers become Python's, for example.
                return plain(procedure(self, **arguments))
        except BaseException as error:
            described = describe(error)
        finally:
            own_work.asked = asked
            os.chdir(here)
        return unpack({"error": described})

    def get(self, name: str) -> Any:
        """The value that `name` has there now; raises `Missing`."""
        try:
            return self.namespace[name]
        except KeyError:
            own = {
                other: ""
                for other, value in self.namespace.items()
                if other not in self._contract
                and (
                    (getattr(value, "__module__", "") == "__main__" and callable(value))
                    or (isinstance(value, (int, float, str, tuple, list)) and likeness(name, other) > VARIABLE)
                )
            }
            near = meant(name, own)
            raise Missing(f"`{name}` is not defined; run the cell that defines it.\n{near}".rstrip()) from None
