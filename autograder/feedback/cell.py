"""Shows results below a notebook's cell: HTML that is read on light and dark pages, and text where there is no page.

Styles are inline, since Jupyter drops style sheets, and take their colours from the page but for the labels, which are
white on a dark ground in any theme.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Sequence

from autograder.feedback.states import CHECK, DONE, NOT_STARTED, State, lines_of, state_of, to_html
from autograder.results import CheckResult, TaskResult

FAINT = "opacity:.75"
MONO = ";font-family:var(--jp-code-font-family, monospace);font-size:.92em"  # indented lines are tables and places


def show(text: str, as_html: str) -> None:
    """Displays the HTML in a notebook, and prints the text elsewhere."""
    shell = None
    if "IPython" in sys.modules:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        print(text)
        return
    from IPython.display import display

    display({"text/plain": text, "text/html": as_html}, raw=True)


def task_as_text(result: TaskResult) -> str:
    """A task's checks as lines of text; one line where nothing is left to say."""
    state = state_of(result)
    points = f"{result.score:g} of {result.max_score:g} points"
    lines = [f"{state.sign} {result.title}: {state.word}, {points}"]
    if state is DONE:
        return lines[0]
    if state is NOT_STARTED:
        return "\n".join([*lines, *(f"  {line}" for line in _first_words(result))])
    for one in result.checks:
        sign, word, _ = CHECK[one.status]
        lines.append(f"  {sign} {one.title} [{word}, {one.score:g}/{one.max_score:g}]")
        lines += [f"      {line}" for line in lines_of(one)]
        lines += [f"      Hint: {one.hint}"] if one.hint else []
    return "\n".join(lines)


def task_as_html(result: TaskResult) -> str:
    """A task's checks as HTML, one line where nothing is left to say; what came from a student is escaped."""
    state = state_of(result)
    head = (
        f"<div>{label(state)} <b>{html.escape(result.title)}</b>"
        f' <span style="{FAINT}">{result.score:g} of {result.max_score:g} points</span></div>'
    )
    if state is DONE:
        rows = []
    elif state is NOT_STARTED:
        rows = [f'<div style="margin-top:.3em">{to_html(line)}</div>' for line in _first_words(result)]
    else:
        rows = [_check_as_html(one) for one in result.checks]
    return framed(state, [head, *rows])


def framed(state: State, rows: Sequence[str]) -> str:
    """Rows of HTML behind a bar in the state's colour."""
    return (
        f'<div style="border-left:4px solid {state.colour};padding:.1em 0 .2em .8em;margin:.2em 0;max-width:62em;'
        f'line-height:1.45;text-align:left">{"".join(rows)}</div>'
    )


def label(state: State) -> str:
    """A state's sign and word, white on its colour."""
    return (
        f'<span style="display:inline-block;background:{state.colour};color:#fff;border-radius:.7em;padding:0 .6em;'
        f'font-size:.88em;white-space:nowrap">{state.sign} {state.word}</span>'
    )


def _check_as_html(one: CheckResult) -> str:
    points = f'<span style="{FAINT};white-space:nowrap">{one.score:g}/{one.max_score:g}</span>'
    words = [
        f'<div style="white-space:pre-wrap{MONO if line.startswith("  ") else ""}">{to_html(line)}</div>'
        for line in lines_of(one)
    ]
    if one.hint:
        words.append(f'<div style="white-space:pre-wrap"><b>Hint:</b> {to_html(one.hint)}</div>')
    inner = f'<div style="margin:.1em 0 .3em 1.4em">{"".join(words)}</div>' if words else ""
    return f'<div style="margin-top:.3em">{label(CHECK[one.status])} {to_html(one.title)} {points}{inner}</div>'


def _first_words(result: TaskResult) -> list[str]:
    """What the checks of a task that nobody has begun say, each thing once."""
    return list(dict.fromkeys(line for one in result.checks for line in lines_of(one)))
