"""Colours a student's code. It is text to be looked at: nothing in it is run, and none of it becomes markup."""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import groupby

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from autograder.feedback.plain_text import visible

LONGEST = 24_000
"""Characters of one task's code that are shown."""

# The first that holds a token is its class in the style sheet; the others have the colour of plain text.
CLASSES = (
    (Comment, "com"),
    (String, "str"),
    (Number, "num"),
    (Keyword, "kwd"),
    (Operator.Word, "kwd"),
    (Name.Function, "def"),
    (Name.Class, "def"),
    (Name.Decorator, "def"),
    (Name.Builtin, "bui"),
)


@lru_cache(maxsize=256)  # a student's code is on two pages
def highlighted(code: str) -> Markup:
    """Python code as escaped HTML with a span around each coloured piece; control characters are spelt out."""
    shown = visible(code.strip("\n"), newlines=True, longest=LONGEST)
    if len(shown) > 2 * LONGEST:  # control characters for the most part, spelt out: nothing to colour, and slow to read
        return escape(shown)
    # Without the lexer's own tidying: the page shows what was in the file.
    tokens = PythonLexer(stripnl=False, ensurenl=False).get_tokens(shown)
    pieces = []
    for name, group in groupby(((_class(kind), text) for kind, text in tokens), key=lambda piece: piece[0]):
        text = escape("".join(text for _, text in group))
        pieces.append(f'<span class="{name}">{text}</span>' if name else str(text))
    return Markup("".join(pieces))  # each piece is escaped


@cache  # there are about eighty kinds
def _class(kind: _TokenType) -> str:
    return next((name for token, name in CLASSES if kind in token), "")
