"""Turns what went wrong in a student's process into a verdict, in the one place where that is decided."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from autograder.judge.compare import raised_numbers, raised_text
from autograder.judge.verdict import Blocked, Failed, NotAttempted, Verdict
from autograder.sandbox.respondent import StudentError


def called(uses: Sequence[str]) -> str:
    """Definitions as messages name them: "`train` and `evaluate`"."""
    return " and ".join(f"`{name}`" for name in uses)


def verdict_on(error: StudentError, uses: Sequence[str]) -> Verdict:
    """The verdict on a question about the definitions `uses` that ended in `error`."""
    if error.kind == StudentError.STUB:
        inner = error.places[-1].rpartition(", in ")[2] if error.places else ""
        inner = inner.partition(":")[0]
        functions = [name for name in uses if name[:1].islower()]
        if functions and inner and inner not in functions:  # theirs is written; a stub that it needs is not
            return Blocked(f"{called(uses)} cannot run yet, because this is not filled in:\n  {error.places[-1]}")
        # What was found beside an untouched stub stands on further lines; the words are ours, and the names theirs.
        first, told, found = error.message.partition("\n")
        named = [name for name in uses if first == f"`{name}` is not filled in yet."]
        return NotAttempted(f"{first if named else f'{called(uses)}: not filled in yet.'}{told}{found}")
    if error.kind == StudentError.MISSING:
        if any(f"`{name}`" in error.message for name in uses):
            return NotAttempted(error.message)
        return Blocked(error.message)
    if error.kind == StudentError.RAISED:
        return _raised(error, uses)
    hint = ""
    if error.kind == StudentError.TIMEOUT:
        hint = "Is there an endless loop, or training that this check does not need?"
    # It took too long, its process ended, or its answer has no known form; for a mistake's name it is not asked again.
    return Failed(error.message, hint=hint, nameable=False)


def _raised(error: StudentError, uses: Sequence[str]) -> Failed:
    where = "\n".join(f"  {place}" for place in error.places)
    kind, _, message = error.message.partition(": ")
    words, hint = error.message, ""
    if kind == "UnpicklingError":  # what follows advises to read the file in a way that runs code from it
        words = f"{kind}: {message.partition('. ')[0]}."
    elif "mat1 and mat2 shapes cannot be multiplied" in message:
        hint = (
            "Print `x.shape` before that layer. Is there one row for each image, and does its length match the layer's"
            " input size?"
        )
    loading = "could not be defined" in error.message
    said = words if loading else f"Calling {called(uses)} raised {words}"
    return Failed(
        f"{said}\n{where}".rstrip(),
        hint=hint,
        raised=raised_text({"type": kind, "message": message}),
        numbers=raised_numbers({"message": message}),
    )


def without_words(error: StudentError) -> StudentError:
    """A student's exception in a hidden check: no more than its kind, if that is one of Python's own."""
    if error.kind in (StudentError.TIMEOUT, StudentError.ENDED, StudentError.NONSENSE):
        return error  # these words are ours
    kind = error.message.partition(":")[0]
    name = kind if isinstance(getattr(builtins, kind, None), type) else "an exception"
    return StudentError(StudentError.RAISED, f"{name} (on inputs that are not shown)")
