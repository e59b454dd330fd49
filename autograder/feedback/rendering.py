"""Renders the HTML templates: one set for check cells, the self-check's page and the pages of a marked class.

Whatever a template shows is escaped by Jinja2, and its control characters are spelt out first.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from autograder.feedback.plain_text import as_it_is_shown, coded, lines, number
from autograder.states import CHECK_BADGES


@cache
def environment(*packages: str) -> Environment:
    """The templates of this package, and of others that build on them."""
    templates = Environment(
        loader=ChoiceLoader(list(map(PackageLoader, ("autograder.feedback", *packages)))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=as_it_is_shown,
    )
    filters: dict[str, Callable[..., Any]] = {"lines": lines, "coded": coded, "number": number}
    templates.filters.update(filters)
    templates.globals["check_badges"] = CHECK_BADGES
    return templates


def content_policy(scripts: Sequence[str] = ()) -> str:
    """A second wall behind escaping: the browser runs no script but the page's own and loads nothing from elsewhere."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; "
    return f"{policy}img-src 'self' file: data:; script-src {allowed}"
