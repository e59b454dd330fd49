"""What answers a check's questions, and what can go wrong with the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

Procedure = Callable[..., Any]  # what is done with a student's definitions, as `labs/kinds/*_procedures.py` has it
MESSAGE_LIMIT = 600  # characters of a student's own error message that are passed on


class StudentError(Exception):
    """Student code raised an exception, timed out or ended its process. `kind` is one of the class's constants.

    `places` are lines of the student's own code. `limit` names the limit that the supervisor enforced ("memory",
    "processes" or "disk"), if any.
    """

    RAISED, MISSING, STUB, TIMEOUT, ENDED, NONSENSE = (
        "raised",
        "missing",
        "stub",
        "timeout",
        "ended",
        "nonsense",
    )

    def __init__(self, kind: str, message: str, places: list[str] | None = None, limit: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.places = places or []
        self.limit = limit


class Respondent(Protocol):
    """Answers a check's questions: a student process, or the student's own notebook kernel."""

    notes: list[str]

    def ask(
        self, procedure: Procedure, uses: Sequence[str], notebooks: Mapping[str, str], arguments: dict[str, Any]
    ) -> Any:
        """The value of the lab's `procedure`, which uses the definitions `uses`.

        `notebooks` maps the lab's definitions to the notebooks that they belong to. Raises `StudentError` for
        whatever student code did wrong.
        """


def unpack(reply: Any) -> Any:
    """The value in a reply; raises `StudentError` if it carries an error or is malformed."""
    if isinstance(reply, dict) and set(reply) == {"value"}:
        return reply["value"]
    error = reply.get("error") if isinstance(reply, dict) else None
    if not (isinstance(error, dict) and isinstance(error.get("type"), str) and error["type"]):
        raise StudentError(StudentError.NONSENSE, "The answer cannot be used.")
    message = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(error.get("message", "")))
    if len(message) > MESSAGE_LIMIT:
        message = message[:MESSAGE_LIMIT].rstrip() + " …"
    given = error.get("places")
    places = [str(place)[:300] for place in given][:4] if isinstance(given, list) else []
    if error.get("stub") is True:
        raise StudentError(StudentError.STUB, message or "It is not filled in yet.", places)
    if error.get("missing") is True:
        raise StudentError(StudentError.MISSING, message)
    raise StudentError(
        StudentError.RAISED,
        message if error.get("load") is True else f"{error['type'][:100]}: {message}",
        places,
    )
