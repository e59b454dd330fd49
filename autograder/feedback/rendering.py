"""Renders the HTML templates: one set for check cells, the self-check's page and the pages of a marked class.

Whatever a template shows is escaped by Jinja2, and its control characters are spelt out first.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.feedback.plain_text import number, visible
from autograder.states import CHECK_BADGES


@cache
def environment(*packages: str) -> Environment:
    """The templates of this package, and of others that build on them."""
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in ("autograder.feedback", *packages)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    filters: dict[str, Callable[..., Any]] = {"lines": _lines, "coded": _coded, "number": number}
    templates.filters.update(filters)
    templates.globals["check_badges"] = CHECK_BADGES
    return templates


def content_policy(scripts: Sequence[str] = ()) -> str:
    """A second wall behind escaping: the browser runs no script but the page's own and loads nothing from elsewhere."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
    return f"{policy}img-src 'self' file: data:; script-src {allowed}"


def _lines(text: str) -> list[str]:
    return [line for line in visible(text, newlines=True).splitlines() if line.strip()]


def _coded(text: str) -> Markup:
    """Text as escaped HTML, in which whatever is between backticks is code."""
    pieces = enumerate(re.split(r"`([^`\n]+)`", visible(text)))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(piece) if place % 2 else escape(piece) for place, piece in pieces)


def _shown(value: Any) -> Any:
    """Every expression of every template passes through here before it is escaped."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
