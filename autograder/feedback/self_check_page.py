"""A look as one HTML file that needs nothing else: the feedback page that a push leaves behind."""

from __future__ import annotations

import base64
import html

from autograder.feedback.screen import next_step, summary
from autograder.feedback.self_check import Look
from autograder.feedback.states import CHECK, DONE, NOT_STARTED, State, lines_of, state_of, to_html
from autograder.results import CheckResult, TaskResult

STYLE = """
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1d2530;--quiet:#55606f;--line:#d8dee6}
@media (prefers-color-scheme:dark){:root{--page:#12161c;--card:#1b2129;--ink:#e4e8ee;--quiet:#a5b0bf;--line:#38424f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:58rem;margin:0 auto;padding:1.5rem 1rem}
h1{font-size:1.5rem;margin:0}
h2{font-size:1.1rem;margin:0 0 .4rem}
section{background:var(--card);border:1px solid var(--line);border-left-width:5px;border-radius:6px;
padding:.9rem 1.1rem;margin:1rem 0}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td:last-child,th:last-child{text-align:right;padding-right:0;white-space:nowrap}
.label{display:inline-block;color:#fff;border-radius:.7em;padding:0 .6em;font-size:.88em;white-space:nowrap}
.quiet{color:var(--quiet)}
.words{margin:.1rem 0 .6rem 1.4rem;white-space:pre-wrap}
.mono,code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
a{color:inherit}
img{max-width:100%;height:auto;background:#fff;border:1px solid var(--line)}
ul{margin:0;padding-left:1.2rem}
"""
PICTURES_LIMIT = 8 * 2**20  # bytes of all pictures together


def as_page(look: Look) -> str:
    """The whole page. It runs no script and loads nothing; everything that came from a student is escaped."""
    rows = "".join(_row(task) for task in look.tasks)
    room = PICTURES_LIMIT
    sections = []
    for task in look.tasks:
        pictures = []
        for one in task.checks:
            for name in one.pictures:
                content = look.pictures.get(name, b"")
                if content and len(content) <= room:
                    room -= len(content)
                    pictures.append(_picture(one, content))
        if state_of(task) not in (DONE, NOT_STARTED) or pictures:
            sections.append(_section(task, pictures))
    problems = "".join(f"<li>{to_html(problem)}</li>" for problem in look.problems)
    about = f"<section><h2>About the folder</h2><ul>{problems}</ul></section>" if problems else ""
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(look.title)}: feedback</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{html.escape(look.title)}</h1>"
        f"<p><b>{html.escape(summary(look))}</b> {html.escape(next_step(look))}</p>"
        "<table><thead><tr><th>notebook</th><th>task</th><th>state</th><th>points</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{''.join(sections)}{about}"
        '<p class="quiet">These are the public checks. The marking runs them with other numbers, and some more.</p>'
        "</main></body></html>\n"
    )
    return page.encode("utf-8", "backslashreplace").decode()


def _row(task: TaskResult) -> str:
    points = f"{task.score:g}/{task.max_score:g}"
    title = html.escape(task.title)
    if state_of(task) not in (DONE, NOT_STARTED):
        title = f'<a href="#{html.escape(task.id)}">{title}</a>'
    return (
        f"<tr><td>{html.escape(task.notebook)}</td><td>{title}</td>"
        f"<td>{_label(state_of(task))}</td><td>{points}</td></tr>"
    )


def _section(task: TaskResult, pictures: list[str]) -> str:
    state = state_of(task)
    return (
        f'<section id="{html.escape(task.id)}" style="border-left-color:{state.colour}">'
        f'<h2>{html.escape(task.title)} <span class="quiet">{task.score:g} of {task.max_score:g} points</span></h2>'
        f"{''.join(_check(one) for one in task.checks)}{''.join(pictures)}</section>"
    )


def _check(one: CheckResult) -> str:
    words = "".join(f"<div{_mono(line)}>{to_html(line)}</div>" for line in lines_of(one))
    words += f"<div><b>Hint:</b> {to_html(one.hint)}</div>" if one.hint else ""
    inner = f'<div class="words">{words}</div>' if words else ""
    points = f'<span class="quiet">{one.score:g}/{one.max_score:g}</span>'
    return f"<div>{_label(CHECK[one.status])} {to_html(one.title)} {points}{inner}</div>"


def _mono(line: str) -> str:
    return ' class="mono"' if line.startswith("  ") else ""


def _label(state: State) -> str:
    return f'<span class="label" style="background:{state.colour}">{state.sign} {state.word}</span>'


def _picture(one: CheckResult, content: bytes) -> str:
    data = base64.b64encode(content).decode()
    return f'<p><img alt="Your figure: {html.escape(one.title)}" src="data:image/png;base64,{data}"></p>'
