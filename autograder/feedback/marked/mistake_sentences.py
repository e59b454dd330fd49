"""The sentence for a known mistake, from the lab's bank: what the class page says beside the mistake's name."""

from __future__ import annotations

from autograder.judge.bank import Bank
from autograder.labs.lab import LABS


class KnownMistakes:
    """The bank of one lab; an unknown lab has an empty one. Raises `BankError` naming a file that cannot be read."""

    def __init__(self, lab: str) -> None:
        labs = {folder.name: folder for folder in LABS.iterdir() if (folder / "mistakes").is_dir()}
        self._bank = dict(Bank(labs[lab] / "mistakes")) if lab in labs else {}

    def sentence(self, task: str, diagnosis: str) -> str:
        """What the bank says of a task's mistake, of each where several are joined by `+`; empty for an unknown one."""
        known = self._bank.get(task, {})
        return " ".join(known[name].sentence for name in diagnosis.split("+") if name in known)
