"""What the tests of another lab stand on (`autograder new lab` writes them): the checks of one task at a time."""

from __future__ import annotations

from pathlib import Path

from autograder.judge.bank import Mistake
from autograder.judge.oracle import KEY_SEED
from autograder.labs.context import Context
from autograder.labs.lab import open_lab
from autograder.labs.respondents import Respondents
from autograder.labs.run import run_checks
from autograder.results import CheckResult
from autograder.sandbox.client import StudentProcess
from autograder.sandbox.fork_server import ForkServer
from tests.judging import Here

ANSWERS = Path(__file__).parent / "accepted"


class Lab:
    """A lab by its name: its known mistakes, its right answers, and what the checks say of them."""

    def __init__(self, name: str) -> None:
        self.lab = open_lab(name)
        self.oracle = self.lab.live_oracle(KEY_SEED)
        self.mistakes = [mistake for known in self.lab.mistakes.values() for mistake in known.values()]
        self.right_answers = sorted((ANSWERS / name).glob("*/*.py"))

    def with_mistake(self, mistake: Mistake, folder: Path) -> list[CheckResult]:
        """What the checks of its task say of the reference with a mistake in it."""
        variant = self.oracle.variant(mistake)
        names = [name for task in self.lab.assignment.tasks for name in task.definitions]

        def start() -> Here:
            return Here({name: getattr(variant, name) for name in names})

        return self._checked(start, folder, mistake.task)

    def with_answer(self, fork_server: ForkServer, answer: Path, folder: Path) -> list[CheckResult]:
        """What the checks of its task say of a file with a student's cells, handed in alone."""
        task = answer.parent.name
        import jupytext

        jupytext.write(jupytext.read(answer), folder / f"{self.lab.assignment.task(task).notebook}.ipynb")

        def start() -> StudentProcess:
            return StudentProcess(fork_server, folder, self.lab.assignment.limits)

        return self._checked(start, folder, task)

    def _checked(self, start: object, folder: Path, task: str) -> list[CheckResult]:
        assert callable(start)
        context = Context(self.lab, folder, self.oracle, hidden_seed=KEY_SEED)
        with start() as first, Respondents(self.lab, first, start) as respondents:
            findings = run_checks(context, respondents, [task])
        assert set(self.lab.assignment.task(task).checks) == {check for _, check in findings.results}
        return [check for result in findings.task_results(self.lab.assignment) for check in result.checks]
