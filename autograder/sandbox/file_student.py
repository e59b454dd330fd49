"""A submission on disk, as a student process has it: its definitions run there when they are first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.submission.definitions import Definitions
from autograder.submission.wanted import Missing


class FileStudent:
    """A submission on disk: a definition runs in this process when it is first asked for."""

    def __init__(self, folder: Path, scratch: Path, device: str = "cpu") -> None:
        self._folder = folder
        self.scratch = scratch
        self.device = device
        self.notebooks: dict[str, str] = {}

    @cached_property
    def definitions(self) -> Definitions:
        """What the submission defines. Read on first use, since some processes only read weights."""
        return Definitions(self._folder)

    def leave(self) -> None:
        """Undoes the settings that the submission's files have changed for themselves."""
        if "definitions" in self.__dict__:
            self.definitions.leave()

    def get(self, name: str) -> Any:
        try:
            return self.definitions.load(name, self.notebooks.get(name, ""))
        except Missing as missing:
            near = self.definitions.near(name, without=self.notebooks)
            raise Missing(f"{missing}\n{near}".rstrip()) from None

    def because(self, error: BaseException) -> str:
        """Why a name that the student's code uses is missing: what went wrong where it should have been defined."""
        name = getattr(error, "name", None)
        return self.definitions.failure(name) if isinstance(error, NameError) and name else ""
