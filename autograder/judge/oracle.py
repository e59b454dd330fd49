"""Where the right answers come from: the live reference for the marker, a key of numbers for the student.

A lab's questions stand in `autograder/checks/<lab>/expected.py`: functions that make, from the reference and a seed,
the arrays of the right answer and of known mistakes. The marker asks them with fresh seeds. The build asks them once
with the key's seed and freezes what they say into the student's package, which holds no solution.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

KEY_SEED = 2027
RIGHT = "right"
KEYS = Path(__file__).parent.parent / "keys"


class OracleError(Exception):
    """There is neither a reference nor a key: the grader's own fault."""


class Oracle(Protocol):
    """Knows the right answers for the inputs of one seed."""

    seed: int
    live: bool  # whether it is the reference itself

    def ask(self, question: str) -> dict[str, np.ndarray]:
        """The arrays that answer `question`: under `RIGHT` the right one, under a mistake's name that mistake's."""

    def mistake(self, name: str) -> str:
        """The sentence for the student who made the mistake `name`."""

    def network(self, name: str) -> Any:
        """A new network of the reference's class `name`; only a live oracle has one."""

    def definition(self, name: str) -> Any:
        """The reference's own definition of `name`; only a live oracle has it."""


class LiveOracle:
    """Asks the reference itself."""

    live = True

    def __init__(self, lab: str, reference: Path, seed: int) -> None:
        self.seed = seed
        self._reference = Reference(reference)
        self._expected = importlib.import_module(f"autograder.checks.{lab}.expected")
        self._known: dict[str, dict[str, np.ndarray]] = {}

    def questions(self) -> list[str]:
        """All questions of the lab."""
        return list(self._expected.QUESTIONS)

    def mistakes(self) -> dict[str, str]:
        """All known mistakes and their sentences."""
        return dict(self._expected.MISTAKES)

    def ask(self, question: str) -> dict[str, np.ndarray]:
        if question not in self._known:
            self._known[question] = self._expected.QUESTIONS[question](self._reference, self.seed)
        return self._known[question]

    def mistake(self, name: str) -> str:
        return str(self._expected.MISTAKES[name])

    def network(self, name: str) -> Any:
        return getattr(self._reference, name)()

    def definition(self, name: str) -> Any:
        return getattr(self._reference, name)


class KeyOracle:
    """Reads the answers that the build froze."""

    live = False

    def __init__(self, lab: str, folder: Path = KEYS) -> None:
        try:
            described = json.loads((folder / f"{lab}.json").read_text(encoding="utf-8"))
            with np.load(folder / f"{lab}.npz", allow_pickle=False) as arrays:
                self._arrays = {name: arrays[name] for name in arrays.files}
        except OSError as error:
            raise OracleError(f"the answer key of {lab} cannot be read ({error})") from error
        self.seed: int = described["seed"]
        self._mistakes: dict[str, str] = described["mistakes"]

    def ask(self, question: str) -> dict[str, np.ndarray]:
        found = {
            name.removeprefix(f"{question}:"): array
            for name, array in self._arrays.items()
            if name.startswith(f"{question}:")
        }
        if not found:
            raise OracleError(f"the answer key does not hold {question!r}")
        return found

    def mistake(self, name: str) -> str:
        return self._mistakes[name]

    def network(self, name: str) -> Any:
        raise OracleError("a student's package holds no networks")

    def definition(self, name: str) -> Any:
        raise OracleError("a student's package holds no solutions")


class Reference:
    """The reference solutions of a lab, imported from their scripts when a name is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        for path in sorted(self.folder.glob("[0-9]*.py")):
            if f"class {name}" in path.read_text(encoding="utf-8") or _defines(path, name):
                return getattr(import_script(path), name)
        raise OracleError(f"the reference in {self.folder} does not define {name}")


def _defines(path: Path, name: str) -> bool:
    lines = path.read_text(encoding="utf-8").splitlines()
    return any(line.startswith((f"def {name}(", f"{name} = ")) and "borrow(" not in line for line in lines)


@cache
def import_script(path: Path) -> ModuleType:
    """The module of a script whose name is no identifier, such as `4_1_simple_cnn.py`."""
    name = f"reference_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise OracleError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def has_key(lab: str) -> bool:
    """Whether this package carries a key: it does in the student's, and not in the course's."""
    return (KEYS / f"{lab}.json").is_file()


Question = Callable[[Reference, int], dict[str, np.ndarray]]
