"""What the lab's notebooks use: `check` a task, `borrow` a definition from another notebook, find the best device."""

from __future__ import annotations

import html
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.checks.setting import Setting
    from autograder.judge.oracle import Oracle
    from autograder.results import CheckResult, TaskResult

SIGNS = {
    "passed": ("✓", "passed", "#1a7f37"),
    "partial": ("◐", "partly", "#9a6700"),
    "failed": ("✗", "failed", "#cf222e"),
    "not attempted": ("○", "not done yet", "#6e7781"),
    "blocked": ("↑", "waits", "#6e7781"),
    "error": ("!", "error of the checker", "#8250df"),
}

MONO = ";font-family:monospace"  # indented lines are tables and places in code


def check(task: str) -> float:
    """Checks what this notebook defines for `task`, shows what was found, and returns the points earned.

    Only public checks run here; the final marking runs more. Raises `CourseError` for an unknown task.
    """
    from autograder.candidate.kernel import Kernel
    from autograder.candidate.student import quiet
    from autograder.checks.examination import Examination
    from autograder.checks.run import run_checks

    setting, oracle = _setting()
    setting.assignment.task(task)
    respondent = Kernel(_namespace(), setting.lab)
    examination = Examination(
        lab=setting.lab,
        assignment=setting.assignment,
        respondent=respondent,
        folder=Path.cwd(),
        oracle=oracle,
    )
    try:
        with quiet():  # anything on stderr would cost the points under nbgrader
            run_checks(examination, [task], hidden=False)
    finally:
        respondent.close()
    results = examination.task_results()
    credit = sum(result.score for result in results)
    for result in results:
        _show(result)
    return float(credit)


def borrow(name: str) -> Any:
    """The definition of `name` from another notebook or script of this folder, as it was last saved there."""
    from autograder.submission import definitions

    here = definitions.Surroundings.now()  # what the other notebook sets up for itself stays there
    if definitions.lender is not None:  # a whole submission is loaded: lend what it defines
        try:
            return definitions.lender.load(name)
        finally:
            here.restore()
    caller = sys._getframe(1).f_globals.get("__file__")
    folder = Path(caller).parent if caller else Path.cwd()
    try:
        return definitions.Definitions(folder).load(name)
    except definitions.Missing:
        raise NameError(
            f"no notebook in this folder defines `{name}` yet: write it there, save, and run again"
        ) from None
    except NotImplementedError:
        raise NameError(f"`{name}` is not filled in yet in its own notebook") from None
    finally:
        definitions.lender = None
        here.restore()


def best_device() -> str:
    """ "cuda" where a GPU can be used, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def _setting() -> tuple[Setting, Oracle]:
    from autograder.checks.setting import Setting
    from autograder.judge.oracle import KEY_SEED

    setting = Setting.find()
    return setting, setting.oracle(KEY_SEED)


def _namespace() -> dict[str, Any]:
    try:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    except ImportError:
        shell = None
    return shell.user_ns if shell is not None else sys._getframe(2).f_globals


def _show(result: TaskResult) -> None:
    shell = None
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        print(as_text(result))
        return
    from IPython.display import display

    display({"text/plain": as_text(result), "text/html": as_html(result)}, raw=True)


def as_text(result: TaskResult) -> str:
    """A task's checks as lines of text."""
    lines = [f"{result.title}: {result.score:g} of {result.max_score:g} points"]
    for one in result.checks:
        sign, word, _ = SIGNS[one.status]
        lines.append(f"  {sign} {one.title} [{word}, {one.score:g}/{one.max_score:g}]")
        lines += [f"      {line}" for line in _words(one)]
    return "\n".join(lines)


def as_html(result: TaskResult) -> str:
    """A task's checks as a small coloured table; everything that came from a student is escaped."""
    rows = []
    for one in result.checks:
        sign, word, colour = SIGNS[one.status]
        words = "".join(
            f'<div style="white-space:pre-wrap;margin:.15em 0 0 0{MONO if line.startswith("  ") else ""}">'
            f"{html.escape(line)}</div>"
            for line in _words(one)
        )
        rows.append(
            f'<tr><td style="color:{colour};white-space:nowrap;vertical-align:top;text-align:left">'
            f"<b>{sign}</b> {word}</td>"
            f'<td style="text-align:left;vertical-align:top">{html.escape(one.title)}{words}</td>'
            f'<td style="vertical-align:top">{one.score:g}/{one.max_score:g}</td></tr>'
        )
    colour = "#1a7f37" if result.score == result.max_score else "#9a6700" if result.score else "#6e7781"
    return (
        f'<div style="border-left:4px solid {colour};padding-left:.8em">'
        f"<b>{html.escape(result.title)}</b>: {result.score:g} of {result.max_score:g} points"
        f"<table>{''.join(rows)}</table></div>"
    )


def _words(one: CheckResult) -> list[str]:
    words = [line for line in one.message.splitlines() if line.strip()]
    return [*words, *([f"Hint: {one.hint}"] if one.hint else [])]
